use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::accounts::domain::GrantRow;

pub(in crate::accounts) struct NewKey<'a> {
    pub(in crate::accounts) id: Uuid,
    pub(in crate::accounts) name: &'a str,
    pub(in crate::accounts) secret_sha256: &'a [u8],
    pub(in crate::accounts) permissions: &'a [String],
    pub(in crate::accounts) brands: Option<&'a [String]>,
    pub(in crate::accounts) staff_id: Option<Uuid>,
    pub(in crate::accounts) created_at: OffsetDateTime,
    pub(in crate::accounts) expires_at: Option<OffsetDateTime>,
}

pub(in crate::accounts) async fn insert_key(conn: &mut PgConnection, key: &NewKey<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into accounts.api_key (
            id, name, secret_sha256, permissions, brands, staff_id, created_at, expires_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        key.id,
        key.name,
        key.secret_sha256,
        key.permissions,
        key.brands,
        key.staff_id,
        key.created_at,
        key.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) struct KnownKey {
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) secret_sha256: Vec<u8>,
    pub(in crate::accounts) permissions: Vec<String>,
    pub(in crate::accounts) brands: Option<Vec<String>>,
    pub(in crate::accounts) expires_at: Option<OffsetDateTime>,
    pub(in crate::accounts) last_used_at: Option<OffsetDateTime>,
    pub(in crate::accounts) owner: Option<Owner>,
}

pub(in crate::accounts) struct Owner {
    pub(in crate::accounts) id: Uuid,
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) grants: Vec<GrantRow>,
}

/// The key, if it still opens anything: in one statement, so that it and its owner are of one moment.
pub(in crate::accounts) async fn usable_key(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<Option<KnownKey>> {
    let row = sqlx::query!(
        r#"select
            key.name, secret_sha256, permissions, brands, expires_at, last_used_at,
            owner.id "staff_id?", owner.name "staff_name?",
            accounts.grants_of(owner.id) "grants!: Json<Vec<GrantRow>>"
        from accounts.api_key as key
        left join accounts.person as owner on owner.id = key.staff_id
        where key.id = $1
            and revoked_at is null
            and (expires_at is null or expires_at > $2)
            and suspended_at is null"#,
        id,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| KnownKey {
        name: row.name,
        secret_sha256: row.secret_sha256,
        permissions: row.permissions,
        brands: row.brands,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        owner: row.staff_id.zip(row.staff_name).map(|(id, name)| Owner {
            id,
            name,
            grants: row.grants.0,
        }),
    }))
}

pub(in crate::accounts) async fn note_use(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.api_key set last_used_at = $2 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) struct LockedKey {
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) staff_id: Option<Uuid>,
    pub(in crate::accounts) revoked_at: Option<OffsetDateTime>,
}

pub(in crate::accounts) async fn lock_key(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<LockedKey>> {
    sqlx::query_as!(
        LockedKey,
        "select name, staff_id, revoked_at from accounts.api_key where id = $1 for update",
        id
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::accounts) async fn revoke_key(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.api_key set revoked_at = $2 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
