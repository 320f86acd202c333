use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};
use crate::redirects::commands::{self, Ask, Audience, What};
use crate::redirects::queries::{self, RequestStatus, RequestView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, ask))
        .routes(routes!(show))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(cancel))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    Publish,
    Canary,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskBody {
    /// For everybody, or for some of the visitors
    action: Action,
    /// A frozen revision; without it the draft, which `If-Match` must then name
    #[schema(example = 2)]
    revision: Option<i32>,
    /// Of the visitors: 1 to 99; for a canary
    #[schema(example = 5, minimum = 1, maximum = 99)]
    percent: Option<i16>,
    /// Why, for people to read
    #[serde(default)]
    #[schema(example = "New York goes to the new form")]
    note: String,
    /// When it is to go live; without it as soon as it is approved
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(example = "2026-12-01T06:00:00Z")]
    run_at: Option<OffsetDateTime>,
}

/// Ask for the draft, or a revision, to go live: once another person approves, at a set time, or both
///
/// The draft is frozen now. If one person's word is enough, and there is a time, it is `scheduled` at once.
#[utoipa::path(
    post, path = "/brands/{brand}/requests", tag = "redirects", security(("api_key" = ["rules.publish"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme"), ("if-match" = Option<String>, Header)),
    request_body = AskBody,
    responses(
        (status = 201, body = RequestView),
        (status = 409, description = "`not_live`, `already_live`, `canary_running`, `canary_changes_settings`"),
        (status = 412, description = "`draft_changed`"),
        (status = 422, description = "`rules_refused`, `body_invalid`"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn ask(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    seen: Result<IfMatch, ApiError>,
    Json(body): Json<AskBody>,
) -> Result<impl IntoResponse, ApiError> {
    let audience = match (body.action, body.percent) {
        (Action::Publish, None) => Audience::Everybody,
        (Action::Canary, Some(percent)) => Audience::Some(percent),
        (Action::Publish, Some(_)) | (Action::Canary, None) => {
            let detail = "a canary needs `percent`, and a publish has none";
            return Err(ApiError::unprocessable("body_invalid", detail));
        }
    };
    let what = match body.revision {
        Some(revision) => What::Revision(revision),
        None => What::Draft { seen: seen?.0 },
    };
    let ask = Ask {
        what,
        audience,
        note: body.note,
        run_at: body.run_at,
    };
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::request(&app, &principal, &brand, ask).await }
    };
    let id = detached(&app, command).await?;
    let view = queries::request(&app, &brand, id).await?;
    let location = format!("/v1/brands/{brand}/requests/{id}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(view)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(inline, example = "pending")]
    status: Option<RequestStatus>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What was asked for, the newest first
#[utoipa::path(
    get, path = "/brands/{brand}/requests", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme"), ListQuery),
    responses((status = 200, body = List<RequestView>), (status = 404, description = "`brand_unknown`"))
)]
async fn list(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<RequestView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    Ok(Json(queries::requests(&app, &brand, query.status, page).await?))
}

/// One request of a brand.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct RequestPath {
    #[param(example = "acme")]
    brand: String,
    #[param(example = "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11")]
    request: Uuid,
}

/// What was asked for, and what became of it
#[utoipa::path(
    get, path = "/brands/{brand}/requests/{request}", tag = "redirects",
    security(("api_key" = ["rules.read"])),
    params(RequestPath),
    responses((status = 200, body = RequestView), (status = 404, description = "`request_unknown`"))
)]
async fn show(
    State(app): State<App>,
    Path(RequestPath { brand, request }): Path<RequestPath>,
) -> Result<Json<RequestView>, ApiError> {
    Ok(Json(queries::request(&app, &brand, request).await?))
}

/// Let through what somebody else asked for: it goes live now, or at its time
///
/// Neither whoever asked nor whoever last edited the draft behind it may. Of two who approve at once, one does.
#[utoipa::path(
    post, path = "/brands/{brand}/requests/{request}/approve", tag = "redirects",
    security(("api_key" = ["rules.approve"])),
    extensions(("x-within-seconds" = json!(300))),
    params(RequestPath),
    responses(
        (status = 200, body = RequestView),
        (status = 404, description = "`request_unknown`"),
        (status = 409, description = "`request_decided`, `request_outdated`, `canary_running`, `already_live`"),
        (status = 422, description = "`second_person_required`"),
    )
)]
async fn approve(
    State(app): State<App>,
    principal: Principal,
    Path(RequestPath { brand, request }): Path<RequestPath>,
) -> Result<Json<RequestView>, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::approve(&app, &principal, &brand, request).await }
    };
    detached(&app, command).await?;
    show(State(app), Path(RequestPath { brand, request })).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RejectRequestBody {
    /// Why, for people to read
    #[schema(example = "the form is not ready")]
    reason: String,
}

/// Refuse what somebody asked for, for good
#[utoipa::path(
    post, path = "/brands/{brand}/requests/{request}/reject", tag = "redirects",
    security(("api_key" = ["rules.approve"])), request_body = RejectRequestBody,
    params(RequestPath),
    responses(
        (status = 200, body = RequestView),
        (status = 404, description = "`request_unknown`"),
        (status = 409, description = "`request_decided`"),
    )
)]
async fn reject(
    State(app): State<App>,
    principal: Principal,
    Path(RequestPath { brand, request }): Path<RequestPath>,
    Json(RejectRequestBody { reason }): Json<RejectRequestBody>,
) -> Result<Json<RequestView>, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::reject(&app, &principal, &brand, request, &reason).await }
    };
    detached(&app, command).await?;
    show(State(app), Path(RequestPath { brand, request })).await
}

/// Take back what waits for approval or for its time, for good
#[utoipa::path(
    post, path = "/brands/{brand}/requests/{request}/cancel", tag = "redirects",
    security(("api_key" = ["rules.publish"])),
    params(RequestPath),
    responses(
        (status = 200, body = RequestView),
        (status = 404, description = "`request_unknown`"),
        (status = 409, description = "`request_decided`"),
    )
)]
async fn cancel(
    State(app): State<App>,
    principal: Principal,
    Path(RequestPath { brand, request }): Path<RequestPath>,
) -> Result<Json<RequestView>, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::cancel(&app, &principal, &brand, request).await }
    };
    detached(&app, command).await?;
    show(State(app), Path(RequestPath { brand, request })).await
}
