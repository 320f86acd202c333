use axum::extract::State;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::http::{ApiError, Json, Path, Query};
use crate::money::Currency;
use crate::orders::queries::{self, FoundOrder, Search, Sort, TimelineEntry};
use crate::orders::{Error, Status};
use crate::platform::paging::List;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search))
        .routes(routes!(timeline))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SearchQuery {
    /// Part of a name, of the occasion or of the instruction; or the whole id of the order, its customer, payment or upload
    #[param(example = "bia")]
    q: Option<String>,
    #[param(inline)]
    status: Option<Status>,
    /// Only of this talent
    talent: Option<Uuid>,
    /// Only of those who were this agency's talents then
    agency: Option<Uuid>,
    /// Only of this person
    customer: Option<Uuid>,
    /// Only of whom is written to there; the whole address
    #[param(example = "caio@acme.example")]
    email: Option<String>,
    /// Only that with a payment of this name at the gateway
    #[param(example = "sb_019f2f0c2d4e7c528a0e4a1d5c1f7a10")]
    payment_reference: Option<String>,
    /// Placed at or after
    #[serde(default, with = "time::serde::rfc3339::option")]
    placed_from: Option<OffsetDateTime>,
    /// Placed before
    #[serde(default, with = "time::serde::rfc3339::option")]
    placed_until: Option<OffsetDateTime>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    deadline_before: Option<OffsetDateTime>,
    /// Paid at least, in the currency's smallest unit
    #[param(example = 1_000)]
    min_price: Option<i64>,
    /// Paid at most
    #[param(example = 20_000)]
    max_price: Option<i64>,
    currency: Option<Currency>,
    /// Newest unless given
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Orders of everybody
#[utoipa::path(get, path = "/orders", tag = "orders", params(SearchQuery), security(("api_key" = ["orders.read"])),
    responses((status = 200, body = List<FoundOrder>)))]
async fn search(
    State(app): State<App>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<List<FoundOrder>>, ApiError> {
    let search = Search {
        text: query.q.filter(|text| !text.trim().is_empty()),
        status: query.status,
        talent: query.talent,
        agency: query.agency,
        customer: query.customer,
        email: query.email,
        payment_reference: query.payment_reference,
        placed_from: query.placed_from,
        placed_until: query.placed_until,
        deadline_before: query.deadline_before,
        min_price: query.min_price,
        max_price: query.max_price,
        currency: query.currency,
        sort: query.sort,
    };
    let mut conn = app.db.acquire().await?;
    let (cursor, limit) = (query.cursor.as_deref(), query.limit);
    Ok(Json(queries::search(&mut conn, &search, cursor, limit).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TimelineQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// All that happened to an order, oldest first
///
/// Its transitions, calls of the gateway and what that told, mails, postings, uploads, refunds and disputes.
#[utoipa::path(get, path = "/orders/{id}/timeline", tag = "orders", params(("id" = Uuid, Path), TimelineQuery),
    security(("api_key" = ["orders.read"])),
    responses((status = 200, body = List<TimelineEntry>), (status = 404, description = "`order_unknown`")))]
async fn timeline(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<TimelineQuery>,
) -> Result<Json<List<TimelineEntry>>, ApiError> {
    let mut conn = app.db.acquire().await?;
    queries::status(&mut conn, id).await?.ok_or(Error::Unknown)?;
    let (cursor, limit) = (query.cursor.as_deref(), query.limit);
    Ok(Json(queries::timeline(&mut conn, id, cursor, limit).await?))
}
