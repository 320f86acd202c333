//! The one place that opens Postgres.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::Migrate as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgPool};
use time::OffsetDateTime;

/// Where sqlx notes what is applied.
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";

/// How long a request waits for a connection before it is told to come back later.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A pool that connects when it is first used. Fails for an address that does not parse.
pub fn pool(url: &SecretString, size: u32) -> anyhow::Result<PgPool> {
    // The parser's own message may repeat the password.
    let options: PgConnectOptions = url
        .expose_secret()
        .parse()
        .map_err(|_| anyhow!("DATABASE_URL is not a Postgres address"))?;
    Ok(pool_options(size).connect_lazy_with(quiet(options)))
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

/// Fails when Postgres does not answer or lacks a migration of ours. One that has migrations newer than this
/// program is fine: those work with the code before them.
pub async fn check_migrated(db: &PgPool) -> anyhow::Result<()> {
    let mut conn = db.acquire().await.context("reaching Postgres")?;
    let applied = conn
        .list_applied_migrations(MIGRATIONS_TABLE)
        .await
        .context("reading which migrations are applied: run `marquee migrate`")?;
    for wanted in crate::MIGRATOR
        .iter()
        .filter(|wanted| wanted.migration_type.is_up_migration())
    {
        match applied.iter().find(|applied| applied.version == wanted.version) {
            None => bail!(
                "migration {} is not applied: run `marquee migrate`",
                wanted.version
            ),
            Some(applied) if applied.checksum != wanted.checksum => {
                bail!(
                    "migration {} was applied in another form than this program has",
                    wanted.version
                );
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Which Postgres answers.
pub async fn version(db: &PgPool) -> sqlx::Result<String> {
    sqlx::query_scalar!(r#"select current_setting('server_version') as "version!""#)
        .fetch_one(db)
        .await
}

/// What Postgres believes the time to be.
pub async fn time(db: &PgPool) -> sqlx::Result<OffsetDateTime> {
    sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#)
        .fetch_one(db)
        .await
}
