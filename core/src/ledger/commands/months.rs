//! Months into which nothing is posted any more.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::ledger::{Error, store};

/// Until the caller's transaction ends nobody posts: for who proves what they are about to close.
pub async fn hold_postings(conn: &mut PgConnection) -> Result<(), Error> {
    Ok(store::hold_postings(conn).await?)
}

/// From here on nothing is posted before `until`: what occurred before then is posted as of then, and says to when it
/// belongs. Postgres refuses all else. Only after [`hold_postings`].
pub async fn close(conn: &mut PgConnection, until: OffsetDateTime, now: OffsetDateTime) -> Result<(), Error> {
    Ok(store::close(conn, until, now).await?)
}
