use sqlx::PgConnection;
use uuid::Uuid;

use crate::locale::Locale;

/// To whom mails go.
pub(in crate::orders) struct Person {
    pub(in crate::orders) email: String,
    pub(in crate::orders) locale: Locale,
}

pub(in crate::orders) async fn person(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Person>> {
    sqlx::query_as!(
        Person,
        r#"select email, locale "locale: Locale" from accounts.person where id = $1 and erased_at is null"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// A talent, as one writes to them.
pub(in crate::orders) struct TalentReader {
    pub(in crate::orders) person: Uuid,
    pub(in crate::orders) name: String,
    pub(in crate::orders) email: String,
    pub(in crate::orders) locale: Locale,
    pub(in crate::orders) erased: bool,
}

pub(in crate::orders) async fn talent_reader(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<TalentReader> {
    sqlx::query_as!(
        TalentReader,
        r#"select person_id person, talent.name, email, locale "locale: Locale", erased_at is not null "erased!"
        from catalogue.talent
        join accounts.person on person.id = person_id
        where talent.id = $1"#,
        id,
    )
    .fetch_one(conn)
    .await
}

pub(in crate::orders) async fn sealed_key(
    conn: &mut PgConnection,
    order: Uuid,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("select secret from orders.purchase where id = $1", order)
        .fetch_optional(conn)
        .await
}
