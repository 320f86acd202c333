use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Mailbox;
use crate::locale::Locale;

pub(super) struct NewMail<'a> {
    pub(super) id: Uuid,
    pub(super) event: &'a str,
    pub(super) to: &'a Mailbox,
    pub(super) template: &'a str,
    pub(super) locale: Locale,
    pub(super) context: &'a [u8],
    pub(super) message_id: &'a str,
}

/// False: it was asked for before.
pub(super) async fn insert(
    conn: &mut PgConnection,
    mail: &NewMail<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into platform.mail
            (id, event, recipient_address, recipient_name, template, locale, context, message_id, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (event, lower(recipient_address), template) do nothing",
        mail.id,
        mail.event,
        mail.to.address(),
        mail.to.name(),
        mail.template,
        mail.locale as Locale,
        mail.context,
        mail.message_id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
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

/// Sends no more mail to an address; false: none was sent already.
pub(super) async fn suppress(
    conn: &mut PgConnection,
    id: Uuid,
    address: &str,
    reason: &str,
    detail: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let suppressed = sqlx::query!(
        "insert into platform.mail_suppression (id, address, reason, detail, at)
        values ($1, lower($2), $3, $4, $5)
        on conflict on constraint mail_suppression_once do nothing",
        id,
        address,
        reason,
        detail,
        now,
    )
    .execute(conn)
    .await?;
    Ok(suppressed.rows_affected() == 1)
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
