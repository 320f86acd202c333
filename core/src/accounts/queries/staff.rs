use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::Grant;
use crate::accounts::domain::{self, GrantRow};
use crate::platform::paging::{List, Page};

/// A person who works with us, and what they may do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Staff)]
pub struct StaffView {
    pub id: Uuid,
    #[schema(example = "ana@acme.example")]
    pub email: String,
    #[schema(example = "Ana Lima")]
    pub name: String,
    pub grants: Vec<Grant>,
    /// As in the ETag
    #[schema(example = 7)]
    pub version: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Since when none of their keys opens anything.
    #[serde(with = "time::serde::rfc3339::option")]
    pub suspended_at: Option<OffsetDateTime>,
}

/// Which people; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct StaffFilter {
    /// Large or small letters alike.
    pub email: Option<String>,
    pub suspended: Option<bool>,
    /// Who may do anything on this brand, those who may everywhere included.
    pub brand: Option<String>,
}

/// Newest first.
pub async fn list_staff(
    conn: &mut PgConnection,
    filter: &StaffFilter,
    page: Page,
) -> sqlx::Result<List<StaffView>> {
    let rows = sqlx::query_as!(
        StaffRow,
        r#"select
            id, email, name, version, staff.created_at, suspended_at,
            accounts.grants_of(id) "grants!: Json<Vec<GrantRow>>"
        from accounts.staff
        join accounts.person using (id)
        where ($1::uuid is null or id < $1)
            and ($2::text is null or lower(email) = lower($2))
            and ($3::bool is null or (suspended_at is not null) = $3)
            and ($4::text is null or exists (
                select from accounts.staff_grant where staff = id and (brand = $4 or brand is null)
            ))
        order by id desc
        limit $5"#,
        page.after,
        filter.email,
        filter.suspended,
        filter.brand,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    let views = rows.into_iter().map(StaffView::from).collect();
    Ok(page.list(views, |staff: &StaffView| staff.id))
}

pub async fn find_staff(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<StaffView>> {
    let row = sqlx::query_as!(
        StaffRow,
        r#"select
            id, email, name, version, staff.created_at, suspended_at,
            accounts.grants_of(id) "grants!: Json<Vec<GrantRow>>"
        from accounts.staff
        join accounts.person using (id)
        where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(StaffView::from))
}

/// The brands, by code and in order, on which somebody of the staff or a key may do something.
pub async fn granted_brands(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select brand "brand!" from accounts.staff_grant where brand is not null
        union
        select unnest(brands) from accounts.api_key where revoked_at is null
        order by 1"#
    )
    .fetch_all(conn)
    .await
}

/// Large or small letters alike.
pub async fn staff_by_email(conn: &mut PgConnection, email: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select id from accounts.staff join accounts.person using (id) where lower(email) = lower($1)",
        email
    )
    .fetch_optional(conn)
    .await
}

struct StaffRow {
    id: Uuid,
    email: String,
    name: String,
    version: i64,
    grants: Json<Vec<GrantRow>>,
    created_at: OffsetDateTime,
    suspended_at: Option<OffsetDateTime>,
}

impl From<StaffRow> for StaffView {
    fn from(row: StaffRow) -> Self {
        Self {
            id: row.id,
            email: row.email,
            name: row.name,
            version: row.version,
            grants: domain::grants(&row.grants).list(),
            created_at: row.created_at,
            suspended_at: row.suspended_at,
        }
    }
}
