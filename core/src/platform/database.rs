//! The one place that opens Postgres.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgPool};

/// How long a request waits for a connection before it is told to come back later.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// Opens a pool. Fails when Postgres does not answer.
pub async fn connect(url: &SecretString, size: u32) -> anyhow::Result<PgPool> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    Ok(pool_options(size).connect_with(quiet(options)).await?)
}

/// How every pool of ours is made.
///
/// sqlx 0.9's `begin` is not safe to cancel: when its future is dropped while `BEGIN` is in flight, the
/// connection goes back to the pool inside an open transaction, and what the next borrower writes is lost.
/// Rolling back whatever is left open on release closes that hole.
pub fn pool_options(size: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.execute("rollback").await?;
                Ok(true)
            })
        })
}

/// A rollback outside a transaction is answered with a warning each time; ask Postgres not to send it.
pub fn quiet(options: PgConnectOptions) -> PgConnectOptions {
    options
        .application_name("marquee")
        .options([("client_min_messages", "error")])
}

/// Applies our migrations and the job queue's. Safe to repeat and to run from several processes at once.
pub async fn migrate(db: &PgPool) -> anyhow::Result<()> {
    crate::MIGRATOR.run(db).await?;
    super::bus::migrate(db).await
}
