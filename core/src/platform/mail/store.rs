use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Mailbox;
use super::queries::Reason;
use crate::locale::Locale;

pub(super) struct NewMail {
    pub(super) id: Uuid,
    pub(super) event: String,
    pub(super) to: Mailbox,
    pub(super) template: &'static str,
    pub(super) locale: Locale,
    /// Sealed.
    pub(super) context: Vec<u8>,
    pub(super) message_id: String,
}

/// The ids of those that were not asked for before.
pub(super) async fn insert(
    conn: &mut PgConnection,
    mails: &[NewMail],
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = mails.iter().map(|mail| mail.id).collect();
    let text = |of: fn(&NewMail) -> &str| mails.iter().map(of).collect::<Vec<&str>>();
    let contexts: Vec<&[u8]> = mails.iter().map(|mail| mail.context.as_slice()).collect();
    sqlx::query_scalar!(
        "insert into platform.mail
            (id, event, recipient_address, recipient_name, template, locale, context, message_id, created_at)
        select id, event, address, name, template, locale, context, message_id, $9
        from unnest(
            $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[]
        ) as new (id, event, address, name, template, locale, context, message_id)
        on conflict (event, lower(recipient_address), template) do nothing
        returning id",
        &ids,
        &text(|mail| &mail.event) as &[&str],
        &text(|mail| mail.to.address()) as &[&str],
        &text(|mail| mail.to.name()) as &[&str],
        &text(|mail| mail.template) as &[&str],
        &text(|mail| mail.locale.name()) as &[&str],
        &contexts as &[&[u8]],
        &text(|mail| &mail.message_id) as &[&str],
        now,
    )
    .fetch_all(conn)
    .await
}

/// The one that says the same to the same.
pub(super) async fn asked_before(conn: &mut PgConnection, mail: &NewMail) -> sqlx::Result<Uuid> {
    sqlx::query_scalar!(
        "select id from platform.mail
        where event = $1 and lower(recipient_address) = lower($2) and template = $3",
        mail.event,
        mail.to.address(),
        mail.template,
    )
    .fetch_one(conn)
    .await
}

/// A mail that is to be sent.
pub(super) struct Waiting {
    pub(super) recipient_address: String,
    pub(super) recipient_name: String,
    pub(super) template: String,
    pub(super) locale: Locale,
    pub(super) context: Vec<u8>,
    pub(super) message_id: String,
    /// Whether its recipient gets no mail.
    pub(super) suppressed: bool,
}

/// `None`: there is nothing to send any more.
pub(super) async fn waiting(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Waiting>> {
    sqlx::query_as!(
        Waiting,
        r#"select
            recipient_address, recipient_name, template, locale as "locale: Locale", context as "context!",
            message_id,
            exists(
                select from platform.mail_suppression where address = lower(recipient_address)
            ) as "suppressed!"
        from platform.mail
        where id = $1 and status = 'waiting'"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// Notes an attempt after which the mail still waits.
pub(super) async fn note_failure(conn: &mut PgConnection, id: Uuid, error: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update platform.mail set attempts = attempts + 1, last_error = $2 where id = $1 and status = 'waiting'",
        id,
        error,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a mail that waits; false: somebody did already. What was sent is not needed any more.
pub(super) async fn end(
    conn: &mut PgConnection,
    id: Uuid,
    status: &str,
    error: Option<&str>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let ended = sqlx::query!(
        "update platform.mail
        set status = $2, last_error = $3, ended_at = $4,
            attempts = attempts + case when $2 = 'suppressed' then 0 else 1 end,
            context = case when $2 = 'sent' then null else context end
        where id = $1 and status = 'waiting'",
        id,
        status,
        error,
        now,
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// What decides whether a mail can be tried again.
pub(super) struct Locked {
    pub(super) status: String,
    pub(super) given_up: bool,
    pub(super) has_context: bool,
    pub(super) suppressed: bool,
}

pub(super) async fn lock(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Locked>> {
    sqlx::query_as!(
        Locked,
        r#"select
            status, status in ('dead', 'refused', 'suppressed') as "given_up!", context is not null as "has_context!",
            exists(
                select from platform.mail_suppression where address = lower(recipient_address)
            ) as "suppressed!"
        from platform.mail
        where id = $1
        for update"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn revive(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update platform.mail set status = 'waiting', attempts = 0, ended_at = null where id = $1",
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn discard(conn: &mut PgConnection, id: Uuid, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update platform.mail set status = 'discarded', context = null, ended_at = $2 where id = $1",
        id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Sends no more mail to an address; the id of its suppression, which may be one that was there.
pub(super) async fn suppress(
    conn: &mut PgConnection,
    id: Uuid,
    address: &str,
    reason: Reason,
    detail: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Uuid> {
    sqlx::query_scalar!(
        "insert into platform.mail_suppression (id, address, reason, detail, at)
        values ($1, lower($2), $3, $4, $5)
        -- Nothing changes; but only then it tells of the row that is there.
        on conflict on constraint mail_suppression_once do update set address = excluded.address
        returning id",
        id,
        address,
        reason as Reason,
        detail,
        now,
    )
    .fetch_one(conn)
    .await
}

/// Why it was suppressed; `None`: there is no such suppression.
pub(super) async fn unsuppress(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Reason>> {
    sqlx::query_scalar!(
        r#"delete from platform.mail_suppression where id = $1 returning reason as "reason: Reason""#,
        id
    )
    .fetch_optional(conn)
    .await
}

/// Forgets what mails were to say that were given up before then.
pub(super) async fn shred(conn: &mut PgConnection, before: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update platform.mail set context = null where ended_at < $1 and context is not null",
        before
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets mails that ended before then.
pub(super) async fn forget(conn: &mut PgConnection, before: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!("delete from platform.mail where ended_at < $1", before)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets every mail to an address.
pub(super) async fn erase(conn: &mut PgConnection, address: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from platform.mail where lower(recipient_address) = lower($1)",
        address
    )
    .execute(conn)
    .await?;
    Ok(())
}
