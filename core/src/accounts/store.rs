use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) struct NewKey<'a> {
    pub(super) id: Uuid,
    pub(super) name: &'a str,
    pub(super) secret_sha256: &'a [u8],
    pub(super) permissions: &'a [String],
    pub(super) created_at: OffsetDateTime,
    pub(super) expires_at: Option<OffsetDateTime>,
}

pub(super) async fn insert_key(conn: &mut PgConnection, key: &NewKey<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into accounts.api_key (id, name, secret_sha256, permissions, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6)",
        key.id,
        key.name,
        key.secret_sha256,
        key.permissions,
        key.created_at,
        key.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) struct KnownKey {
    pub(super) name: String,
    pub(super) secret_sha256: Vec<u8>,
    pub(super) permissions: Vec<String>,
    pub(super) last_used_at: Option<OffsetDateTime>,
}

/// The key, if it still opens anything.
pub(super) async fn usable_key(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<Option<KnownKey>> {
    sqlx::query_as!(
        KnownKey,
        "select name, secret_sha256, permissions, last_used_at
        from accounts.api_key
        where id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)",
        id,
        now,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn note_use(conn: &mut PgConnection, id: Uuid, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.api_key set last_used_at = $2 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) struct LockedKey {
    pub(super) name: String,
    pub(super) revoked_at: Option<OffsetDateTime>,
}

pub(super) async fn lock_key(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<LockedKey>> {
    sqlx::query_as!(
        LockedKey,
        "select name, revoked_at from accounts.api_key where id = $1 for update",
        id
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn revoke_key(conn: &mut PgConnection, id: Uuid, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.api_key set revoked_at = $2 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
