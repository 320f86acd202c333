use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::accounts::domain::{Purpose, Token};
use crate::accounts::email::Email;
use crate::locale::Locale;

pub(in crate::accounts) async fn insert_link(
    conn: &mut PgConnection,
    link: &Token,
    purpose: Purpose,
    subject: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into accounts.link (id, purpose, subject_id, secret_sha256, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6)",
        link.id,
        purpose.name(),
        subject,
        &link.secret_sha256()[..],
        now,
        now + purpose.lifetime(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) struct Link {
    pub(in crate::accounts) purpose: String,
    pub(in crate::accounts) subject_id: Uuid,
    pub(in crate::accounts) secret_sha256: Vec<u8>,
}

/// Held until the transaction ends: of two who use it at once, one waits and then finds it gone.
pub(in crate::accounts) async fn lock_link(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Link>> {
    sqlx::query_as!(
        Link,
        "select purpose, subject_id, secret_sha256
        from accounts.link
        where id = $1 and expires_at > $2
        for update",
        id,
        now,
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::accounts) async fn delete_link(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from accounts.link where id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}

/// All links to one thing: what they were for is done, or is no more.
pub(in crate::accounts) async fn delete_links(conn: &mut PgConnection, subject: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from accounts.link where subject_id = $1", subject)
        .execute(conn)
        .await?;
    Ok(())
}

pub(in crate::accounts) struct SignUp {
    pub(in crate::accounts) id: Uuid,
    pub(in crate::accounts) email: String,
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) locale: Locale,
    pub(in crate::accounts) password: String,
    pub(in crate::accounts) marketing: bool,
}

pub(in crate::accounts) async fn insert_sign_up(
    conn: &mut PgConnection,
    sign_up: &SignUp,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into accounts.sign_up (id, email, name, locale, password, marketing, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)",
        sign_up.id,
        sign_up.email,
        sign_up.name,
        sign_up.locale.name(),
        sign_up.password,
        sign_up.marketing,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) async fn find_sign_up(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<SignUp>> {
    sqlx::query_as!(
        SignUp,
        r#"select id, email, name, locale "locale: Locale", password, marketing
        from accounts.sign_up
        where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::accounts) async fn delete_sign_up(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from accounts.sign_up where id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}

/// All that wait for the address to confirm them.
pub(in crate::accounts) async fn delete_sign_ups(conn: &mut PgConnection, email: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from accounts.sign_up where lower(email) = lower($1)",
        email
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) async fn insert_email_change(
    conn: &mut PgConnection,
    id: Uuid,
    person: Uuid,
    email: &Email,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into accounts.email_change (id, person_id, email, created_at) values ($1, $2, $3, $4)",
        id,
        person,
        email.as_str(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Links that wait for an older wish of the same person are void.
pub(in crate::accounts) async fn delete_email_changes(
    conn: &mut PgConnection,
    person: Uuid,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with gone as (delete from accounts.email_change where person_id = $1 returning id)
        delete from accounts.link using gone where subject_id = gone.id",
        person
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) struct EmailChange {
    pub(in crate::accounts) person_id: Uuid,
    pub(in crate::accounts) email: String,
    /// Both addresses have agreed.
    pub(in crate::accounts) agreed: bool,
}

/// Notes that one of the two addresses agrees.
pub(in crate::accounts) async fn agree(
    conn: &mut PgConnection,
    id: Uuid,
    old: bool,
    now: OffsetDateTime,
) -> sqlx::Result<Option<EmailChange>> {
    sqlx::query_as!(
        EmailChange,
        r#"update accounts.email_change set
            old_agreed_at = case when $2 then $3 else old_agreed_at end,
            new_agreed_at = case when $2 then new_agreed_at else $3 end
        where id = $1
        returning
            person_id, email, old_agreed_at is not null and new_agreed_at is not null "agreed!""#,
        id,
        old,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// What nobody can use any more.
pub(in crate::accounts) async fn forget(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<()> {
    // As long as the links to them are good.
    let sign_ups = now - Purpose::SignUp.lifetime();
    let email_changes = now - Purpose::EmailNew.lifetime();
    sqlx::query!("delete from accounts.link where expires_at <= $1", now)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("delete from accounts.sign_up where created_at <= $1", sign_ups)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "delete from accounts.email_change where created_at <= $1",
        email_changes
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from accounts.session where expires_at <= $1", now)
        .execute(conn)
        .await?;
    Ok(())
}
