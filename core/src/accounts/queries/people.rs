use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::locale::Locale;
use crate::platform::files::Key;
use crate::platform::paging::{List, Page};

/// Somebody who has an account, as staff see them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonView {
    pub id: Uuid,
    #[schema(example = "ana@acme.example")]
    pub email: String,
    #[schema(example = "Ana Lima")]
    pub name: String,
    pub locale: Locale,
    /// Their picture, 512 pixels square; the link works for an hour or two
    #[schema(
        example = "https://api.marquee.example/v1/files/avatars/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.jpg?expires=1782914400&signature=q83vEjRWeJA"
    )]
    pub avatar_url: Option<String>,
    /// Whether they work with us
    pub staff: bool,
    /// Whether they have chosen a password yet
    pub password: bool,
    /// Whether signing in takes a code, too
    pub second_factor: bool,
    /// Since when they agree to be written to for other than what they asked for
    #[serde(with = "time::serde::rfc3339::option")]
    pub marketing_since: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When they last used the API
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_seen_at: Option<OffsetDateTime>,
    /// Since when nothing of theirs opens anything
    #[serde(with = "time::serde::rfc3339::option")]
    pub suspended_at: Option<OffsetDateTime>,
}

/// Which people; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct PersonFilter {
    /// Part of the name or the address, large or small letters alike.
    pub text: Option<String>,
    pub staff: Option<bool>,
    pub suspended: Option<bool>,
}

/// Newest first.
pub async fn list_people(app: &App, filter: &PersonFilter, page: Page) -> anyhow::Result<List<PersonView>> {
    let people = sqlx::query_as!(
        PersonView,
        r#"select
            person.id, email, name, locale "locale: Locale", avatar avatar_url, marketing_since, person.created_at, suspended_at,
            staff.id is not null "staff!", password is not null "password!",
            exists (
                select from accounts.totp where person_id = person.id and confirmed_at is not null
            ) "second_factor!",
            (select max(last_used_at) from accounts.session where person_id = person.id) last_seen_at
        from accounts.person
        left join accounts.staff using (id)
        where erased_at is null
            and ($1::uuid is null or person.id < $1)
            and ($2::text is null or lower(name) || ' ' || lower(email) like
                '%' || replace(replace(replace(lower($2), '\', '\\'), '%', '\%'), '_', '\_') || '%')
            and ($3::bool is null or (staff.id is not null) = $3)
            and ($4::bool is null or (suspended_at is not null) = $4)
        order by person.id desc
        limit $5"#,
        page.after,
        filter.text,
        filter.staff,
        filter.suspended,
        page.limit + 1,
    )
    .fetch_all(&app.db)
    .await?;
    let people = people.into_iter().map(|person| linked(app, person));
    let people = people.collect::<anyhow::Result<_>>()?;
    Ok(page.list(people, |person: &PersonView| person.id))
}

pub async fn find_person(app: &App, id: Uuid) -> anyhow::Result<Option<PersonView>> {
    let person = sqlx::query_as!(
        PersonView,
        r#"select
            person.id, email, name, locale "locale: Locale", avatar avatar_url, marketing_since, person.created_at, suspended_at,
            staff.id is not null "staff!", password is not null "password!",
            exists (
                select from accounts.totp where person_id = person.id and confirmed_at is not null
            ) "second_factor!",
            (select max(last_used_at) from accounts.session where person_id = person.id) last_seen_at
        from accounts.person
        left join accounts.staff using (id)
        where erased_at is null and person.id = $1"#,
        id,
    )
    .fetch_optional(&app.db)
    .await?;
    person.map(|person| linked(app, person)).transpose()
}

/// With a link in place of the key that the row holds.
fn linked(app: &App, mut person: PersonView) -> anyhow::Result<PersonView> {
    if let Some(key) = person.avatar_url.take() {
        person.avatar_url = Some(app.files.link(&Key::of_row(&key)?, app.now()));
    }
    Ok(person)
}

/// Whoever has the address, large or small letters alike.
pub async fn person_by_email(conn: &mut PgConnection, email: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select id from accounts.person where lower(email) = lower($1) and erased_at is null",
        email
    )
    .fetch_optional(conn)
    .await
}
