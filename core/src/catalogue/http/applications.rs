use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::Principal;
use crate::accounts::Token;
use crate::app::App;
use crate::catalogue::Error;
use crate::catalogue::commands;
use crate::catalogue::domain::{Network, NewApplication, Status};
use crate::catalogue::queries::{self, ApplicationFilter, ApplicationView};
use crate::http::{ApiError, ClientNetwork, Json, Keyed, Path, Query, detached, replayed};
use crate::locale::Locale;
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, apply))
        .routes(routes!(answer))
        .routes(routes!(find))
        .routes(routes!(accept))
        .routes(routes!(reject))
        .routes(routes!(ask))
}

/// What goes on elsewhere
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationNotice)]
struct Notice {
    #[schema(example = "we write to you by mail")]
    detail: &'static str,
}

impl Notice {
    fn mailed() -> (StatusCode, Json<Self>) {
        let detail = "we write to you by mail";
        (StatusCode::ACCEPTED, Json(Self { detail }))
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewApplicationBody {
    #[schema(example = "ana@acme.example")]
    email: String,
    /// As the public is to know them
    #[schema(example = "Ana Lima")]
    name: String,
    /// In which language to write to them
    #[serde(default)]
    locale: Locale,
    /// International: with the country's code
    #[schema(example = "+5511999990000")]
    phone: String,
    /// Where most people know them from
    network: Network,
    #[schema(example = "analima")]
    handle: String,
    #[schema(example = 120_000)]
    followers: i64,
    /// What else they want to say, at most 2000 characters
    #[serde(default)]
    #[schema(example = "I sing.")]
    message: String,
}

/// Ask to become a talent
///
/// The answer is the same for who has asked before and who is a talent already. Sending it again changes nothing while
/// the first waits.
#[utoipa::path(post, path = "/applications", tag = "catalogue", request_body = NewApplicationBody, security(()),
    params(("idempotency-key" = Option<String>, Header)),
    responses(
        (status = 202, body = Notice, headers(("idempotency-replayed" = String))),
        (status = 409, description = "`idempotency_in_flight`"),
        (status = 422, description = "`body_invalid`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn apply(
    State(app): State<App>,
    ClientNetwork(network): ClientNetwork,
    Keyed { body, request }: Keyed<NewApplicationBody>,
) -> Result<impl IntoResponse, ApiError> {
    let new = NewApplication {
        email: body.email,
        name: body.name,
        locale: body.locale,
        phone: body.phone,
        network: body.network,
        handle: body.handle,
        followers: body.followers,
        message: body.message,
    };
    let command = app.clone();
    let repeated = detached(&app, async move {
        commands::apply(&command, network, new, request).await
    })
    .await?;
    let (status, notice) = Notice::mailed();
    Ok((status, replayed(repeated), notice))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    /// What stands behind `#` in the link
    #[schema(value_type = String, example = "ml_019f2f0c2d4e7c528a0e4a1d5c1f7a10_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    token: SecretString,
    /// 1 to 2000 characters
    #[schema(example = "Yes, on Saturdays.")]
    answer: String,
}

/// Answer what staff asked about one's application, once
#[utoipa::path(post, path = "/applications/answers", tag = "catalogue", request_body = AnswerBody, security(()),
    responses(
        (status = 202, body = Notice),
        (status = 422, description = "`link_invalid`, `body_invalid`"),
    ))]
async fn answer(State(app): State<App>, Json(body): Json<AnswerBody>) -> Result<impl IntoResponse, ApiError> {
    let link = Token::parse(body.token.expose_secret().trim()).ok_or(Error::Link)?;
    let command = app.clone();
    detached(&app, async move {
        commands::answer_question(&command, &link, &body.answer).await
    })
    .await?;
    Ok(Notice::mailed())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(inline)]
    status: Option<Status>,
    /// Part of the name, accents and capitals apart, or the whole e-mail address
    #[param(example = "lima")]
    text: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Applications, newest first
#[utoipa::path(get, path = "/applications", tag = "catalogue", params(ListQuery),
    security(("api_key" = ["applications.review"])),
    responses((status = 200, body = List<ApplicationView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<ApplicationView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = ApplicationFilter {
        status: query.status,
        text: query.text,
    };
    Ok(Json(
        queries::list_applications(&mut *app.db.acquire().await?, &filter, page).await?,
    ))
}

/// One application
#[utoipa::path(get, path = "/applications/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    security(("api_key" = ["applications.review"])),
    responses((status = 200, body = ApplicationView), (status = 404, description = "`application_unknown`")))]
async fn find(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<ApplicationView>, ApiError> {
    view(&app, id).await
}

/// Make the applicant a talent; they are mailed how to go on
#[utoipa::path(post, path = "/applications/{id}/accept", tag = "catalogue", params(("id" = Uuid, Path)),
    security(("api_key" = ["applications.review"])),
    responses(
        (status = 200, body = ApplicationView),
        (status = 404, description = "`application_unknown`"),
        (status = 409, description = "`application_decided`; `talent_exists`: whoever has the address is one"),
    ))]
async fn accept(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<ApplicationView>, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::accept_application(&command, &by, id).await
    })
    .await?;
    view(&app, id).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RejectApplicationBody {
    /// Mailed to the applicant, 1 to 2000 characters
    #[schema(example = "We look for people with more followers.")]
    reason: String,
}

/// Tell the applicant by mail why not; they may apply again
#[utoipa::path(post, path = "/applications/{id}/reject", tag = "catalogue", params(("id" = Uuid, Path)),
    request_body = RejectApplicationBody, security(("api_key" = ["applications.review"])),
    responses(
        (status = 200, body = ApplicationView),
        (status = 404, description = "`application_unknown`"),
        (status = 409, description = "`application_decided`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn reject(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<RejectApplicationBody>,
) -> Result<Json<ApplicationView>, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::reject_application(&command, &by, id, &body.reason).await
    })
    .await?;
    view(&app, id).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuestionBody {
    /// Mailed to the applicant, 1 to 2000 characters
    #[schema(example = "Could you record on Saturdays, too?")]
    question: String,
}

/// Ask the applicant by mail; they answer by a link
#[utoipa::path(post, path = "/applications/{id}/ask", tag = "catalogue", params(("id" = Uuid, Path)),
    request_body = QuestionBody, security(("api_key" = ["applications.review"])),
    responses(
        (status = 200, body = ApplicationView),
        (status = 404, description = "`application_unknown`"),
        (status = 409, description = "`application_decided`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn ask(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<QuestionBody>,
) -> Result<Json<ApplicationView>, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::ask_applicant(&command, &by, id, &body.question).await
    })
    .await?;
    view(&app, id).await
}

async fn view(app: &App, id: Uuid) -> Result<Json<ApplicationView>, ApiError> {
    let found = queries::find_application(&mut *app.db.acquire().await?, id).await?;
    found.map(Json).ok_or_else(|| Error::NoApplication.into())
}
