use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Notice;
use crate::access::Principal;
use crate::accounts::Error;
use crate::accounts::commands;
use crate::accounts::queries::{self, PersonFilter, PersonView};
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(find))
        .routes(routes!(suspend))
        .routes(routes!(reactivate))
        .routes(routes!(start_reset))
        .routes(routes!(remove_second_factor))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Part of the name or the address, large or small letters alike
    #[param(example = "lima")]
    text: Option<String>,
    /// Only those who work with us (`true`), or who do not (`false`)
    staff: Option<bool>,
    suspended: Option<bool>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// People who have an account, newest first
#[utoipa::path(get, path = "/people", tag = "people", params(ListQuery),
    security(("api_key" = ["people.manage"])), responses((status = 200, body = List<PersonView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<PersonView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = PersonFilter {
        text: query.text,
        staff: query.staff,
        suspended: query.suspended,
    };
    Ok(Json(
        queries::list_people(&app, &filter, page)
            .await
            .map_err(ApiError::unexpected)?,
    ))
}

/// One person
#[utoipa::path(get, path = "/people/{id}", tag = "people", params(("id" = Uuid, Path)),
    security(("api_key" = ["people.manage"])),
    responses((status = 200, body = PersonView), (status = 404, description = "`person_unknown`")))]
async fn find(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<PersonView>, ApiError> {
    view(&app, id).await
}

/// Sign a person out everywhere, at once and until they are reactivated; for staff it takes `staff.manage`, too
#[utoipa::path(post, path = "/people/{id}/suspend", tag = "people", params(("id" = Uuid, Path)),
    security(("api_key" = ["people.manage"])),
    responses(
        (status = 200, body = PersonView),
        (status = 403, description = "`oneself`; `forbidden`: they are staff"),
        (status = 404, description = "`person_unknown`"),
    ))]
async fn suspend(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<PersonView>, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::suspend(&command, &by, id).await }).await?;
    view(&app, id).await
}

/// Let a suspended person sign in again
#[utoipa::path(post, path = "/people/{id}/reactivate", tag = "people", params(("id" = Uuid, Path)),
    security(("api_key" = ["people.manage"])),
    responses(
        (status = 200, body = PersonView),
        (status = 403, description = "`forbidden`: they are staff"),
        (status = 404, description = "`person_unknown`"),
    ))]
async fn reactivate(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<PersonView>, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::reactivate(&command, &by, id).await }).await?;
    view(&app, id).await
}

/// Mail a person a link to choose another password
#[utoipa::path(post, path = "/people/{id}/password-reset", tag = "people", params(("id" = Uuid, Path)),
    security(("api_key" = ["people.manage"])),
    responses(
        (status = 202, body = Notice),
        (status = 403, description = "`oneself`, `suspended`; `forbidden`: they are staff"),
        (status = 404, description = "`person_unknown`"),
    ))]
async fn start_reset(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<impl IntoResponse, ApiError> {
    let command = app.clone();
    detached(
        &app,
        async move { commands::start_reset(&command, &by, id).await },
    )
    .await?;
    Ok((StatusCode::ACCEPTED, Notice::mailed()))
}

/// Remove the second factor of a person who has lost it; a mail tells them
#[utoipa::path(delete, path = "/people/{id}/second-factor", tag = "people", params(("id" = Uuid, Path)),
    security(("api_key" = ["people.manage"])),
    responses(
        (status = 204),
        (status = 403, description = "`oneself`; `forbidden`: they are staff"),
        (status = 404, description = "`person_unknown`, `second_factor_unknown`"),
    ))]
async fn remove_second_factor(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::remove_second_factor_of(&command, &by, id).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn view(app: &App, id: Uuid) -> Result<Json<PersonView>, ApiError> {
    let person = queries::find_person(app, id)
        .await
        .map_err(ApiError::unexpected)?;
    person.map(Json).ok_or_else(|| Error::NoPerson.into())
}
