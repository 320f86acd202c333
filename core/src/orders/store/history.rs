use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::orders::domain::{Cause, Event, Status};

/// What happened, and whose doing it was.
pub(in crate::orders) struct NewEntry<'a> {
    pub(in crate::orders) order: Uuid,
    pub(in crate::orders) event: Event,
    pub(in crate::orders) from: Status,
    pub(in crate::orders) to: Status,
    pub(in crate::orders) cause: &'a Cause,
    pub(in crate::orders) reason: Option<&'a str>,
    pub(in crate::orders) payment: Option<Uuid>,
    pub(in crate::orders) upload: Option<Uuid>,
}

pub(in crate::orders) async fn insert_entry(
    conn: &mut PgConnection,
    entry: &NewEntry<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into orders.history
            (id, order_id, at, event, from_status, to_status, cause, principal_id, reason, payment_id, upload_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        crate::ids::fresh(now),
        entry.order,
        now,
        entry.event.name(),
        entry.from.name(),
        entry.to.name(),
        entry.cause.name(),
        entry.cause.principal(),
        entry.reason,
        entry.payment,
        entry.upload,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether it happened already, by this payment or with this upload.
pub(in crate::orders) async fn has_happened(
    conn: &mut PgConnection,
    order: Uuid,
    event: Event,
    payment: Option<Uuid>,
    upload: Option<Uuid>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from orders.history
            where order_id = $1 and event = $2
                and payment_id is not distinct from $3 and upload_id is not distinct from $4
        ) "happened!""#,
        order,
        event.name(),
        payment,
        upload,
    )
    .fetch_one(conn)
    .await
}
