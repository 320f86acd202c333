use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::holder::Holder;
use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::orders::Error;
use crate::orders::commands::{self, Decision};
use crate::orders::queries::{self, RedoStatus, RedoView};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(of_order, ask))
        .routes(routes!(agree))
        .routes(routes!(decline))
        .routes(routes!(list))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RedoBody {
    /// Why, 1 to 500 characters; staff and the talent read it
    #[schema(example = "She is called Bia, not Lia.")]
    reason: String,
}

/// Ask for the video of an order to be made once more, within a week of the delivery
#[utoipa::path(post, path = "/orders/{id}/redo", tag = "orders", request_body = RedoBody, params(("id" = Uuid, Path)),
    security(("order_key" = []), ("session" = [])),
    responses(
        (status = 201, body = RedoView),
        (status = 404, description = "`order_unknown`"),
        (status = 409, description = "`order_not_delivered`, `redo_too_late`, `redo_waits`: it was asked for already"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn ask(
    State(app): State<App>,
    holder: Holder,
    Path(id): Path<Uuid>,
    Json(body): Json<RedoBody>,
) -> Result<impl IntoResponse, ApiError> {
    holder.customer(&app, id).await?;
    let command = app.clone();
    detached(&app, async move {
        commands::ask_redo(&command, id, &body.reason).await
    })
    .await?;
    Ok((StatusCode::CREATED, Json(last(&app, id).await?)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What was to be made once more of an order, newest first: for its customer, its talent and staff
#[utoipa::path(get, path = "/orders/{id}/redo", tag = "orders", params(("id" = Uuid, Path), PageQuery),
    security(("order_key" = []), ("session" = []), ("api_key" = ["orders.read"])),
    responses((status = 200, body = List<RedoView>), (status = 404, description = "`order_unknown`")))]
async fn of_order(
    State(app): State<App>,
    holder: Holder,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<RedoView>>, ApiError> {
    holder.role(&app, id).await?;
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(queries::list_redos(&mut conn, Some(id), None, page).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RedoAnswerBody {
    /// What the customer reads, at most 500 characters
    #[schema(example = "You are right.")]
    answer: Option<String>,
}

/// Let the talent send another video for an order, as its customer asks
#[utoipa::path(post, path = "/orders/{id}/redo/agree", tag = "orders", request_body = RedoAnswerBody,
    params(("id" = Uuid, Path)), security(("api_key" = ["orders.manage"])),
    responses(
        (status = 200, body = RedoView),
        (status = 404, description = "`order_unknown`"),
        (status = 409, description = "`redo_unknown`: none was asked for; `order_not_delivered`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn agree(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<RedoAnswerBody>,
) -> Result<Json<RedoView>, ApiError> {
    decide(&app, by, id, true, body.answer).await
}

/// Tell the customer of an order that its video is not made once more
#[utoipa::path(post, path = "/orders/{id}/redo/decline", tag = "orders", request_body = RedoAnswerBody,
    params(("id" = Uuid, Path)), security(("api_key" = ["orders.manage"])),
    responses(
        (status = 200, body = RedoView),
        (status = 404, description = "`order_unknown`"),
        (status = 409, description = "`redo_unknown`: none was asked for"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn decline(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<RedoAnswerBody>,
) -> Result<Json<RedoView>, ApiError> {
    decide(&app, by, id, false, body.answer).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RedosQuery {
    #[param(inline)]
    status: Option<RedoStatus>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What customers want made once more, newest first
#[utoipa::path(get, path = "/redos", tag = "orders", params(RedosQuery), security(("api_key" = ["orders.read"])),
    responses((status = 200, body = List<RedoView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<RedosQuery>,
) -> Result<Json<List<RedoView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(
        queries::list_redos(&mut conn, None, query.status, page).await?,
    ))
}

async fn decide(
    app: &App,
    by: Principal,
    id: Uuid,
    agreed: bool,
    answer: Option<String>,
) -> Result<Json<RedoView>, ApiError> {
    let decision = Decision { agreed, answer };
    let command = app.clone();
    detached(app, async move {
        commands::decide_redo(&command, &by, id, decision).await
    })
    .await?;
    Ok(Json(last(app, id).await?))
}

async fn last(app: &App, order: Uuid) -> Result<RedoView, ApiError> {
    let found = queries::last_redo(&mut *app.db.acquire().await?, order).await?;
    found.ok_or_else(|| Error::NoRedo.into())
}
