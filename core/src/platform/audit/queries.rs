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
    /// `staff:<id>`, `key:<id>`, `operator` (the command line) or `system` (jobs).
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub principal_id: String,
    #[schema(example = "Ana Lima (laptop)")]
    pub principal_name: String,
    /// `feature.verb`
    #[schema(example = "jobs.retry")]
    pub action: String,
    #[schema(example = "brand/acme")]
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
    /// One action, or all that begin so if it ends with a dot: `redirects.`.
    pub action: Option<String>,
    pub subject: Option<String>,
    /// The brand, and what belongs to it: `brand/acme`, `brand/acme/…`.
    pub brand: Option<String>,
    /// At or after.
    pub from: Option<OffsetDateTime>,
    /// Before.
    pub to: Option<OffsetDateTime>,
    /// Stands in what was before or after, large or small letters alike.
    pub text: Option<String>,
}

/// Newest first.
pub async fn list(conn: &mut PgConnection, filter: &Filter, page: Page) -> sqlx::Result<List<Entry>> {
    let (exact, prefix) = match filter.action.as_deref() {
        Some(action) if action.ends_with('.') => (None, Some(action)),
        action => (action, None),
    };
    let rows = sqlx::query_as!(
        Entry,
        "select id, at, principal_id, principal_name, action, subject, before, after
        from platform.audit
        where ($1::text is null or principal_id = $1)
            and ($2::text is null or action = $2)
            and ($3::text is null or starts_with(action, $3))
            and ($4::text is null or subject = $4)
            and ($5::text is null or subject = 'brand/' || $5 or starts_with(subject, 'brand/' || $5 || '/'))
            and ($6::timestamptz is null or at >= $6)
            and ($7::timestamptz is null or at < $7)
            and ($8::text is null
                or strpos(lower(before::text), lower($8)) > 0
                or strpos(lower(after::text), lower($8)) > 0)
            and ($9::uuid is null or id < $9)
        order by id desc
        limit $10",
        filter.principal,
        exact,
        prefix,
        filter.subject,
        filter.brand,
        filter.from,
        filter.to,
        filter.text,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(rows, |entry| entry.id))
}
