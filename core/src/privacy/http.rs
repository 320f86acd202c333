//! Routes, bodies, and errors as statuses. Thin.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use axum::response::IntoResponse;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Error, Export, commands, queries};
use crate::access::{Principal, SignedIn};
use crate::accounts;
use crate::app::App;
use crate::http::{ApiError, Json, Path, detached};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(export_me))
        .routes(routes!(erase_me))
        .routes(routes!(export))
        .routes(routes!(erase))
}

/// All that we know of oneself, as a file
#[utoipa::path(get, path = "/me/export", tag = "privacy", security(("session" = [])),
    responses((status = 200, body = Export)))]
async fn export_me(State(app): State<App>, who: SignedIn) -> Result<impl IntoResponse, ApiError> {
    file(&app, who.person).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EraseBody {
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    password: SecretString,
}

/// Have oneself forgotten, for good; what the books need stays, without a name
#[utoipa::path(post, path = "/me/erase", tag = "privacy", request_body = EraseBody,
    security(("session" = [])),
    responses(
        (status = 204),
        (status = 409, description = "`staff_member`: what members of the staff did must stay known"),
        (status = 422, description = "`password_wrong`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn erase_me(
    State(app): State<App>,
    by: Principal,
    who: SignedIn,
    Json(body): Json<EraseBody>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        accounts::show_password(&command, who, body.password).await?;
        commands::erase(&command, &by, who.person).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All that we know of a person, as a file
#[utoipa::path(get, path = "/people/{id}/export", tag = "privacy", params(("id" = Uuid, Path)),
    security(("api_key" = ["people.erase"])),
    responses((status = 200, body = Export), (status = 404, description = "`person_unknown`")))]
async fn export(State(app): State<App>, Path(id): Path<Uuid>) -> Result<impl IntoResponse, ApiError> {
    file(&app, id).await
}

/// Have a person forgotten, for good; what the books need stays, without a name
#[utoipa::path(post, path = "/people/{id}/erase", tag = "privacy", params(("id" = Uuid, Path)),
    security(("api_key" = ["people.erase"])),
    responses(
        (status = 204),
        (status = 404, description = "`person_unknown`"),
        (status = 409, description = "`staff_member`: what members of the staff did must stay known"),
    ))]
async fn erase(State(app): State<App>, by: Principal, Path(id): Path<Uuid>) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::erase(&command, &by, id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn file(app: &App, person: Uuid) -> Result<impl IntoResponse + use<>, ApiError> {
    let export = queries::export(app, person).await?;
    let export = export.ok_or(accounts::Error::NoPerson)?;
    let headers = [
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"marquee-{person}.json\""),
        ),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Json(export)))
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Accounts(error) => error.into(),
            Error::Catalogue(error) => error.into(),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
