//! The one place that opens Postgres.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Executor, PgPool};
use time::OffsetDateTime;

/// Where sqlx notes what is applied.
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";

/// How long a request waits for a connection before it is told to come back later.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a connection that worked counts as one that works.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

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
        // A connection is tried as it is given back. Trying it again at once would cost each borrower a way to Postgres.
        .test_before_acquire(false)
        .before_acquire(|connection, known| {
            Box::pin(async move {
                if known.idle_for > TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
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

/// Applies our migrations and the job queue's. Safe to repeat and to run from several processes at once. Newer ones than
/// this program has stay: a release that is taken back leaves its migrations behind.
pub async fn migrate(db: &PgPool) -> anyhow::Result<()> {
    let mut migrator = Migrator::with_migrations(crate::MIGRATOR.iter().cloned().collect());
    migrator.set_ignore_missing(true).run(db).await?;
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

/// A failure of the database that says nothing against the query: another try may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// It cannot be reached, is starting or stopping, or has nothing to spare.
    Away,
    /// It gave the transaction up in favour of another one.
    Contended,
}

impl Passing {
    /// `None`: the query, our schema or our program is to blame, and would be again.
    #[must_use]
    pub fn of(error: &sqlx::Error) -> Option<Self> {
        use sqlx::Error as E;
        match error {
            E::Database(refusal) => Self::of_sqlstate(&refusal.code()?),
            // A connection cut in the middle of a message is a breach of protocol to the driver.
            E::PoolTimedOut
            | E::PoolClosed
            | E::WorkerCrashed
            | E::BeginFailed
            | E::Io(_)
            | E::Tls(_)
            | E::Protocol(_) => Some(Self::Away),
            _ => None,
        }
    }

    /// By Postgres's appendix of error codes.
    fn of_sqlstate(code: &str) -> Option<Self> {
        match code {
            "40001" | "40P01" => Some(Self::Contended),
            // admin_shutdown, crash_shutdown, cannot_connect_now; not 57014, a query that took too long.
            "57P01" | "57P02" | "57P03" => Some(Self::Away),
            // Connection exceptions; insufficient resources.
            _ if code.starts_with("08") || code.starts_with("53") => Some(Self::Away),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error as StdError;
    use std::fmt;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// What Postgres answers, reduced to its code.
    #[derive(Debug)]
    struct Refusal(&'static str);

    impl fmt::Display for Refusal {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl StdError for Refusal {}

    impl DatabaseError for Refusal {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn refused(code: &'static str) -> Option<Passing> {
        Passing::of(&sqlx::Error::Database(Box::new(Refusal(code))))
    }

    #[test]
    fn what_postgres_refuses_for_the_moment_passes() {
        for code in [
            "08000", "08003", "08006", "08P01", "53000", "53100", "53200", "53300", "57P01", "57P02", "57P03",
        ] {
            assert_eq!(refused(code), Some(Passing::Away), "{code}");
        }
        for code in ["40001", "40P01"] {
            assert_eq!(refused(code), Some(Passing::Contended), "{code}");
        }
    }

    #[test]
    fn what_postgres_would_refuse_again_does_not_pass() {
        for code in [
            "22003", "23505", "28P01", "42703", "42P01", "57014", "57P04", "XX000",
        ] {
            assert_eq!(refused(code), None, "{code}");
        }
    }

    #[test]
    fn a_way_to_postgres_that_is_cut_passes_and_a_mistake_of_ours_does_not() {
        let cut = || std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        for error in [
            sqlx::Error::PoolTimedOut,
            sqlx::Error::PoolClosed,
            sqlx::Error::WorkerCrashed,
            sqlx::Error::BeginFailed,
            sqlx::Error::Io(cut()),
            sqlx::Error::Tls(cut().into()),
            sqlx::Error::Protocol("unexpected message".to_owned()),
        ] {
            assert_eq!(Passing::of(&error), Some(Passing::Away), "{error}");
        }
        for error in [
            sqlx::Error::RowNotFound,
            sqlx::Error::ColumnNotFound("code".to_owned()),
            sqlx::Error::Decode(cut().into()),
        ] {
            assert_eq!(Passing::of(&error), None, "{error}");
        }
    }
}
