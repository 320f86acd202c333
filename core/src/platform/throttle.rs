//! How often something may be asked for: an allowance that fills up again by and by (GCRA,
//! <https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm>). Kept in the database, so that all processes count
//! together.

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

/// `burst` at once, and one more each `every`.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// What is counted; of each name every caller has an allowance of its own.
    pub name: &'static str,
    pub burst: u16,
    pub every: Duration,
}

/// The allowance is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that was too often, try again in {} s", .again_in.whole_seconds() + 1)]
pub struct Throttled {
    pub again_in: Duration,
}

impl Allowance {
    /// Takes one out for `whom`. Of two at once at most one gets the last. Commits with the caller's transaction:
    /// outside of one it counts what then fails, too.
    pub async fn take(
        &self,
        conn: &mut PgConnection,
        now: OffsetDateTime,
        whom: &str,
    ) -> sqlx::Result<Result<(), Throttled>> {
        let key = Sha256::digest(format!("{} {whom}", self.name));
        let full = self.every * i32::from(self.burst);
        // Where it stands afterwards, if that is within the burst.
        let taken = sqlx::query_scalar!(
            r#"insert into platform.throttle as known (key_sha256, whole_at)
            values ($1, $2::timestamptz + make_interval(secs => $3))
            on conflict (key_sha256) do update
            set whole_at = greatest(known.whole_at, $2) + make_interval(secs => $3)
            where greatest(known.whole_at, $2) + make_interval(secs => $3)
                <= $2::timestamptz + make_interval(secs => $4)
            returning true as "taken!""#,
            &key[..],
            now,
            self.every.as_seconds_f64(),
            full.as_seconds_f64(),
        )
        .fetch_optional(&mut *conn)
        .await?;
        if taken.is_some() {
            return Ok(Ok(()));
        }
        let whole_at = sqlx::query_scalar!(
            "select whole_at from platform.throttle where key_sha256 = $1",
            &key[..]
        )
        .fetch_optional(conn)
        .await?;
        let again_in = whole_at.unwrap_or(now) + self.every - full - now;
        Ok(Err(Throttled {
            again_in: again_in.max(Duration::ZERO),
        }))
    }
}

/// Forgets allowances that are whole.
pub(super) async fn forget_whole(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!("delete from platform.throttle where whole_at <= $1", now)
        .execute(conn)
        .await?;
    Ok(())
}
