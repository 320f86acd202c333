use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::{Grant, Principal};
use crate::accounts::Error;
use crate::accounts::commands::{self, NewStaff, StaffChange};
use crate::accounts::queries::{self, StaffFilter, StaffView};
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, Query, detached, etag};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(find, change))
        .routes(routes!(suspend))
        .routes(routes!(reactivate))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Large or small letters alike
    #[param(example = "ana@acme.example")]
    email: Option<String>,
    suspended: Option<bool>,
    /// Who may do anything on this brand, those who may everywhere included
    #[param(example = "acme")]
    brand: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Members of the staff, newest first
#[utoipa::path(get, path = "/staff", tag = "staff", params(ListQuery),
    security(("api_key" = ["staff.manage"])), responses((status = 200, body = List<StaffView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<StaffView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = StaffFilter {
        email: query.email,
        suspended: query.suspended,
        brand: query.brand,
    };
    Ok(Json(
        queries::list_staff(&mut *app.db.acquire().await?, &filter, page).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStaffBody {
    /// Nobody else's, large or small letters alike
    #[schema(example = "ana@acme.example")]
    email: String,
    #[schema(example = "Ana Lima")]
    name: String,
    /// No more than the caller has
    #[serde(default)]
    grants: Vec<Grant>,
}

/// Add a member of the staff
#[utoipa::path(post, path = "/staff", tag = "staff", request_body = NewStaffBody,
    security(("api_key" = ["staff.manage"])),
    responses(
        (status = 201, body = StaffView),
        (status = 403, description = "`forbidden`: the caller does not have what is to be granted"),
        (status = 409, description = "`email_taken`"),
        (status = 422, description = "`email_invalid`, `name_invalid`, `brands_invalid`"),
    ))]
async fn create(
    State(app): State<App>,
    by: Principal,
    Json(body): Json<NewStaffBody>,
) -> Result<impl IntoResponse, ApiError> {
    let NewStaffBody { email, name, grants } = body;
    let command = app.clone();
    let new = NewStaff { email, name, grants };
    let id = detached(
        &app,
        async move { commands::create_staff(&command, &by, new).await },
    )
    .await?;
    let location = [(LOCATION, format!("/v1/staff/{id}"))];
    Ok((StatusCode::CREATED, location, view(&app, id).await?))
}

/// One member of the staff
#[utoipa::path(get, path = "/staff/{id}", tag = "staff", params(("id" = Uuid, Path)),
    security(("api_key" = ["staff.manage"])),
    responses(
        (status = 200, body = StaffView, headers(("etag" = String))),
        (status = 404, description = "`staff_unknown`"),
    ))]
async fn find(State(app): State<App>, Path(id): Path<Uuid>) -> Result<impl IntoResponse, ApiError> {
    let staff = view(&app, id).await?;
    Ok((etag(staff.0.version), staff))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StaffChangeBody {
    #[schema(example = "Ana Lima")]
    name: Option<String>,
    /// All that they may from then on. What is new in it the caller must have
    grants: Option<Vec<Grant>>,
}

/// Change a person's name, or what they may do; their keys follow at once
#[utoipa::path(patch, path = "/staff/{id}", tag = "staff",
    params(("id" = Uuid, Path), ("if-match" = String, Header)),
    request_body = StaffChangeBody, security(("api_key" = ["staff.manage"])),
    responses(
        (status = 200, body = StaffView, headers(("etag" = String))),
        (status = 403, description = "`forbidden`: the caller does not have what is new; `oneself`"),
        (status = 404, description = "`staff_unknown`"),
        (status = 412, description = "`staff_changed`"),
        (status = 422, description = "`name_invalid`, `brands_invalid`"),
    ))]
async fn change(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    IfMatch(seen): IfMatch,
    Json(body): Json<StaffChangeBody>,
) -> Result<impl IntoResponse, ApiError> {
    let StaffChangeBody { name, grants } = body;
    let (command, change) = (app.clone(), StaffChange { name, grants });
    detached(&app, async move {
        commands::change_staff(&command, &by, id, seen, change).await
    })
    .await?;
    let staff = view(&app, id).await?;
    Ok((etag(staff.0.version), staff))
}

/// Refuse all keys of a person, at once and until they are reactivated
#[utoipa::path(post, path = "/staff/{id}/suspend", tag = "staff", params(("id" = Uuid, Path)),
    security(("api_key" = ["staff.manage"])),
    responses(
        (status = 200, body = StaffView),
        (status = 403, description = "`oneself`"),
        (status = 404, description = "`staff_unknown`"),
    ))]
async fn suspend(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<StaffView>, ApiError> {
    let command = app.clone();
    detached(
        &app,
        async move { commands::suspend_staff(&command, &by, id).await },
    )
    .await?;
    view(&app, id).await
}

/// Let a suspended person back in, with the keys and grants they had
#[utoipa::path(post, path = "/staff/{id}/reactivate", tag = "staff", params(("id" = Uuid, Path)),
    security(("api_key" = ["staff.manage"])),
    responses(
        (status = 200, body = StaffView),
        (status = 403, description = "`forbidden`: the caller does not have what they get back"),
        (status = 404, description = "`staff_unknown`"),
    ))]
async fn reactivate(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<StaffView>, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::reactivate_staff(&command, &by, id).await
    })
    .await?;
    view(&app, id).await
}

async fn view(app: &App, id: Uuid) -> Result<Json<StaffView>, ApiError> {
    let staff = queries::find_staff(&mut *app.db.acquire().await?, id).await?;
    staff.map(Json).ok_or_else(|| Error::NoStaff.into())
}
