use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::payments::domain::{DifferenceKind, Here, Status};

/// A payment to be compared with what its gateway says.
pub(in crate::payments) struct Ours {
    pub(in crate::payments) id: Uuid,
    pub(in crate::payments) reference: Option<String>,
    /// Something is going on: it may differ for a moment.
    pub(in crate::payments) busy: bool,
    pub(in crate::payments) here: Here,
}

struct Row {
    id: Uuid,
    reference: Option<String>,
    busy: bool,
    status: Status,
    amount_minor: i64,
    currency: String,
    captured_minor: i64,
    refunded_minor: i64,
    fee_minor: i64,
}

impl From<Row> for Ours {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            reference: row.reference,
            busy: row.busy,
            here: Here {
                status: row.status,
                amount_minor: row.amount_minor,
                currency: row.currency,
                captured_minor: row.captured_minor,
                refunded_minor: row.refunded_minor,
                fee_minor: row.fee_minor,
            },
        }
    }
}

pub(in crate::payments) async fn named(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<Ours>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, reference, status "status: Status", amount_minor, currency, captured_minor, refunded_minor,
            fee_minor,
            exists (
                select from payments.operation
                where operation.payment = payment.id and operation.status in ('ready', 'sent', 'unknown')
            ) "busy!"
        from payments.payment
        where id = any($1)"#,
        ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Ours::from).collect())
}

/// Some that the gateway has a name for and that were begun between two times, after one of them.
pub(in crate::payments) async fn begun(
    conn: &mut PgConnection,
    gateway: &str,
    (from, to): (OffsetDateTime, OffsetDateTime),
    after: Option<Uuid>,
) -> sqlx::Result<Vec<Ours>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, reference, status "status: Status", amount_minor, currency, captured_minor, refunded_minor,
            fee_minor,
            exists (
                select from payments.operation
                where operation.payment = payment.id and operation.status in ('ready', 'sent', 'unknown')
            ) "busy!"
        from payments.payment
        where gateway = $1 and created_at >= $2 and created_at < $3 and reference is not null
            and ($4::uuid is null or id > $4)
        order by id
        limit 500"#,
        gateway,
        from,
        to,
        after,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Ours::from).collect())
}

pub(in crate::payments) struct Found {
    pub(in crate::payments) kind: DifferenceKind,
    pub(in crate::payments) subject: String,
    pub(in crate::payments) payment: Option<Uuid>,
    pub(in crate::payments) detail: String,
}

/// Found, or found again.
pub(in crate::payments) async fn note_difference(
    conn: &mut PgConnection,
    id: Uuid,
    gateway: &str,
    found: &Found,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into payments.difference (id, gateway, kind, subject, payment, detail, found_at, seen_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)
        on conflict (gateway, kind, subject) where settled_at is null
        do update set detail = excluded.detail, seen_at = excluded.seen_at",
        id,
        gateway,
        found.kind.name(),
        found.subject,
        found.payment,
        found.detail,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What was looked at since `since`, and is no difference any more.
pub(in crate::payments) async fn settle_differences(
    conn: &mut PgConnection,
    gateway: &str,
    subjects: &[String],
    since: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.difference set settled_at = $4
        where gateway = $1 and subject = any($2) and settled_at is null and seen_at < $3",
        gateway,
        subjects,
        since,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
