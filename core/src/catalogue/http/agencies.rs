use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::staff::PageQuery;
use crate::access::{Principal, SignedIn};
use crate::app::App;
use crate::catalogue::Error;
use crate::catalogue::commands;
use crate::catalogue::queries::{self, AgencyView, MemberView};
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(find, rename))
        .routes(routes!(members))
        .routes(routes!(join, leave))
        .routes(routes!(appoint, dismiss))
        .routes(routes!(own))
        .routes(routes!(own_members))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AgencyBody {
    #[schema(example = "Lima & Lima")]
    name: String,
}

/// Agencies, newest first
#[utoipa::path(get, path = "/agencies", tag = "catalogue", params(PageQuery),
    security(("api_key" = ["agencies.manage"])), responses((status = 200, body = List<AgencyView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<AgencyView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    Ok(Json(
        queries::list_agencies(&mut *app.db.acquire().await?, None, page).await?,
    ))
}

/// Make an agency, with neither talents nor a share
#[utoipa::path(post, path = "/agencies", tag = "catalogue", request_body = AgencyBody,
    security(("api_key" = ["agencies.manage"])),
    responses((status = 201, body = AgencyView), (status = 422, description = "`body_invalid`")))]
async fn create(
    State(app): State<App>,
    by: Principal,
    Json(body): Json<AgencyBody>,
) -> Result<impl IntoResponse, ApiError> {
    let command = app.clone();
    let id = detached(&app, async move {
        commands::create_agency(&command, &by, &body.name).await
    })
    .await?;
    let location = [(header::LOCATION, format!("/v1/agencies/{id}"))];
    Ok((StatusCode::CREATED, location, view(&app, id, None).await?))
}

/// One agency
#[utoipa::path(get, path = "/agencies/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    security(("api_key" = ["agencies.manage"])),
    responses((status = 200, body = AgencyView), (status = 404, description = "`agency_unknown`")))]
async fn find(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<AgencyView>, ApiError> {
    view(&app, id, None).await
}

/// Name an agency otherwise
#[utoipa::path(patch, path = "/agencies/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    request_body = AgencyBody, security(("api_key" = ["agencies.manage"])),
    responses(
        (status = 200, body = AgencyView),
        (status = 404, description = "`agency_unknown`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn rename(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<AgencyBody>,
) -> Result<Json<AgencyView>, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::rename_agency(&command, &by, id, &body.name).await
    })
    .await?;
    view(&app, id, None).await
}

/// An agency's talents, newest first
#[utoipa::path(get, path = "/agencies/{id}/talents", tag = "catalogue", params(("id" = Uuid, Path), PageQuery),
    security(("api_key" = ["agencies.manage"])),
    responses((status = 200, body = List<MemberView>), (status = 404, description = "`agency_unknown`")))]
async fn members(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<MemberView>>, ApiError> {
    listed_members(&app, id, None, &query).await
}

/// Make a talent a member of this agency and of no other
#[utoipa::path(put, path = "/agencies/{id}/talents/{talent}", tag = "catalogue",
    params(("id" = Uuid, Path), ("talent" = Uuid, Path)), security(("api_key" = ["agencies.manage"])),
    responses(
        (status = 204),
        (status = 404, description = "`agency_unknown`, `talent_unknown`"),
        (status = 409, description = "`shares_too_high`: together they would have more than everything"),
    ))]
async fn join(
    State(app): State<App>,
    by: Principal,
    Path((id, talent)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::join_agency(&command, &by, id, talent).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a talent no member of this agency any more
#[utoipa::path(delete, path = "/agencies/{id}/talents/{talent}", tag = "catalogue",
    params(("id" = Uuid, Path), ("talent" = Uuid, Path)), security(("api_key" = ["agencies.manage"])),
    responses((status = 204), (status = 404, description = "`talent_unknown`: it has no such talent")))]
async fn leave(
    State(app): State<App>,
    by: Principal,
    Path((id, talent)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::leave_agency(&command, &by, id, talent).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let a person act for an agency
#[utoipa::path(put, path = "/agencies/{id}/managers/{person}", tag = "catalogue",
    params(("id" = Uuid, Path), ("person" = Uuid, Path)), security(("api_key" = ["agencies.manage"])),
    responses((status = 204), (status = 404, description = "`agency_unknown`, `person_unknown`")))]
async fn appoint(
    State(app): State<App>,
    by: Principal,
    Path((id, person)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::set_manager(&command, &by, id, person, true).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let a person act for an agency no longer
#[utoipa::path(delete, path = "/agencies/{id}/managers/{person}", tag = "catalogue",
    params(("id" = Uuid, Path), ("person" = Uuid, Path)), security(("api_key" = ["agencies.manage"])),
    responses((status = 204), (status = 404, description = "`agency_unknown`, `person_unknown`")))]
async fn dismiss(
    State(app): State<App>,
    by: Principal,
    Path((id, person)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::set_manager(&command, &by, id, person, false).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The agencies that one acts for, newest first
#[utoipa::path(get, path = "/me/agencies", tag = "catalogue", params(PageQuery), security(("session" = [])),
    responses((status = 200, body = List<AgencyView>)))]
async fn own(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<AgencyView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    Ok(Json(
        queries::list_agencies(&mut *app.db.acquire().await?, Some(who.person), page).await?,
    ))
}

/// The talents of an agency that one acts for, newest first
#[utoipa::path(get, path = "/me/agencies/{id}/talents", tag = "catalogue",
    params(("id" = Uuid, Path), PageQuery), security(("session" = [])),
    responses(
        (status = 200, body = List<MemberView>),
        (status = 404, description = "`agency_unknown`: there is none, or one acts for another"),
    ))]
async fn own_members(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<MemberView>>, ApiError> {
    listed_members(&app, id, Some(who.person), &query).await
}

async fn listed_members(
    app: &App,
    id: Uuid,
    manager: Option<Uuid>,
    query: &PageQuery,
) -> Result<Json<List<MemberView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    view(app, id, manager).await?;
    Ok(Json(
        queries::list_members(&mut *app.db.acquire().await?, id, page).await?,
    ))
}

async fn view(app: &App, id: Uuid, manager: Option<Uuid>) -> Result<Json<AgencyView>, ApiError> {
    let found = queries::find_agency(&mut *app.db.acquire().await?, id, manager).await?;
    found.map(Json).ok_or_else(|| Error::NoAgency.into())
}
