use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::response::IntoResponse;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::device::Caller;
use crate::access::SignedIn;
use crate::accounts::commands::{self, NewSession, SignIn};
use crate::accounts::queries::{self, SessionView};
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, sign_in, sign_out_everywhere))
        .routes(routes!(sign_out_here))
        .routes(routes!(sign_out))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    #[schema(example = "ana@acme.example")]
    email: String,
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    password: SecretString,
    /// Of the second factor, or one for when its device is lost; for whoever has one
    #[schema(value_type = Option<String>, example = "287082")]
    code: Option<SecretString>,
}

/// Somebody is signed in
#[derive(Serialize, ToSchema)]
#[schema(as = NewSession)]
pub(super) struct SignedInBody {
    /// Of the session
    id: Uuid,
    person_id: Uuid,
    /// To send as `Authorization: Bearer …`; shown this once
    #[schema(example = "ms_019f2f0c2d4e7c528a0e4a1d5c1f7a10_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    token: String,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

pub(super) fn signed_in(session: &NewSession) -> impl IntoResponse + use<> {
    let body = SignedInBody {
        id: session.token.id,
        person_id: session.person,
        token: session.token.reveal(),
        expires_at: session.expires_at,
    };
    let headers = [
        (LOCATION, format!("/v1/sessions/{}", body.id)),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (StatusCode::CREATED, headers, Json(body))
}

/// Sign in
///
/// A wrong password and an address that has no account are answered alike.
#[utoipa::path(post, path = "/sessions", tag = "accounts", request_body = SignInBody, security(()),
    responses(
        (status = 201, body = SignedInBody),
        (status = 401, description = "`credentials_invalid`; `code_needed`, `code_wrong`: of the second factor"),
        (status = 403, description = "`suspended`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn sign_in(
    State(app): State<App>,
    Caller(device): Caller,
    Json(body): Json<SignInBody>,
) -> Result<impl IntoResponse, ApiError> {
    let who = SignIn {
        email: body.email,
        password: body.password,
        code: body.code,
    };
    let command = app.clone();
    let session = detached(
        &app,
        async move { commands::sign_in(&command, &device, who).await },
    )
    .await?;
    Ok(signed_in(&session))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The devices on which one is signed in, newest first
#[utoipa::path(get, path = "/sessions", tag = "accounts", params(ListQuery), security(("session" = [])),
    responses((status = 200, body = List<SessionView>)))]
async fn list(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<SessionView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(
        queries::list_sessions(&mut conn, who, app.now(), page).await?,
    ))
}

/// Sign out on this device
#[utoipa::path(delete, path = "/sessions/current", tag = "accounts", security(("session" = [])),
    responses((status = 204)))]
async fn sign_out_here(State(app): State<App>, who: SignedIn) -> Result<StatusCode, ApiError> {
    end(app, who, who.session).await
}

/// Sign out on one device
#[utoipa::path(delete, path = "/sessions/{id}", tag = "accounts", params(("id" = Uuid, Path)),
    security(("session" = [])), responses((status = 204), (status = 404, description = "`session_unknown`")))]
async fn sign_out(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    end(app, who, id).await
}

async fn end(app: App, who: SignedIn, session: Uuid) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(
        &app,
        async move { commands::sign_out(&command, who, session).await },
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct KeepQuery {
    /// Stay signed in on this device
    #[serde(default)]
    #[param(example = true)]
    keep_current: bool,
}

/// Sign out on all devices
#[utoipa::path(delete, path = "/sessions", tag = "accounts", params(KeepQuery), security(("session" = [])),
    responses((status = 204)))]
async fn sign_out_everywhere(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<KeepQuery>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::sign_out_everywhere(&command, who, query.keep_current).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
