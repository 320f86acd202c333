//! Private SQL, on the caller's connection.

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Month;

pub(super) struct NewMonth<'a> {
    pub(super) month: Month,
    pub(super) begins_at: OffsetDateTime,
    pub(super) ends_at: OffsetDateTime,
    pub(super) transactions: i64,
    pub(super) entries: i64,
    pub(super) sha256: &'a [u8],
    pub(super) proof: &'a Value,
    pub(super) principal: &'a str,
}

pub(super) async fn insert_month(
    conn: &mut PgConnection,
    new: &NewMonth<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into books.closed_month
            (month, begins_at, ends_at, transactions, entries, sha256, proof, closed_by, closed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.month.first_day(),
        new.begins_at,
        new.ends_at,
        new.transactions,
        new.entries,
        new.sha256,
        new.proof,
        new.principal,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
