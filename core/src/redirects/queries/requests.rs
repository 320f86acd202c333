use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::platform::paging::{List, Page};
use crate::redirects::{Error, Reason, store};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = RequestStatus)]
pub enum RequestStatus {
    /// Waits for another person.
    Pending,
    /// Waits for its time.
    Scheduled,
    /// Is, or was, live.
    Done,
    Rejected,
    Cancelled,
    /// Could not go live at its time; `error` says why.
    Failed,
}

impl RequestStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Scheduled => "scheduled",
            Self::Done => "done",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// What somebody asked to have published, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestView {
    pub id: Uuid,
    #[schema(example = "acme")]
    pub brand: String,
    /// `publish` or `canary`.
    #[schema(example = "publish")]
    pub action: String,
    /// Frozen: what goes live is what was asked for.
    #[schema(example = 41)]
    pub revision: i32,
    /// A canary's.
    #[schema(example = 5)]
    pub percent: Option<i16>,
    #[schema(example = "New York goes to the new form")]
    pub note: String,
    /// Why another person must approve; empty: nobody must.
    #[schema(value_type = Vec<Reason>)]
    pub reasons: Json<Vec<Reason>>,
    /// When it is to go live; `null`: as soon as it is approved.
    #[serde(with = "time::serde::rfc3339::option")]
    pub run_at: Option<OffsetDateTime>,
    pub status: RequestStatus,
    #[schema(example = "key:0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11")]
    pub requested_by: String,
    /// Whoever approved, rejected or cancelled it.
    pub decided_by: Option<String>,
    /// Why it was rejected.
    pub decision: Option<String>,
    /// Under which sequence it went live.
    #[schema(example = 1207)]
    pub sequence: Option<i64>,
    /// Why it could not go live at its time.
    pub error: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub decided_at: Option<OffsetDateTime>,
    /// When it went live or ended otherwise.
    #[serde(with = "time::serde::rfc3339::option")]
    pub done_at: Option<OffsetDateTime>,
}

/// A brand's requests, the newest first.
pub async fn requests(
    app: &App,
    brand: &str,
    status: Option<RequestStatus>,
    page: Page,
) -> Result<List<RequestView>, Error> {
    let mut conn = app.db.acquire().await?;
    store::draft(&mut conn, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    let status = status.map(RequestStatus::name);
    let rows = rows(&mut conn, brand, None, status, page.after, page.limit + 1).await?;
    Ok(page.list(rows, |request| request.id))
}

pub async fn request(app: &App, brand: &str, id: Uuid) -> Result<RequestView, Error> {
    let mut conn = app.db.acquire().await?;
    let mut rows = rows(&mut conn, brand, Some(id), None, None, 1).await?;
    rows.pop().ok_or(Error::NoRequest(id))
}

async fn rows(
    conn: &mut PgConnection,
    brand: &str,
    only: Option<Uuid>,
    status: Option<&str>,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<RequestView>> {
    sqlx::query_as!(
        RequestView,
        r#"select
            id, brand, action, revision, percent, note, reasons "reasons: Json<Vec<Reason>>", run_at,
            status "status: RequestStatus", requested_by, decided_by, decision, sequence, error, created_at,
            decided_at, done_at
        from redirects.request
        where brand = $1
            and ($2::uuid is null or id = $2)
            and ($3::text is null or status = $3)
            and ($4::uuid is null or id < $4)
        order by id desc
        limit $5"#,
        brand,
        only,
        status,
        after,
        limit,
    )
    .fetch_all(conn)
    .await
}
