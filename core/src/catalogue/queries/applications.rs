use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::catalogue::domain::{Network, Status};
use crate::locale::Locale;
use crate::platform::paging::{List, Page};

/// Somebody who wants, or wanted, to become a talent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Application)]
pub struct ApplicationView {
    pub id: Uuid,
    pub status: Status,
    #[schema(example = "ana@acme.example")]
    pub email: String,
    #[schema(example = "Ana Lima")]
    pub name: String,
    pub locale: Locale,
    #[schema(example = "+5511999990000")]
    pub phone: String,
    pub network: Network,
    #[schema(example = "analima")]
    pub handle: String,
    #[schema(example = 120_000)]
    pub followers: i64,
    #[schema(example = "I sing.")]
    pub message: String,
    /// The last that staff asked
    pub question: Option<String>,
    /// What the applicant answered to that
    pub answer: Option<String>,
    /// Told to who is rejected
    pub reason: Option<String>,
    /// Who decided, as the audit log names them
    pub decided_by: Option<String>,
    pub decided_by_name: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub decided_at: Option<OffsetDateTime>,
    /// Whom they became
    pub talent_id: Option<Uuid>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Which applications; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct ApplicationFilter {
    pub status: Option<Status>,
    /// Part of the name, accents and capitals apart, or the whole e-mail address.
    pub text: Option<String>,
}

/// Newest first.
pub async fn list_applications(
    conn: &mut PgConnection,
    filter: &ApplicationFilter,
    page: Page,
) -> sqlx::Result<List<ApplicationView>> {
    let rows = sqlx::query_as!(
        ApplicationView,
        r#"select
            id, status "status: Status", email, name, locale "locale: Locale", phone,
            network "network: Network", handle, followers, message, question, answer, reason, decided_by,
            decided_by_name, decided_at, talent_id, created_at
        from catalogue.application
        where ($1::text is null or status = $1)
            and ($2::text is null or lower(email) = lower($2) or catalogue.plain(name) like '%' ||
                replace(replace(replace(catalogue.plain($2), '\', '\\'), '%', '\%'), '_', '\_') || '%')
            and ($3::uuid is null or id < $3)
        order by id desc
        limit $4"#,
        filter.status.map(Status::name),
        filter.text,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(rows, |application: &ApplicationView| application.id))
}

pub async fn find_application(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<ApplicationView>> {
    sqlx::query_as!(
        ApplicationView,
        r#"select
            id, status "status: Status", email, name, locale "locale: Locale", phone,
            network "network: Network", handle, followers, message, question, answer, reason, decided_by,
            decided_by_name, decided_at, talent_id, created_at
        from catalogue.application
        where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await
}
