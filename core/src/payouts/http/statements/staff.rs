//! For staff.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{MonthsQuery, StatementQuery, TalentsQuery, answer, months, talents};
use crate::app::App;
use crate::catalogue::Payee;
use crate::http::{ApiError, Json, Path, Query};
use crate::payouts::Month;
use crate::payouts::queries::{MonthView, StatementView, TalentSums};
use crate::platform::paging::List;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(months_of_talent))
        .routes(routes!(of_talent))
        .routes(routes!(months_of_agency))
        .routes(routes!(of_agency))
        .routes(routes!(talents_of_agency))
}

/// Month by month, what a talent earned, what was taken back and paid out, newest first
#[utoipa::path(get, path = "/catalogue/talents/{id}/statements", tag = "payouts",
    params(("id" = Uuid, Path), MonthsQuery), security(("api_key" = ["payouts.read"])),
    responses((status = 200, body = List<MonthView>), (status = 404, description = "`talent_unknown`")))]
async fn months_of_talent(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<MonthsQuery>,
) -> Result<Json<List<MonthView>>, ApiError> {
    months(&app, Payee::Talent(id), &query).await
}

/// All that moved a talent's account in a month; as CSV or a page to print, too
#[utoipa::path(get, path = "/catalogue/talents/{id}/statements/{month}", tag = "payouts",
    params(("id" = Uuid, Path), ("month" = String, Path, example = "2026-11"), StatementQuery),
    security(("api_key" = ["payouts.read"])), extensions(("x-within-seconds" = json!(60))),
    responses(
        (status = 200, content((StatementView = "application/json"), (String = "text/csv"), (String = "text/html"))),
        (status = 404, description = "`talent_unknown`"),
    ))]
async fn of_talent(
    State(app): State<App>,
    headers: HeaderMap,
    Path((id, month)): Path<(Uuid, Month)>,
    Query(query): Query<StatementQuery>,
) -> Result<Response, ApiError> {
    answer(&app, &headers, Payee::Talent(id), month, &query).await
}

/// Month by month, what an agency earned, what was taken back and paid out, newest first
#[utoipa::path(get, path = "/agencies/{id}/statements", tag = "payouts",
    params(("id" = Uuid, Path), MonthsQuery), security(("api_key" = ["payouts.read"])),
    responses((status = 200, body = List<MonthView>), (status = 404, description = "`agency_unknown`")))]
async fn months_of_agency(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<MonthsQuery>,
) -> Result<Json<List<MonthView>>, ApiError> {
    months(&app, Payee::Agency(id), &query).await
}

/// All that moved an agency's account in a month; as CSV or a page to print, too
#[utoipa::path(get, path = "/agencies/{id}/statements/{month}", tag = "payouts",
    params(("id" = Uuid, Path), ("month" = String, Path, example = "2026-11"), StatementQuery),
    security(("api_key" = ["payouts.read"])), extensions(("x-within-seconds" = json!(60))),
    responses(
        (status = 200, content((StatementView = "application/json"), (String = "text/csv"), (String = "text/html"))),
        (status = 404, description = "`agency_unknown`"),
    ))]
async fn of_agency(
    State(app): State<App>,
    headers: HeaderMap,
    Path((id, month)): Path<(Uuid, Month)>,
    Query(query): Query<StatementQuery>,
) -> Result<Response, ApiError> {
    answer(&app, &headers, Payee::Agency(id), month, &query).await
}

/// What an agency got of each of those who were its talents in a month
#[utoipa::path(get, path = "/agencies/{id}/statements/{month}/talents", tag = "payouts",
    params(("id" = Uuid, Path), ("month" = String, Path, example = "2026-11"), TalentsQuery),
    security(("api_key" = ["payouts.read"])),
    responses((status = 200, body = List<TalentSums>), (status = 404, description = "`agency_unknown`")))]
async fn talents_of_agency(
    State(app): State<App>,
    Path((id, month)): Path<(Uuid, Month)>,
    Query(query): Query<TalentsQuery>,
) -> Result<Json<List<TalentSums>>, ApiError> {
    talents(&app, id, month, &query).await
}
