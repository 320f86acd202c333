use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::payments::domain::Kind;

/// A refund by our own name and, if it was made at the gateway itself, by that of the gateway.
pub(in crate::payments) struct Refund {
    pub(in crate::payments) id: Uuid,
    pub(in crate::payments) outside: Option<String>,
}

/// Under the payment's lock.
pub(in crate::payments) async fn refunds(
    conn: &mut PgConnection,
    payment: Uuid,
) -> sqlx::Result<Vec<Refund>> {
    sqlx::query_as!(
        Refund,
        "select id, outside from payments.operation where payment = $1 and kind = 'refund'",
        payment,
    )
    .fetch_all(conn)
    .await
}

/// A refund that was made at the gateway itself, and is done.
pub(in crate::payments) async fn insert_outside_refund(
    conn: &mut PgConnection,
    id: Uuid,
    payment: Uuid,
    (amount_minor, reference): (i64, &str),
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into payments.operation (id, payment, kind, amount_minor, status, outside, created_at, settled_at)
        values ($1, $2, 'refund', $3, 'succeeded', $4, $5, $5)",
        id,
        payment,
        amount_minor,
        reference,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An operation that waited for a person.
pub(in crate::payments) struct Released {
    pub(in crate::payments) id: Uuid,
    pub(in crate::payments) kind: Kind,
    pub(in crate::payments) amount_minor: i64,
}

/// To be asked after at once, all that are held; or, `anew`, to be sent as if they never were.
pub(in crate::payments) async fn release_operations(
    conn: &mut PgConnection,
    payment: Uuid,
    anew: bool,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Released>> {
    sqlx::query_as!(
        Released,
        r#"update payments.operation
        set status = case when $2 then 'ready' else 'unknown' end, due_at = $3, code = null, detail = null,
            asks = 0, first_sent_at = case when $2 then null else first_sent_at end, generation = generation + 1
        where payment = $1 and status = 'held'
        returning id, kind "kind: Kind", amount_minor"#,
        payment,
        anew,
        now,
    )
    .fetch_all(conn)
    .await
}

/// Believed again, and looked at.
pub(in crate::payments) async fn release(
    conn: &mut PgConnection,
    payment: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.payment set held_reason = null, look_at = $2, changed_at = $2 where id = $1",
        payment,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
