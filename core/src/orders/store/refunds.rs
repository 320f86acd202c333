use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::money::Money;

/// What staff has given back.
pub(in crate::orders) struct NewRefund<'a> {
    pub(in crate::orders) id: Uuid,
    pub(in crate::orders) order: Uuid,
    pub(in crate::orders) payment: Uuid,
    pub(in crate::orders) operation: Uuid,
    pub(in crate::orders) amount: Money,
    pub(in crate::orders) reason: &'a str,
    pub(in crate::orders) keeps_video: bool,
    pub(in crate::orders) principal: &'a str,
}

/// Whether a customer whose money is given back keeps the video.
pub(in crate::orders) async fn keeps_video(conn: &mut PgConnection, order: Uuid) -> sqlx::Result<bool> {
    let keeps = sqlx::query_scalar!(
        r#"select exists (select from orders.refund where order_id = $1 and keeps_video) "keeps!""#,
        order
    );
    keeps.fetch_one(conn).await
}

pub(in crate::orders) async fn insert_refund(
    conn: &mut PgConnection,
    new: &NewRefund<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let currency = new.amount.currency();
    sqlx::query!(
        "insert into orders.refund
            (id, order_id, payment_id, operation_id, amount_minor, currency, reason, keeps_video, principal_id,
            created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.id,
        new.order,
        new.payment,
        new.operation,
        new.amount.amount_minor(),
        currency.code(),
        new.reason,
        new.keeps_video,
        new.principal,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
