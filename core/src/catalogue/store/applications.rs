use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::access::Principal;
use crate::catalogue::domain::{Network, NewApplication, Status};
use crate::locale::Locale;

/// An application whose row is held until the transaction ends.
pub(in crate::catalogue) struct Application {
    pub(in crate::catalogue) status: Status,
    pub(in crate::catalogue) answer_sha256: Option<Vec<u8>>,
    pub(in crate::catalogue) new: NewApplication,
}

pub(in crate::catalogue) async fn lock_application(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Application>> {
    let row = sqlx::query!(
        r#"select
            status "status: Status", answer_sha256, email, name, locale "locale: Locale", phone,
            network "network: Network", handle, followers, message
        from catalogue.application
        where id = $1
        for update"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Application {
        status: row.status,
        answer_sha256: row.answer_sha256,
        new: NewApplication {
            email: row.email,
            name: row.name,
            locale: row.locale,
            phone: row.phone,
            network: row.network,
            handle: row.handle,
            followers: row.followers,
            message: row.message,
        },
    }))
}

/// False: one of this address waits already.
pub(in crate::catalogue) async fn insert_application(
    conn: &mut PgConnection,
    id: Uuid,
    new: &NewApplication,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into catalogue.application
            (id, email, name, locale, phone, network, handle, followers, message, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (lower(email)) where status in ('open', 'asked') do nothing",
        id,
        new.email,
        new.name,
        new.locale.name(),
        new.phone,
        new.network.name(),
        new.handle,
        new.followers,
        new.message,
        now,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(in crate::catalogue) async fn accept_application(
    conn: &mut PgConnection,
    id: Uuid,
    talent: Uuid,
    by: &Principal,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.application set
            status = 'accepted', answer_sha256 = null, talent_id = $2, decided_by = $3, decided_by_name = $4,
            decided_at = $5
        where id = $1",
        id,
        talent,
        by.id,
        by.name,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::catalogue) async fn reject_application(
    conn: &mut PgConnection,
    id: Uuid,
    reason: &str,
    by: &Principal,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.application set
            status = 'rejected', answer_sha256 = null, reason = $2, decided_by = $3, decided_by_name = $4,
            decided_at = $5
        where id = $1",
        id,
        reason,
        by.id,
        by.name,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::catalogue) async fn ask_applicant(
    conn: &mut PgConnection,
    id: Uuid,
    question: &str,
    answer_sha256: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.application set
            status = 'asked', question = $2, answer = null, answer_sha256 = $3
        where id = $1",
        id,
        question,
        answer_sha256,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::catalogue) async fn answer_question(
    conn: &mut PgConnection,
    id: Uuid,
    answer: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.application set status = 'open', answer = $2, answer_sha256 = null where id = $1",
        id,
        answer,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// By ids: whom the address belongs to, only accounts know.
pub(in crate::catalogue) async fn is_talent(conn: &mut PgConnection, person: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from catalogue.talent where person_id = $1) "is!""#,
        person
    )
    .fetch_one(conn)
    .await
}

pub(in crate::catalogue) async fn delete_applications(
    conn: &mut PgConnection,
    email: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from catalogue.application where lower(email) = lower($1)",
        email
    )
    .execute(conn)
    .await?;
    Ok(())
}
