use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::device::Caller;
use super::sessions::{SignedInBody, signed_in};
use super::{LinkBody, Notice};
use crate::accounts::commands::{self, SignUp};
use crate::app::App;
use crate::http::{ApiError, Json, detached};
use crate::locale::Locale;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(confirm))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignUpBody {
    #[schema(example = "ana@acme.example")]
    email: String,
    #[schema(example = "Ana Lima")]
    name: String,
    /// 8 to 128 characters, and not easy to guess
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    password: SecretString,
    /// In which language to write to them
    #[serde(default)]
    locale: Locale,
    /// Whether they agree to be written to for other than what they asked for
    #[serde(default)]
    marketing: bool,
}

/// Ask for an account: a mail brings the link that makes it
///
/// The answer is the same whether or not the address has one already; the mail says so.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = SignUpBody, security(()),
    responses(
        (status = 202, body = Notice),
        (status = 422, description = "`email_invalid`, `name_invalid`, `password_weak`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn sign_up(
    State(app): State<App>,
    Caller(device): Caller,
    Json(body): Json<SignUpBody>,
) -> Result<impl IntoResponse, ApiError> {
    let new = SignUp {
        email: body.email,
        name: body.name,
        password: body.password,
        locale: body.locale,
        marketing: body.marketing,
    };
    let command = app.clone();
    detached(
        &app,
        async move { commands::sign_up(&command, &device, new).await },
    )
    .await?;
    Ok((StatusCode::ACCEPTED, Notice::mailed()))
}

/// Make the account that a link was mailed for, and sign in
#[utoipa::path(post, path = "/accounts/confirm", tag = "accounts", request_body = LinkBody, security(()),
    responses(
        (status = 201, body = SignedInBody),
        (status = 409, description = "`email_taken`: the address has an account by now"),
        (status = 422, description = "`link_invalid`"),
    ))]
async fn confirm(
    State(app): State<App>,
    Caller(device): Caller,
    Json(body): Json<LinkBody>,
) -> Result<impl IntoResponse, ApiError> {
    let (command, link) = (app.clone(), body.token()?);
    let session = detached(&app, async move {
        commands::confirm_sign_up(&command, &device, &link).await
    })
    .await?;
    Ok(signed_in(&session))
}
