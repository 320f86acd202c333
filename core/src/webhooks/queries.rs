use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::commands::Error;
use crate::app::App;
use crate::platform::paging::{List, Page};

/// An endpoint without its secret, which nobody can see again.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct EndpointView {
    pub id: Uuid,
    #[schema(example = "acme")]
    pub brand: String,
    #[schema(example = "https://hooks.example.com/marquee")]
    pub url: String,
    /// Empty: every event
    #[schema(example = json!(["redirects.published"]))]
    pub events: Vec<String>,
    pub note: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    pub created_by: String,
    /// `null`: it is told what happens
    #[serde(with = "time::serde::rfc3339::option")]
    pub disabled_at: Option<OffsetDateTime>,
    /// `person`, `gone` (it answered 410) or `failing` (nothing got through for five days)
    pub disabled_by: Option<String>,
    /// Since when no delivery has got through
    #[serde(with = "time::serde::rfc3339::option")]
    pub failing_since: Option<OffsetDateTime>,
}

/// A brand's endpoints, the newest first.
pub async fn endpoints(app: &App, brand: &str, page: Page) -> Result<List<EndpointView>, Error> {
    crate::redirects::queries::brand(app, brand).await?;
    let rows = rows(app, brand, page.after, None, page.limit + 1).await?;
    Ok(page.list(rows, |endpoint| endpoint.id))
}

pub async fn endpoint(app: &App, brand: &str, id: Uuid) -> Result<EndpointView, Error> {
    let row = rows(app, brand, None, Some(id), 1).await?.pop();
    row.ok_or(Error::Unknown)
}

async fn rows(
    app: &App,
    brand: &str,
    after: Option<Uuid>,
    only: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<EndpointView>> {
    sqlx::query_as!(
        EndpointView,
        "select id, brand, url, events, note, created_at, created_by, disabled_at, disabled_by, failing_since
        from webhooks.endpoint
        where brand = $1 and ($2::uuid is null or id < $2) and ($3::uuid is null or id = $3)
        order by id desc
        limit $4",
        brand,
        after,
        only,
        limit,
    )
    .fetch_all(&app.db)
    .await
}

/// One event to one endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct DeliveryView {
    pub id: Uuid,
    /// The same for every attempt; receivers see it as `webhook-id`, `msg_…`
    pub message: Uuid,
    #[schema(example = "redirects.published")]
    pub event: String,
    /// `pending`, `delivered` or `failed`
    #[schema(example = "delivered")]
    pub status: String,
    pub attempts: i32,
    /// When it is tried next; `null`: never
    #[serde(with = "time::serde::rfc3339::option")]
    pub due_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Of the last attempt; `null`: no answer came
    pub status_code: Option<i16>,
    /// Of the last attempt
    pub error: Option<String>,
}

/// Deliveries to an endpoint, the newest first; with a status only those.
pub async fn deliveries(
    app: &App,
    brand: &str,
    endpoint: Uuid,
    status: Option<&str>,
    page: Page,
) -> Result<List<DeliveryView>, Error> {
    self::endpoint(app, brand, endpoint).await?;
    let rows = delivery_rows(app, endpoint, None, status, page.after, page.limit + 1).await?;
    Ok(page.list(rows, |delivery| delivery.id))
}

async fn delivery_rows(
    app: &App,
    endpoint: Uuid,
    only: Option<Uuid>,
    status: Option<&str>,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<DeliveryView>> {
    sqlx::query_as!(
        DeliveryView,
        r#"select
            id, message, event, status, attempts, due_at, created_at,
            last.status_code "status_code?", last.error "error?"
        from webhooks.delivery
        left join lateral (
            select attempt.status_code, attempt.error
            from webhooks.attempt
            where attempt.delivery = delivery.id
            order by number desc
            limit 1
        ) as last on true
        where endpoint = $1
            and ($2::uuid is null or id = $2)
            and ($3::text is null or status = $3)
            and ($4::uuid is null or id < $4)
        order by id desc
        limit $5"#,
        endpoint,
        only,
        status,
        after,
        limit,
    )
    .fetch_all(&app.db)
    .await
}

/// A delivery with what was sent and every attempt.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryLog)]
pub struct DeliveryLog {
    #[serde(flatten)]
    pub delivery: DeliveryView,
    /// As it was sent
    pub body: String,
    /// The first first
    pub log: Vec<AttemptView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct AttemptView {
    pub number: i32,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `null`: no answer came
    pub status_code: Option<i16>,
    pub error: Option<String>,
    /// How the answer began
    pub answer: String,
    pub latency_ms: i32,
}

pub async fn delivery(app: &App, brand: &str, endpoint: Uuid, id: Uuid) -> Result<DeliveryLog, Error> {
    self::endpoint(app, brand, endpoint).await?;
    let delivery = delivery_rows(app, endpoint, Some(id), None, None, 1).await?.pop();
    let delivery = delivery.ok_or(Error::NoDelivery)?;
    let body = sqlx::query_scalar!("select body from webhooks.delivery where id = $1", id);
    let body = body.fetch_one(&app.db).await?;
    let log = sqlx::query_as!(
        AttemptView,
        "select number, at, status_code, error, answer, latency_ms
        from webhooks.attempt
        where delivery = $1
        order by number",
        id,
    );
    Ok(DeliveryLog {
        delivery,
        body,
        log: log.fetch_all(&app.db).await?,
    })
}
