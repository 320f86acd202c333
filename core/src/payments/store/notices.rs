use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub(in crate::payments) struct NewNotice<'a> {
    pub(in crate::payments) id: Uuid,
    pub(in crate::payments) gateway: &'a str,
    pub(in crate::payments) event: &'a str,
    pub(in crate::payments) kind: &'a str,
    pub(in crate::payments) reference: Option<&'a str>,
    /// Sealed.
    pub(in crate::payments) body: &'a [u8],
}

/// A notice that this worker is to act on.
pub(in crate::payments) struct Waiting {
    pub(in crate::payments) gateway: String,
    pub(in crate::payments) event: String,
    pub(in crate::payments) reference: Option<String>,
    /// This one included.
    pub(in crate::payments) attempts: i32,
}

/// `false`: it was told before.
pub(in crate::payments) async fn insert_notice(
    conn: &mut PgConnection,
    notice: &NewNotice<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into payments.notice (id, gateway, event, kind, reference, body, due_at, received_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)
        on conflict on constraint notice_once do nothing",
        notice.id,
        notice.gateway,
        notice.event,
        notice.kind,
        notice.reference,
        notice.body,
        now,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Takes it if it is due; others find it due again at `until`.
pub(in crate::payments) async fn lease_notice(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> sqlx::Result<Option<Waiting>> {
    sqlx::query_as!(
        Waiting,
        "update payments.notice set attempts = attempts + 1, due_at = $3
        where id = $1 and due_at <= $2
        returning gateway, event, reference, attempts",
        id,
        now,
        until,
    )
    .fetch_optional(conn)
    .await
}

/// `done`, `parked`, or, with a time, `received` still.
pub(in crate::payments) async fn settle_notice(
    conn: &mut PgConnection,
    id: Uuid,
    status: &str,
    due_at: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.notice set status = $2, due_at = $3 where id = $1 and status = 'received'",
        id,
        status,
        due_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::payments) async fn due_notices(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from payments.notice where due_at <= $1 order by due_at limit 1000",
        now
    )
    .fetch_all(conn)
    .await
}

pub(in crate::payments) async fn forget_notices(
    conn: &mut PgConnection,
    before: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from payments.notice where received_at < $1 and status <> 'received'",
        before
    )
    .execute(conn)
    .await?;
    Ok(())
}
