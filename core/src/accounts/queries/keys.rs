use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::platform::paging::{List, Page};

/// A key without its secret, which nobody can see again.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyView {
    pub id: Uuid,
    #[schema(example = "nightly feed")]
    pub name: String,
    /// Whose it is: it permits no more than they may. `null`: nobody's.
    pub staff_id: Option<Uuid>,
    #[schema(example = json!(["rules.edit", "rules.read"]))]
    pub permissions: Vec<String>,
    /// Where it permits them. `null`: on every brand.
    #[schema(example = json!(["acme"]))]
    pub brands: Option<Vec<String>>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// To the minute.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// Which keys; what is `None` does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyFilter {
    pub staff_id: Option<Uuid>,
}

/// Newest first, those revoked or expired included.
pub async fn list_keys(
    conn: &mut PgConnection,
    filter: KeyFilter,
    page: Page,
) -> sqlx::Result<List<KeyView>> {
    let rows = sqlx::query_as!(
        KeyView,
        "select id, name, staff_id, permissions, brands, created_at, expires_at, revoked_at, last_used_at
        from accounts.api_key
        where ($1::uuid is null or id < $1) and ($2::uuid is null or staff_id = $2)
        order by id desc
        limit $3",
        page.after,
        filter.staff_id,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(rows, |key| key.id))
}

pub async fn find_key(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<KeyView>> {
    sqlx::query_as!(
        KeyView,
        "select id, name, staff_id, permissions, brands, created_at, expires_at, revoked_at, last_used_at
        from accounts.api_key
        where id = $1",
        id,
    )
    .fetch_optional(conn)
    .await
}
