use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::payments::domain::{Kind, OperationStatus};

/// An operation that this worker is to send, or to ask after.
pub(in crate::payments) struct Leased {
    pub(in crate::payments) id: Uuid,
    pub(in crate::payments) payment: Uuid,
    pub(in crate::payments) kind: Kind,
    pub(in crate::payments) amount_minor: i64,
    pub(in crate::payments) attempts: i32,
    pub(in crate::payments) asks: i32,
    pub(in crate::payments) generation: i64,
    pub(in crate::payments) first_sent_at: Option<OffsetDateTime>,
    /// As it was before it was leased: `ready` is to be sent, `unknown` to be asked after.
    pub(in crate::payments) was: OperationStatus,
}

/// The capture or the void of a payment.
pub(in crate::payments) struct Asked {
    pub(in crate::payments) id: Uuid,
    pub(in crate::payments) kind: Kind,
}

/// Its job is asked for by the caller, too.
pub(in crate::payments) async fn insert_operation(
    conn: &mut PgConnection,
    id: Uuid,
    payment: Uuid,
    kind: Kind,
    amount_minor: i64,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into payments.operation (id, payment, kind, amount_minor, due_at, created_at)
        values ($1, $2, $3, $4, $5, $5)",
        id,
        payment,
        kind.name(),
        amount_minor,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What ends a payment, unless it was refused.
pub(in crate::payments) async fn end_of(
    conn: &mut PgConnection,
    payment: Uuid,
) -> sqlx::Result<Option<Asked>> {
    sqlx::query_as!(
        Asked,
        r#"select id, kind "kind: Kind" from payments.operation
        where payment = $1 and kind in ('capture', 'void') and status <> 'refused'"#,
        payment,
    )
    .fetch_optional(conn)
    .await
}

/// A call that is not over by now is one of which nobody knows.
pub(in crate::payments) async fn lapse(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.operation
        set status = 'unknown', leased_until = null, due_at = $2, generation = generation + 1
        where id = $1 and status = 'sent' and leased_until <= $2",
        id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes what is due: to be sent, then it is `sent`; or to be asked after, then it stays `unknown` and is not due before
/// the lease is over.
pub(in crate::payments) async fn lease(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> sqlx::Result<Option<Leased>> {
    sqlx::query_as!(
        Leased,
        r#"update payments.operation
        set status = case was.status when 'ready' then 'sent' else 'unknown' end,
            leased_until = case was.status when 'ready' then $3::timestamptz end,
            due_at = case was.status when 'unknown' then $3::timestamptz end,
            attempts = attempts + case was.status when 'ready' then 1 else 0 end,
            asks = asks + case was.status when 'unknown' then 1 else 0 end,
            first_sent_at = coalesce(first_sent_at, case was.status when 'ready' then $2::timestamptz end),
            generation = generation + 1
        from (
            select id, status from payments.operation
            where id = $1 and status in ('ready', 'unknown') and due_at <= $2
            for update skip locked
        ) as was
        where operation.id = was.id
        returning operation.id, payment, kind "kind: Kind", amount_minor, attempts, asks, generation, first_sent_at,
            was.status "was!: OperationStatus""#,
        id,
        now,
        until,
    )
    .fetch_optional(conn)
    .await
}

/// Whether this worker has it still, under its payment's lock.
pub(in crate::payments) async fn still_leased(
    conn: &mut PgConnection,
    leased: &Leased,
) -> sqlx::Result<bool> {
    let held = sqlx::query!(
        "select id from payments.operation where id = $1 and generation = $2 and status in ('sent', 'unknown')",
        leased.id,
        leased.generation,
    )
    .fetch_optional(conn)
    .await?;
    Ok(held.is_some())
}

/// An operation of which it is not known how it ended.
pub(in crate::payments) struct OpenOperation {
    pub(in crate::payments) id: Uuid,
    pub(in crate::payments) kind: Kind,
    pub(in crate::payments) amount_minor: i64,
}

/// Under the payment's lock, in the order they were asked for.
pub(in crate::payments) async fn open_operations(
    conn: &mut PgConnection,
    payment: Uuid,
) -> sqlx::Result<Vec<OpenOperation>> {
    sqlx::query_as!(
        OpenOperation,
        r#"select id, kind "kind: Kind", amount_minor from payments.operation
        where payment = $1 and status in ('sent', 'unknown', 'action_required', 'held')
        order by id"#,
        payment,
    )
    .fetch_all(conn)
    .await
}

/// Ends it, whoever has it: the payment is locked, and what was seen is so.
pub(in crate::payments) async fn settle_operation(
    conn: &mut PgConnection,
    id: Uuid,
    status: OperationStatus,
    (code, detail): (Option<&str>, Option<&str>),
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let settled_at = matches!(status, OperationStatus::Succeeded | OperationStatus::Refused).then_some(now);
    sqlx::query!(
        "update payments.operation
        set status = $2, code = $3, detail = $4, settled_at = $5, due_at = null, leased_until = null,
            generation = generation + 1
        where id = $1 and status in ('sent', 'unknown', 'action_required', 'held')",
        id,
        status.name(),
        code,
        detail,
        settled_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// For a person to look at: whatever of a payment is not over.
pub(in crate::payments) async fn hold_open(
    conn: &mut PgConnection,
    payment: Uuid,
    reason: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.operation
        set status = 'held', code = 'held', detail = $2, due_at = null, leased_until = null,
            generation = generation + 1
        where payment = $1 and status in ('ready', 'sent', 'unknown', 'action_required')",
        payment,
        reason,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Surely not done: to be sent again.
pub(in crate::payments) async fn ready_again(
    conn: &mut PgConnection,
    leased: &Leased,
    due_at: OffsetDateTime,
) -> sqlx::Result<bool> {
    let ready = sqlx::query!(
        "update payments.operation set status = 'ready', due_at = $3, leased_until = null
        where id = $1 and generation = $2 and status in ('sent', 'unknown')",
        leased.id,
        leased.generation,
        due_at,
    )
    .execute(conn)
    .await?;
    Ok(ready.rows_affected() == 1)
}

/// To be asked after.
pub(in crate::payments) async fn unknown_until(
    conn: &mut PgConnection,
    leased: &Leased,
    due_at: OffsetDateTime,
) -> sqlx::Result<bool> {
    let unknown = sqlx::query!(
        "update payments.operation set status = 'unknown', due_at = $3, leased_until = null
        where id = $1 and generation = $2 and status in ('sent', 'unknown')",
        leased.id,
        leased.generation,
        due_at,
    )
    .execute(conn)
    .await?;
    Ok(unknown.rows_affected() == 1)
}

/// For a person to look at.
pub(in crate::payments) async fn hold_operation(
    conn: &mut PgConnection,
    leased: &Leased,
    detail: &str,
) -> sqlx::Result<bool> {
    let held = sqlx::query!(
        "update payments.operation
        set status = 'held', code = 'held', detail = $3, due_at = null, leased_until = null
        where id = $1 and generation = $2 and status in ('sent', 'unknown')",
        leased.id,
        leased.generation,
        detail,
    )
    .execute(conn)
    .await?;
    Ok(held.rows_affected() == 1)
}

/// Gives up an operation that never went out. `false`: it did, or there is none.
pub(in crate::payments) async fn refuse_unsent(
    conn: &mut PgConnection,
    payment: Uuid,
    kind: Kind,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let refused = sqlx::query!(
        "update payments.operation
        set status = 'refused', code = 'abandoned', settled_at = $3, due_at = null, generation = generation + 1
        where payment = $1 and kind = $2 and status = 'ready' and first_sent_at is null",
        payment,
        kind.name(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(refused.rows_affected() == 1)
}

/// What is due, and calls that are not over in time.
pub(in crate::payments) async fn due_operations(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"select id "id!" from (
            (select id from payments.operation where due_at <= $1 order by due_at limit 1000)
            union all
            (select id from payments.operation where leased_until <= $1 order by leased_until limit 1000)
        ) as due"#,
        now,
    )
    .fetch_all(conn)
    .await
}
