use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Notice, read_link};
use crate::access::{Principal, SignedIn};
use crate::accounts::commands;
use crate::app::App;
use crate::http::{ApiError, ClientNetwork, Json, detached};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(change))
        .routes(routes!(request_reset))
        .routes(routes!(complete_reset))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePasswordBody {
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    current: SecretString,
    /// 8 to 128 characters, and not easy to guess
    #[schema(value_type = String, format = Password, example = "parsnip-orbit-lantern-92")]
    new: SecretString,
}

/// Change one's password; every other device is signed out, and a mail tells of it
#[utoipa::path(put, path = "/me/password", tag = "accounts", request_body = ChangePasswordBody,
    security(("session" = [])),
    responses(
        (status = 204),
        (status = 422, description = "`password_wrong`, `password_weak`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn change(
    State(app): State<App>,
    by: Principal,
    who: SignedIn,
    Json(body): Json<ChangePasswordBody>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::change_password(&command, &by, who, body.current, body.new).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    #[schema(example = "ana@acme.example")]
    email: String,
}

/// Ask for a link to choose another password
///
/// The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/password-resets", tag = "accounts", request_body = ResetBody, security(()),
    responses((status = 202, body = Notice), (status = 429, description = "`too_many_requests`")))]
async fn request_reset(
    State(app): State<App>,
    ClientNetwork(network): ClientNetwork,
    Json(body): Json<ResetBody>,
) -> Result<impl IntoResponse, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::request_reset(&command, network, &body.email).await
    })
    .await?;
    Ok((StatusCode::ACCEPTED, Notice::mailed()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CompleteBody {
    /// What stands behind `#` in the link
    #[schema(value_type = String, example = "ml_019f2f0c2d4e7c528a0e4a1d5c1f7a10_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    token: SecretString,
    /// 8 to 128 characters, and not easy to guess
    #[schema(value_type = String, format = Password, example = "parsnip-orbit-lantern-92")]
    password: SecretString,
}

/// Choose the password that a link was mailed for; every device is signed out
#[utoipa::path(post, path = "/password-resets/complete", tag = "accounts", request_body = CompleteBody,
    security(()),
    responses((status = 204), (status = 422, description = "`link_invalid`, `password_weak`: the link stays good")))]
async fn complete_reset(
    State(app): State<App>,
    Json(body): Json<CompleteBody>,
) -> Result<StatusCode, ApiError> {
    let (command, link) = (app.clone(), read_link(&body.token)?);
    detached(&app, async move {
        commands::complete_reset(&command, &link, body.password).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
