use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::accounts::email::Email;
use crate::locale::Locale;

pub(in crate::accounts) struct NewPerson<'a> {
    pub(in crate::accounts) id: Uuid,
    pub(in crate::accounts) email: &'a Email,
    pub(in crate::accounts) name: &'a str,
    pub(in crate::accounts) locale: Locale,
    pub(in crate::accounts) password: Option<&'a str>,
    pub(in crate::accounts) marketing: bool,
    pub(in crate::accounts) now: OffsetDateTime,
}

/// False: somebody has the address already.
pub(in crate::accounts) async fn insert_person(
    conn: &mut PgConnection,
    person: &NewPerson<'_>,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into accounts.person (id, email, name, locale, password, marketing_since, created_at)
        values ($1, $2, $3, $4, $5, case when $6 then $7::timestamptz end, $7)
        on conflict (lower(email)) do nothing",
        person.id,
        person.email.as_str(),
        person.name,
        person.locale.name(),
        person.password,
        person.marketing,
        person.now,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Somebody, as commands need them.
pub(in crate::accounts) struct Person {
    pub(in crate::accounts) id: Uuid,
    pub(in crate::accounts) email: String,
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) locale: Locale,
    pub(in crate::accounts) password: Option<String>,
    pub(in crate::accounts) marketing_since: Option<OffsetDateTime>,
    pub(in crate::accounts) suspended_at: Option<OffsetDateTime>,
    pub(in crate::accounts) is_staff: bool,
}

/// Whoever has the address, large or small letters alike.
pub(in crate::accounts) async fn person_by_email(
    conn: &mut PgConnection,
    email: &str,
) -> sqlx::Result<Option<Person>> {
    sqlx::query_as!(
        Person,
        r#"select
            id, email, name, locale "locale: Locale", password, marketing_since, suspended_at,
            exists (select from accounts.staff where staff.id = person.id) "is_staff!"
        from accounts.person
        where lower(email) = lower($1) and erased_at is null"#,
        email,
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::accounts) async fn find_person(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Person>> {
    sqlx::query_as!(
        Person,
        r#"select
            id, email, name, locale "locale: Locale", password, marketing_since, suspended_at,
            exists (select from accounts.staff where staff.id = person.id) "is_staff!"
        from accounts.person
        where id = $1 and erased_at is null"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// Held until the transaction ends.
pub(in crate::accounts) async fn lock_person(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Person>> {
    sqlx::query_as!(
        Person,
        r#"select
            id, email, name, locale "locale: Locale", password, marketing_since, suspended_at,
            exists (select from accounts.staff where staff.id = person.id) "is_staff!"
        from accounts.person
        where id = $1 and erased_at is null
        for update"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// What a person says of themselves.
pub(in crate::accounts) async fn update_profile(
    conn: &mut PgConnection,
    person: &Person,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.person set name = $2, locale = $3, marketing_since = $4 where id = $1",
        person.id,
        person.name,
        person.locale.name(),
        person.marketing_since,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) async fn set_password(
    conn: &mut PgConnection,
    id: Uuid,
    hash: &str,
) -> sqlx::Result<()> {
    sqlx::query!("update accounts.person set password = $2 where id = $1", id, hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// False: somebody else has the address.
pub(in crate::accounts) async fn set_email(
    conn: &mut PgConnection,
    id: Uuid,
    email: &str,
) -> sqlx::Result<bool> {
    let set = sqlx::query!("update accounts.person set email = $2 where id = $1", id, email)
        .execute(conn)
        .await;
    match set {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("person_email") => Ok(false),
        Err(error) => Err(error),
    }
}

pub(in crate::accounts) async fn set_suspended(
    conn: &mut PgConnection,
    id: Uuid,
    at: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.person set suspended_at = $2 where id = $1",
        id,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Leaves only that there was somebody. The address is none that mail can be sent to, so whoever had it may have it
/// again.
pub(in crate::accounts) async fn empty_person(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.person
        set email = id || '@erased.invalid', name = 'erased', password = null, marketing_since = null,
            erased_at = $2
        where id = $1",
        id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
