use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::commands::{self, Error, NewKey};
use super::queries::{self, KeyView};
use crate::access::{Permission, Principal};
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(find, revoke))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// API keys, newest first
#[utoipa::path(get, path = "/keys", tag = "keys", params(ListQuery),
    security(("api_key" = ["keys.manage"])), responses((status = 200, body = List<KeyView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<KeyView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    Ok(Json(
        queries::list_keys(&mut *app.db.acquire().await?, page).await?,
    ))
}

/// One API key
#[utoipa::path(get, path = "/keys/{id}", tag = "keys", params(("id" = Uuid, Path)),
    security(("api_key" = ["keys.manage"])), responses((status = 200, body = KeyView)))]
async fn find(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<KeyView>, ApiError> {
    Ok(Json(view(&app, id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKeyBody {
    /// Whose key it is, for people to read.
    name: String,
    /// No more than the caller has.
    permissions: Vec<Permission>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

#[derive(Serialize, ToSchema)]
struct CreatedKey {
    /// What callers send as `Authorization: Bearer`. Shown this once.
    token: String,
    #[serde(flatten)]
    key: KeyView,
}

/// Make an API key
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = NewKeyBody,
    security(("api_key" = ["keys.manage"])), responses((status = 201, body = CreatedKey)))]
async fn create(
    State(app): State<App>,
    by: Principal,
    Json(body): Json<NewKeyBody>,
) -> Result<impl IntoResponse, ApiError> {
    let key = NewKey {
        name: body.name,
        permissions: body.permissions,
        expires_at: body.expires_at,
    };
    let command = app.clone();
    let token = detached(
        &app,
        async move { commands::create_key(&command, &by, key).await },
    )
    .await?;
    let location = [(LOCATION, format!("/v1/keys/{}", token.key))];
    let created = CreatedKey {
        token: token.reveal(),
        key: view(&app, token.key).await?,
    };
    Ok((StatusCode::CREATED, location, Json(created)))
}

/// Revoke an API key, for good and at once
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", params(("id" = Uuid, Path)),
    security(("api_key" = ["keys.manage"])), responses((status = 204)))]
async fn revoke(State(app): State<App>, by: Principal, Path(id): Path<Uuid>) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::revoke_key(&command, &by, id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn view(app: &App, id: Uuid) -> Result<KeyView, ApiError> {
    let key = queries::find_key(&mut *app.db.acquire().await?, id).await?;
    key.ok_or_else(|| Error::Unknown.into())
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Name => Self::unprocessable("key_name_invalid", detail),
            Error::Expiry => Self::unprocessable("key_expiry_invalid", detail),
            Error::Forbidden(forbidden) => forbidden.into(),
            Error::Unknown => Self::not_found("key_unknown", detail),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
