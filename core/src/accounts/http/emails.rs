use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{LinkBody, Notice};
use crate::access::SignedIn;
use crate::accounts::commands;
use crate::app::App;
use crate::http::{ApiError, ClientNetwork, Json, detached};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(change))
        .routes(routes!(confirm))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeEmailBody {
    #[schema(example = "ana.lima@acme.example")]
    email: String,
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    password: SecretString,
}

/// Ask for another e-mail address; a mail to each of the two brings a link, and both must be used
#[utoipa::path(put, path = "/me/email", tag = "accounts", request_body = ChangeEmailBody,
    security(("session" = [])),
    responses(
        (status = 202, body = Notice),
        (status = 422, description = "`email_invalid`, `email_unchanged`, `password_wrong`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn change(
    State(app): State<App>,
    who: SignedIn,
    ClientNetwork(network): ClientNetwork,
    Json(body): Json<ChangeEmailBody>,
) -> Result<impl IntoResponse, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::change_email(&command, who, network, body.email, body.password).await
    })
    .await?;
    Ok((StatusCode::ACCEPTED, Notice::mailed()))
}

/// How far a change of address is
#[derive(Serialize, ToSchema)]
struct Confirmed {
    /// Whether the address is changed now. If not, the other of the two addresses has yet to agree
    changed: bool,
}

/// Agree to another e-mail address by one of the two links
#[utoipa::path(post, path = "/email-changes/confirm", tag = "accounts", request_body = LinkBody, security(()),
    responses(
        (status = 200, body = Confirmed),
        (status = 409, description = "`email_taken`: somebody else has the address by now"),
        (status = 422, description = "`link_invalid`"),
    ))]
async fn confirm(State(app): State<App>, Json(body): Json<LinkBody>) -> Result<Json<Confirmed>, ApiError> {
    let (command, link) = (app.clone(), body.token()?);
    let changed = detached(
        &app,
        async move { commands::confirm_email(&command, &link).await },
    )
    .await?;
    Ok(Json(Confirmed { changed }))
}
