use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::payments::domain::DisputeStatus;
use crate::payments::gateway::SeenDispute;

pub(in crate::payments) struct Known {
    pub(in crate::payments) id: Uuid,
    pub(in crate::payments) status: DisputeStatus,
    pub(in crate::payments) fee_minor: i64,
    pub(in crate::payments) fee_returned_minor: i64,
}

/// Under its payment's lock.
pub(in crate::payments) async fn dispute(
    conn: &mut PgConnection,
    payment: Uuid,
    reference: &str,
) -> sqlx::Result<Option<Known>> {
    sqlx::query_as!(
        Known,
        r#"select id, status "status: DisputeStatus", fee_minor, fee_returned_minor
        from payments.dispute
        where payment = $1 and reference = $2"#,
        payment,
        reference,
    )
    .fetch_optional(conn)
    .await
}

/// As opened, whatever became of it.
pub(in crate::payments) async fn insert_dispute(
    conn: &mut PgConnection,
    id: Uuid,
    payment: Uuid,
    seen: &SeenDispute,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into payments.dispute
            (id, payment, reference, amount_minor, reason, status, evidence_due_at, opened_at)
        values ($1, $2, $3, $4, left($5, 255), 'opened', $6, $7)",
        id,
        payment,
        seen.reference,
        seen.amount_minor,
        seen.reason,
        seen.evidence_due_at,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::payments) async fn close_dispute(
    conn: &mut PgConnection,
    id: Uuid,
    status: DisputeStatus,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.dispute set status = $2, closed_at = $3 where id = $1 and status = 'opened'",
        id,
        status.name(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the gateway keeps for it, and what of that it has given back.
pub(in crate::payments) async fn set_dispute_fees(
    conn: &mut PgConnection,
    id: Uuid,
    fee_minor: i64,
    fee_returned_minor: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.dispute set fee_minor = $2, fee_returned_minor = $3 where id = $1",
        id,
        fee_minor,
        fee_returned_minor,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What is withheld of a payment, or was given back by its disputes: it cannot be refunded.
pub(in crate::payments) async fn disputed_minor(conn: &mut PgConnection, payment: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce(sum(amount_minor), 0)::bigint "minor!" from payments.dispute
        where payment = $1 and status <> 'won'"#,
        payment,
    )
    .fetch_one(conn)
    .await
}
