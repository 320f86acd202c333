use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::payouts::domain::{Month, Status};

pub(in crate::payouts) struct NewBatch<'a> {
    pub(in crate::payouts) id: Uuid,
    pub(in crate::payouts) month: Month,
    pub(in crate::payouts) currency: &'a str,
    pub(in crate::payouts) minimum_minor: i64,
    pub(in crate::payouts) principal: &'a str,
}

/// False: there is one that would pay the same. Of two at once the second waits for the first.
pub(in crate::payouts) async fn insert_batch(
    conn: &mut PgConnection,
    new: &NewBatch<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into payouts.batch (id, month, currency, minimum_minor, created_by, created_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing",
        new.id,
        new.month.first_day(),
        new.currency,
        new.minimum_minor,
        new.principal,
        now,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// A payout whose row is held until the transaction ends.
pub(in crate::payouts) struct Batch {
    /// Its first day.
    pub(in crate::payouts) month: Date,
    pub(in crate::payouts) status: Status,
    pub(in crate::payouts) currency: String,
    pub(in crate::payouts) created_by: String,
    pub(in crate::payouts) approved_by: Option<String>,
}

pub(in crate::payouts) async fn lock_batch(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Batch>> {
    sqlx::query_as!(
        Batch,
        r#"select month, status "status: Status", currency, created_by, approved_by
        from payouts.batch
        where id = $1
        for update"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::payouts) async fn approve(
    conn: &mut PgConnection,
    id: Uuid,
    principal: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payouts.batch set status = 'approved', approved_by = $2, approved_at = $3
        where id = $1 and status = 'created'",
        id,
        principal,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::payouts) async fn cancel(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payouts.batch set status = 'cancelled', cancelled_at = $2 where id = $1 and status = 'created'",
        id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Once no line is on its way any more. Whether it is settled now and was not before.
pub(in crate::payouts) async fn settle_if_done(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let settled = sqlx::query!(
        "update payouts.batch set status = 'settled', settled_at = $2
        where id = $1 and status = 'approved'
            and not exists (select from payouts.line where batch_id = $1 and status = 'in_transit')",
        id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(settled.rows_affected() == 1)
}
