use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Principal, SignedIn};
use crate::accounts::commands;
use crate::app::App;
use crate::http::{ApiError, Json, detached};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(begin))
        .routes(routes!(confirm))
        .routes(routes!(remove))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    password: SecretString,
}

/// For an app that makes codes. Shown this once
#[derive(Serialize, ToSchema)]
struct SecondFactor {
    /// To scan
    #[schema(
        example = "otpauth://totp/Marquee:ana@acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Marquee"
    )]
    url: String,
    /// To type
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
}

/// Begin a second factor; it counts once a code has confirmed it
#[utoipa::path(post, path = "/me/second-factor", tag = "accounts", request_body = PasswordBody,
    security(("session" = [])),
    responses(
        (status = 201, body = SecondFactor),
        (status = 409, description = "`second_factor_exists`"),
        (status = 422, description = "`password_wrong`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn begin(
    State(app): State<App>,
    who: SignedIn,
    Json(body): Json<PasswordBody>,
) -> Result<impl IntoResponse, ApiError> {
    let command = app.clone();
    let new = detached(&app, async move {
        commands::begin_second_factor(&command, who, body.password).await
    })
    .await?;
    let body = SecondFactor {
        url: new.url,
        secret: new.base32,
    };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(body)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeBody {
    #[schema(value_type = String, example = "287082")]
    code: SecretString,
}

/// Codes for when the device is lost, each good once. Shown this once
#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    #[schema(example = json!(["b4k2x-7hq0m"]))]
    recovery_codes: Vec<String>,
}

/// Confirm a second factor by a code: from now on signing in takes one
#[utoipa::path(post, path = "/me/second-factor/confirm", tag = "accounts", request_body = CodeBody,
    security(("session" = [])),
    responses(
        (status = 200, body = RecoveryCodes),
        (status = 401, description = "`code_wrong`"),
        (status = 404, description = "`second_factor_unknown`: begin one first"),
        (status = 409, description = "`second_factor_exists`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn confirm(
    State(app): State<App>,
    by: Principal,
    who: SignedIn,
    Json(body): Json<CodeBody>,
) -> Result<impl IntoResponse, ApiError> {
    let command = app.clone();
    let recovery_codes = detached(&app, async move {
        commands::confirm_second_factor(&command, &by, who, body.code.expose_secret()).await
    })
    .await?;
    Ok((
        [(CACHE_CONTROL, "no-store")],
        Json(RecoveryCodes { recovery_codes }),
    ))
}

/// Remove one's second factor; a mail tells of it
#[utoipa::path(post, path = "/me/second-factor/remove", tag = "accounts", request_body = PasswordBody,
    security(("session" = [])),
    responses(
        (status = 204),
        (status = 404, description = "`second_factor_unknown`"),
        (status = 422, description = "`password_wrong`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn remove(
    State(app): State<App>,
    by: Principal,
    who: SignedIn,
    Json(body): Json<PasswordBody>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::remove_second_factor(&command, &by, who, body.password).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
