use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Keyed, Path, Query, detached, replayed};
use crate::money::{Currency, Money};
use crate::payouts::queries::{self, BatchView, LineView, PreviewView};
use crate::payouts::{Error, LineStatus, Month, Status, commands};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(create, list))
        .routes(routes!(show))
        .routes(routes!(lines))
        .routes(routes!(approve))
        .routes(routes!(cancel))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PreviewQuery {
    /// The last that is over, unless it is said
    #[param(value_type = Option<String>, example = "2026-11")]
    month: Option<Month>,
    /// The usual one, unless it is said
    #[param(value_type = Option<String>, example = "BRL")]
    currency: Option<Currency>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What a payout of a month would be: who would get how much, and who is carried into the next month, and why
#[utoipa::path(get, path = "/payouts/preview", tag = "payouts", params(PreviewQuery),
    security(("api_key" = ["payouts.read"])), extensions(("x-within-seconds" = json!(60))),
    responses((status = 200, body = PreviewView)))]
async fn preview(
    State(app): State<App>,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<PreviewView>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let (month, currency) = queries::or_usual(&app, query.month, query.currency);
    let mut conn = app.db.acquire().await?;
    Ok(Json(
        queries::preview(&mut conn, &app, month, currency, page).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateBody {
    /// The last that is over, unless it is said
    month: Option<Month>,
    /// The usual one, unless it is said
    currency: Option<Currency>,
}

/// Freeze what everybody is owed at the end of a month, for another person to approve
#[utoipa::path(post, path = "/payouts", tag = "payouts", request_body = CreateBody,
    params(("idempotency-key" = String, Header)), security(("api_key" = ["payouts.create"])),
    extensions(("x-within-seconds" = json!(120))),
    responses(
        (status = 201, body = BatchView, headers(("idempotency-replayed" = String))),
        (status = 400, description = "`idempotency_key_missing`, `idempotency_key_invalid`, `body_malformed`"),
        (status = 409, description = "`month_not_over`, `payout_exists`, `nothing_owed`, `idempotency_in_flight`"),
        (status = 422, description = "`body_invalid`, `idempotency_key_reused`"),
    ))]
async fn create(
    State(app): State<App>,
    by: Principal,
    keyed: Keyed<CreateBody>,
) -> Result<impl IntoResponse, ApiError> {
    let (body, request) = keyed.required()?;
    let (month, currency) = queries::or_usual(&app, body.month, body.currency);
    let command = app.clone();
    let created = detached(&app, async move {
        commands::create(&command, &by, Some(&request), month, currency).await
    })
    .await?;
    let payout = view(&app, created.payout).await?;
    Ok((StatusCode::CREATED, replayed(created.replayed), payout))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(inline)]
    status: Option<Status>,
    #[param(value_type = Option<String>, example = "2026-11")]
    month: Option<Month>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Payouts, newest first
#[utoipa::path(get, path = "/payouts", tag = "payouts", params(ListQuery),
    security(("api_key" = ["payouts.read"])), responses((status = 200, body = List<BatchView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<BatchView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(
        queries::list_payouts(&mut conn, query.status, query.month, page).await?,
    ))
}

/// How far a payout is
#[utoipa::path(get, path = "/payouts/{id}", tag = "payouts", params(("id" = Uuid, Path)),
    security(("api_key" = ["payouts.read"])),
    responses((status = 200, body = BatchView), (status = 404, description = "`payout_unknown`")))]
async fn show(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<BatchView>, ApiError> {
    view(&app, id).await
}

async fn view(app: &App, id: Uuid) -> Result<Json<BatchView>, ApiError> {
    let payout = queries::find_payout(&mut *app.db.acquire().await?, id).await?;
    Ok(Json(payout.ok_or(Error::Unknown)?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LinesQuery {
    #[param(inline)]
    status: Option<LineStatus>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Who gets what by a payout, and what became of it; the last number first
#[utoipa::path(get, path = "/payouts/{id}/lines", tag = "payouts", params(("id" = Uuid, Path), LinesQuery),
    security(("api_key" = ["payouts.read"])),
    responses((status = 200, body = List<LineView>), (status = 404, description = "`payout_unknown`")))]
async fn lines(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<LinesQuery>,
) -> Result<Json<List<LineView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    view(&app, id).await?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(
        queries::list_lines(&mut conn, id, query.status, page).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApproveBody {
    /// What it comes to, as whoever approves it has seen
    total: Money,
}

/// Let a payout go that somebody else made: from here on nobody in it is owed its amount, which is on its way
#[utoipa::path(post, path = "/payouts/{id}/approve", tag = "payouts", request_body = ApproveBody,
    params(("id" = Uuid, Path)), security(("api_key" = ["payouts.approve"])),
    extensions(("x-within-seconds" = json!(300))),
    responses(
        (status = 200, body = BatchView, description = "Also if the same person has approved it before"),
        (status = 403, description = "`same_person`: whoever made it does not approve it"),
        (status = 404, description = "`payout_unknown`"),
        (status = 409, description = "`illegal_transition`, `total_differs`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn approve(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<ApproveBody>,
) -> Result<Json<BatchView>, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::approve(&command, &by, id, body.total, &|_, _| ()).await
    })
    .await?;
    view(&app, id).await
}

/// Have nobody paid by a payout that was not approved
#[utoipa::path(post, path = "/payouts/{id}/cancel", tag = "payouts", params(("id" = Uuid, Path)),
    security(("api_key" = ["payouts.create"])),
    responses(
        (status = 200, body = BatchView),
        (status = 404, description = "`payout_unknown`"),
        (status = 409, description = "`illegal_transition`"),
    ))]
async fn cancel(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<BatchView>, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::cancel(&command, &by, id).await }).await?;
    view(&app, id).await
}
