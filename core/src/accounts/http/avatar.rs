use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::SignedIn;
use crate::accounts::Error;
use crate::accounts::commands;
use crate::accounts::queries::{self, PersonView};
use crate::app::App;
use crate::http::{ApiError, Json, detached};

/// As large as pictures of cameras are.
const MOST_BYTES: usize = 8 << 20;
const TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(set, remove))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// Show a picture of oneself: the middle square of what is sent, upright, and nothing else that was in the file
#[utoipa::path(put, path = "/me/avatar", tag = "accounts", security(("session" = [])),
    request_body(content((String = "image/jpeg"), (String = "image/png"), (String = "image/webp"))),
    responses(
        (status = 200, body = PersonView),
        (status = 413, description = "`body_too_large`: 8 MiB at most"),
        (status = 415, description = "`media_type_unsupported`"),
        (status = 422, description = "`not_a_picture`, `picture_too_large`, `picture_damaged`"),
    ))]
async fn set(
    State(app): State<App>,
    who: SignedIn,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Json<PersonView>, ApiError> {
    let said = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let said = said
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if !TYPES.iter().any(|known| said.eq_ignore_ascii_case(known)) {
        let detail = format!("send one of {}", TYPES.join(", "));
        let unsupported = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(ApiError::new(unsupported, "media_type_unsupported", detail));
    }
    let (command, file) = (app.clone(), Vec::from(body?));
    detached(
        &app,
        async move { commands::set_avatar(&command, who, file).await },
    )
    .await?;
    let person = queries::find_person(&app, who.person)
        .await
        .map_err(ApiError::unexpected)?;
    person.map(Json).ok_or_else(|| Error::NoPerson.into())
}

/// Show no picture of oneself any more
#[utoipa::path(delete, path = "/me/avatar", tag = "accounts", security(("session" = [])), responses((status = 204)))]
async fn remove(State(app): State<App>, who: SignedIn) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::remove_avatar(&command, who).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
