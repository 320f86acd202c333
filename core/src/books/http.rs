//! Closed months. What is in the books, `ledger` answers.

mod error;

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::queries::{self, ClosedMonth};
use super::{Closing, Error, Month, commands};
use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::List;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show, close))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ClosedQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The months whose books are closed, newest first
#[utoipa::path(get, path = "/books/closed", tag = "books", params(ClosedQuery),
    security(("api_key" = ["books.read"])), responses((status = 200, body = List<ClosedMonth>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ClosedQuery>,
) -> Result<Json<List<ClosedMonth>>, ApiError> {
    let mut conn = app.db.acquire().await?;
    let (cursor, limit) = (query.cursor.as_deref(), query.limit);
    Ok(Json(queries::closed_months(&mut conn, cursor, limit).await?))
}

/// What the books of a month were closed with
#[utoipa::path(get, path = "/books/closed/{month}", tag = "books",
    params(("month" = String, Path, example = "2026-10")), security(("api_key" = ["books.read"])),
    responses((status = 200, body = ClosedMonth), (status = 404, description = "`month_not_closed`")))]
async fn show(State(app): State<App>, Path(month): Path<Month>) -> Result<Json<ClosedMonth>, ApiError> {
    let closed = queries::closed_month(&mut *app.db.acquire().await?, month).await?;
    Ok(Json(closed.ok_or(Error::NotClosed)?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CloseQuery {
    /// Only look whether it could be closed
    #[serde(default)]
    dry_run: bool,
}

/// Close the books of a month, if ledger, gateway, payouts and bank say the same of it
///
/// Where they do not, `closed` is false and `report` says where; nothing is closed then. A month that is closed stays
/// closed: nothing is posted into it any more.
#[utoipa::path(put, path = "/books/closed/{month}", tag = "books",
    params(("month" = String, Path, example = "2026-10"), CloseQuery), security(("api_key" = ["books.close"])),
    extensions(("x-within-seconds" = json!(600))),
    responses(
        (status = 200, body = Closing, description = "Also if it was closed before"),
        (status = 409, description = "`month_not_over`, `month_not_next`: an earlier one is open, `nothing_posted`"),
        (status = 503, description = "`gateway_unavailable`"),
    ))]
async fn close(
    State(app): State<App>,
    by: Principal,
    Path(month): Path<Month>,
    Query(query): Query<CloseQuery>,
) -> Result<Json<Closing>, ApiError> {
    let command = app.clone();
    let closing = detached(&app, async move {
        commands::close(&command, &by, month, query.dry_run, |_| {}).await
    });
    Ok(Json(closing.await?))
}
