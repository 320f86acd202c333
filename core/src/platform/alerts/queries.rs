use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Severity;
use crate::app::App;
use crate::platform::paging::{List, Page};

/// What was raised of one code and subject, until somebody acknowledged it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Alert)]
pub struct AlertView {
    pub id: Uuid,
    /// What is so; `docs/alerts.md` says of each what to do
    #[schema(example = "jobs.dead")]
    pub code: String,
    pub severity: Severity,
    /// What it is about
    #[schema(example = "payments.operate")]
    pub subject: String,
    /// As it was raised last
    #[schema(example = "it was given up after 12 attempts: the gateway does not answer")]
    pub detail: String,
    /// Ids of what it was about the last time, by what they name; `request` is the one by which our log knows it
    #[schema(example = json!({ "job": "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11" }))]
    pub about: BTreeMap<String, String>,
    #[serde(with = "time::serde::rfc3339")]
    pub first_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub last_at: OffsetDateTime,
    /// How often it was raised
    #[schema(example = 37)]
    pub count: i64,
    /// When somebody acknowledged it; raised again, it is another one
    #[serde(with = "time::serde::rfc3339::option")]
    pub acknowledged_at: Option<OffsetDateTime>,
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub acknowledged_by: Option<String>,
    pub told: Vec<ToldView>,
}

/// Where people hear of an alert.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AlertTold)]
pub struct ToldView {
    /// `telegram` or `sentry`
    #[schema(example = "telegram")]
    pub place: String,
    /// The last time
    #[serde(with = "time::serde::rfc3339::option")]
    pub at: Option<OffsetDateTime>,
    /// Of how many it knows
    #[schema(example = 1)]
    pub count: i64,
    /// Why it could not be told since
    pub error: Option<String>,
}

/// Which alerts; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub code: Option<String>,
    pub severity: Option<Severity>,
    /// Whether nobody has acknowledged it.
    pub open: Option<bool>,
}

/// The newest first, by when it was raised first.
pub async fn list(app: &App, filter: &Filter, page: Page) -> sqlx::Result<List<AlertView>> {
    let rows = rows(app, None, filter, page.after, page.limit + 1).await?;
    Ok(page.list(rows, |alert| alert.id))
}

pub async fn find(app: &App, id: Uuid) -> sqlx::Result<Option<AlertView>> {
    Ok(rows(app, Some(id), &Filter::default(), None, 1).await?.pop())
}

async fn rows(
    app: &App,
    only: Option<Uuid>,
    filter: &Filter,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<AlertView>> {
    let mut conn = app.db.acquire().await?;
    let rows = sqlx::query!(
        r#"select id, code, severity as "severity: Severity", subject, detail,
            about as "about: Json<BTreeMap<String, String>>", first_at, last_at, count, acknowledged_at,
            acknowledged_by
        from platform.alert
        where ($1::uuid is null or id = $1)
            and ($2::text is null or code = $2)
            and ($3::text is null or severity = $3)
            and ($4::boolean is null or (acknowledged_at is null) = $4)
            and ($5::uuid is null or id < $5)
        order by id desc
        limit $6"#,
        only,
        filter.code,
        filter.severity.map(Severity::name),
        filter.open,
        after,
        limit,
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let told = sqlx::query!(
        "select alert_id, place, told_at, told_count, last_error from platform.alert_told
        where alert_id = any($1)
        order by place",
        &ids,
    )
    .fetch_all(&mut *conn)
    .await?;
    let views = rows.into_iter().map(|row| AlertView {
        told: told
            .iter()
            .filter(|told| told.alert_id == row.id)
            .map(|told| ToldView {
                place: told.place.clone(),
                at: told.told_at,
                count: told.told_count,
                error: told.last_error.clone(),
            })
            .collect(),
        id: row.id,
        code: row.code,
        severity: row.severity,
        subject: row.subject,
        detail: row.detail,
        about: row.about.0,
        first_at: row.first_at,
        last_at: row.last_at,
        count: row.count,
        acknowledged_at: row.acknowledged_at,
        acknowledged_by: row.acknowledged_by,
    });
    Ok(views.collect())
}

/// How many alerts nobody has acknowledged.
pub async fn open_by_severity(app: &App) -> sqlx::Result<[(Severity, i64); 2]> {
    let counts = sqlx::query!(
        r#"select severity as "severity: Severity", count(*) as "count!"
        from platform.alert
        where acknowledged_at is null
        group by severity"#,
    )
    .fetch_all(&app.db)
    .await?;
    Ok([Severity::Warning, Severity::Serious].map(|severity| {
        let open = counts.iter().find(|row| row.severity == severity);
        (severity, open.map_or(0, |row| row.count))
    }))
}

/// Sets their gauges.
pub async fn measure(app: &App) -> sqlx::Result<()> {
    for (severity, open) in open_by_severity(app).await? {
        metrics::gauge!("marquee_alerts_open", "severity" => severity.name()).set(open as f64);
    }
    Ok(())
}
