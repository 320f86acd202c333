use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::platform::paging::{List, Page};

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct Entry {
    pub id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `key:<id>`, `operator` (the command line) or `system` (jobs).
    pub principal_id: String,
    pub principal_name: String,
    /// Such as `redirects.publish`.
    pub action: String,
    /// Such as `brand/acme`.
    pub subject: String,
    #[schema(value_type = Option<Object>)]
    pub before: Option<serde_json::Value>,
    #[schema(value_type = Option<Object>)]
    pub after: Option<serde_json::Value>,
}

/// Which entries; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub principal: Option<String>,
    pub action: Option<String>,
    pub subject: Option<String>,
    /// At or after.
    pub from: Option<OffsetDateTime>,
    /// Before.
    pub to: Option<OffsetDateTime>,
}

/// Newest first.
pub async fn list(conn: &mut PgConnection, filter: &Filter, page: Page) -> sqlx::Result<List<Entry>> {
    let rows = sqlx::query_as!(
        Entry,
        "select id, at, principal_id, principal_name, action, subject, before, after
        from platform.audit
        where ($1::text is null or principal_id = $1)
            and ($2::text is null or action = $2)
            and ($3::text is null or subject = $3)
            and ($4::timestamptz is null or at >= $4)
            and ($5::timestamptz is null or at < $5)
            and ($6::uuid is null or id < $6)
        order by id desc
        limit $7",
        filter.principal,
        filter.action,
        filter.subject,
        filter.from,
        filter.to,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(rows, |entry| entry.id))
}
