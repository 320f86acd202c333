use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::commands::{self, Bounce, Error};
use super::queries::{self, Filter, MailView, Status, SuppressionView};
use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show, discard))
        .routes(routes!(retry))
        .routes(routes!(suppressions, suppress))
        .routes(routes!(unsuppress))
        .routes(routes!(bounced))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(inline)]
    status: Option<Status>,
    /// An address, whatever its case
    #[param(example = "ana@acme.example")]
    to: Option<String>,
    #[param(example = "platform.test")]
    template: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Mails and what became of them, the newest first; never what they say
#[utoipa::path(get, path = "/mails", tag = "mail", params(ListQuery),
    security(("api_key" = ["mail.manage"])), responses((status = 200, body = List<MailView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<MailView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = Filter {
        status: query.status,
        to: query.to,
        template: query.template,
    };
    Ok(Json(queries::list(&app, &filter, page).await?))
}

/// One mail
#[utoipa::path(get, path = "/mails/{id}", tag = "mail", params(("id" = Uuid, Path)),
    security(("api_key" = ["mail.manage"])),
    responses((status = 200, body = MailView), (status = 404, description = "`mail_unknown`")))]
async fn show(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<MailView>, ApiError> {
    let mail = queries::find(&app, id).await?;
    mail.map(Json).ok_or_else(|| Error::Unknown.into())
}

/// Try a mail again that was given up: dead, refused or suppressed
///
/// What it was to say is kept for 30 days. An address that gets no mail must be let first.
#[utoipa::path(post, path = "/mails/{id}/retry", tag = "mail", params(("id" = Uuid, Path)),
    security(("api_key" = ["mail.manage"])), responses(
        (status = 200, body = MailView),
        (status = 404, description = "`mail_unknown`"),
        (status = 409, description = "`mail_not_given_up`, `mail_suppressed`, `mail_forgotten`"),
    ))]
async fn retry(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<MailView>, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::retry(&command, &by, id).await }).await?;
    show(State(app), Path(id)).await
}

/// Give a mail up for good, and forget what it was to say
#[utoipa::path(delete, path = "/mails/{id}", tag = "mail", params(("id" = Uuid, Path)),
    security(("api_key" = ["mail.manage"])), responses(
        (status = 204),
        (status = 404, description = "`mail_unknown`"),
        (status = 409, description = "`mail_not_given_up`"),
    ))]
async fn discard(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::discard(&command, &by, id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SuppressionsQuery {
    /// Only this address, whatever its case
    #[param(example = "ana@acme.example")]
    address: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Addresses that get no mail, the newest first
#[utoipa::path(get, path = "/mail-suppressions", tag = "mail", params(SuppressionsQuery),
    security(("api_key" = ["mail.manage"])), responses((status = 200, body = List<SuppressionView>)))]
async fn suppressions(
    State(app): State<App>,
    Query(query): Query<SuppressionsQuery>,
) -> Result<Json<List<SuppressionView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    Ok(Json(
        queries::suppressions(&app, query.address.as_deref(), page).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SuppressBody {
    #[schema(example = "ana@acme.example", max_length = 254)]
    email: String,
    /// Why
    #[serde(default)]
    #[schema(example = "asked us by telephone", max_length = 1000)]
    detail: String,
}

/// Send no more mail to an address; one that gets none already stays as it is
#[utoipa::path(post, path = "/mail-suppressions", tag = "mail", request_body = SuppressBody,
    security(("api_key" = ["mail.manage"])), responses(
        (status = 201, body = SuppressionView),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn suppress(
    State(app): State<App>,
    by: Principal,
    Json(SuppressBody { email, detail }): Json<SuppressBody>,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let (app, email) = (app.clone(), email.clone());
        async move { commands::suppress(&app, &by, &email, &detail).await }
    };
    let id = detached(&app, command).await?;
    let mut found = queries::suppressions(&app, Some(email.trim()), Page::new(None, Some(1))?).await?;
    let view = found.items.pop().ok_or(Error::NoSuppression)?;
    let location = format!("/v1/mail-suppressions/{id}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(view)))
}

/// Let an address get mail again
#[utoipa::path(delete, path = "/mail-suppressions/{id}", tag = "mail", params(("id" = Uuid, Path)),
    security(("api_key" = ["mail.manage"])),
    responses((status = 204), (status = 404, description = "`suppression_unknown`")))]
async fn unsuppress(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::unsuppress(&command, &by, id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BounceBody {
    #[schema(example = "ana@acme.example", max_length = 254)]
    email: String,
    kind: Kind,
    /// What the provider says
    #[serde(default)]
    #[schema(example = "5.1.1 no such user", max_length = 1000)]
    detail: String,
}

/// What became of a mail after it was sent.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MailBounceKind)]
enum Kind {
    /// It can never arrive: the address gets no more mail.
    Hard,
    /// It did not arrive this time.
    Soft,
    /// Its recipient reported it: the address gets no more mail.
    Complaint,
}

#[derive(Serialize, ToSchema)]
struct Bounced {
    /// Whether the address gets no more mail because of this
    #[schema(example = true)]
    suppressed: bool,
}

/// Tell of a mail that came back, or was complained of: for the feed of a mail provider
#[utoipa::path(post, path = "/mail-bounces", tag = "mail", request_body = BounceBody,
    security(("api_key" = ["mail.manage"])), responses(
        (status = 200, body = Bounced),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn bounced(
    State(app): State<App>,
    by: Principal,
    Json(BounceBody { email, kind, detail }): Json<BounceBody>,
) -> Result<Json<Bounced>, ApiError> {
    let kind = match kind {
        Kind::Hard => Bounce::Hard,
        Kind::Soft => Bounce::Soft,
        Kind::Complaint => Bounce::Complaint,
    };
    let command = app.clone();
    let command = async move { commands::bounced(&command, &by, &email, kind, &detail).await };
    let suppressed = detached(&app, command).await?;
    Ok(Json(Bounced { suppressed }))
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Unknown => Self::not_found("mail_unknown", detail),
            Error::NotGivenUp => Self::conflict("mail_not_given_up", detail),
            Error::Suppressed => Self::conflict("mail_suppressed", detail),
            Error::Forgotten => Self::conflict("mail_forgotten", detail),
            Error::NoSuppression => Self::not_found("suppression_unknown", detail),
            Error::Address => Self::invalid("/email", "email", detail),
            Error::Detail => Self::invalid("/detail", "length", detail),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
