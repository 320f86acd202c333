use sqlx::PgConnection;
use uuid::Uuid;

/// The key of a person's picture.
pub(in crate::accounts) async fn avatar(
    conn: &mut PgConnection,
    person: Uuid,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select avatar from accounts.person where id = $1", person)
        .fetch_one(conn)
        .await
}

pub(in crate::accounts) async fn set_avatar(
    conn: &mut PgConnection,
    person: Uuid,
    key: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.person set avatar = $2 where id = $1",
        person,
        key
    )
    .execute(conn)
    .await?;
    Ok(())
}
