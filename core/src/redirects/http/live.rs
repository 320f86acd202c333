use std::future::Future;

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use marquee_shared::rules::Mode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, detached};
use crate::redirects::Error;
use crate::redirects::commands::{self, Canary, Publish, Published, RollBack, What};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(publish))
        .routes(routes!(roll_back))
        .routes(routes!(start_canary))
        .routes(routes!(promote))
        .routes(routes!(abort))
        .routes(routes!(set_mode))
}

/// On its way to the edge; `/v1/publishing` says when it is there
#[derive(Serialize, ToSchema)]
struct PublishedView {
    #[schema(example = "acme")]
    brand: String,
    #[schema(example = 2)]
    revision: i32,
    /// What the edge will report
    #[schema(example = 1207)]
    sequence: i64,
}

type Created = (StatusCode, [(HeaderName, &'static str); 1], Json<PublishedView>);

async fn answer(
    app: &App,
    brand: String,
    command: impl Future<Output = Result<Published, Error>> + Send + 'static,
) -> Result<Created, ApiError> {
    let Published { sequence, revision } = detached(app, command).await?;
    let view = PublishedView {
        brand,
        revision,
        sequence,
    };
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, "/v1/publishing")],
        Json(view),
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PublishBody {
    /// A frozen revision; without it the draft, which `If-Match` must then name
    #[schema(example = 2)]
    revision: Option<i32>,
    /// Why, for people to read
    #[serde(default)]
    note: String,
}

/// Make the draft, or a revision, live for every visitor, if one person may
#[utoipa::path(
    post, path = "/brands/{brand}/publish", tag = "redirects", security(("api_key" = ["rules.publish"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme"), ("if-match" = Option<String>, Header)),
    request_body = PublishBody,
    responses(
        (status = 201, body = PublishedView),
        (status = 409, description = "`already_live`, `canary_running`, `live_changed`, `host_taken`"),
        (status = 412, description = "`draft_changed`"),
        (status = 422, description = "`rules_refused`, `approval_required`: ask for it under `/requests`"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn publish(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    seen: Result<IfMatch, ApiError>,
    Json(PublishBody { revision, note }): Json<PublishBody>,
) -> Result<Created, ApiError> {
    let what = match revision {
        Some(revision) => What::Revision(revision),
        None => What::Draft { seen: seen?.0 },
    };
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::publish(&app, &principal, &brand, Publish { what, note }).await }
    };
    answer(&app, brand, command).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RollBackBody {
    /// One that was live before
    #[schema(example = 1)]
    revision: i32,
    /// Why, for people to read
    #[serde(default)]
    note: String,
}

/// Make a revision live again; a canary that is running ends
#[utoipa::path(
    post, path = "/brands/{brand}/rollback", tag = "redirects", security(("api_key" = ["rules.publish"])),
    params(("brand" = String, Path, example = "acme")), request_body = RollBackBody,
    responses(
        (status = 201, body = PublishedView),
        (status = 409, description = "`already_live`, `never_live`, `host_taken`"),
    )
)]
async fn roll_back(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Json(RollBackBody { revision, note }): Json<RollBackBody>,
) -> Result<Created, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::roll_back(&app, &principal, &brand, RollBack { revision, note }).await }
    };
    answer(&app, brand, command).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CanaryBody {
    /// A frozen revision with the settings of what is live
    #[schema(example = 2)]
    revision: i32,
    /// Of the visitors: 1 to 99
    #[schema(example = 5, minimum = 1, maximum = 99)]
    percent: i16,
    /// Why, for people to read
    #[serde(default)]
    note: String,
}

/// Show a revision to some of the visitors, or to more or fewer of them, if one person may
#[utoipa::path(
    post, path = "/brands/{brand}/canary", tag = "redirects", security(("api_key" = ["rules.publish"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme")), request_body = CanaryBody,
    responses(
        (status = 201, body = PublishedView),
        (status = 409, description = "`not_live`, `already_live`, `canary_running`, `canary_changes_settings`"),
        (status = 422, description = "`approval_required`: ask for it under `/requests`"),
    )
)]
async fn start_canary(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Json(CanaryBody {
        revision,
        percent,
        note,
    }): Json<CanaryBody>,
) -> Result<Created, ApiError> {
    let canary = Canary {
        revision,
        percent,
        note,
    };
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::start_canary(&app, &principal, &brand, canary).await }
    };
    answer(&app, brand, command).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoteBody {
    /// Why, for people to read
    #[serde(default)]
    note: String,
}

/// Show the canary to everybody
#[utoipa::path(
    post, path = "/brands/{brand}/promote", tag = "redirects", security(("api_key" = ["rules.publish"])),
    params(("brand" = String, Path, example = "acme")), request_body = NoteBody,
    responses((status = 201, body = PublishedView), (status = 409, description = "`no_canary`"))
)]
async fn promote(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Json(NoteBody { note }): Json<NoteBody>,
) -> Result<Created, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::promote(&app, &principal, &brand, &note).await }
    };
    answer(&app, brand, command).await
}

/// End the canary
#[utoipa::path(
    post, path = "/brands/{brand}/abort", tag = "redirects", security(("api_key" = ["rules.publish"])),
    params(("brand" = String, Path, example = "acme")), request_body = NoteBody,
    responses((status = 201, body = PublishedView), (status = 409, description = "`no_canary`"))
)]
async fn abort(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Json(NoteBody { note }): Json<NoteBody>,
) -> Result<Created, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::abort(&app, &principal, &brand, None, &note).await }
    };
    answer(&app, brand, command).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ModeBody {
    /// `fallback` sends every visitor to the brand's fallback until `rules` is set again
    #[schema(example = "fallback")]
    mode: Mode,
    /// Why, for people to read
    #[serde(default)]
    note: String,
}

/// Throw the kill switch, or put it back
#[utoipa::path(
    put, path = "/brands/{brand}/mode", tag = "redirects", security(("api_key" = ["rules.publish"])),
    params(("brand" = String, Path, example = "acme")), request_body = ModeBody,
    responses((status = 201, body = PublishedView), (status = 409, description = "`not_live`, `mode_is_set`"))
)]
async fn set_mode(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Json(ModeBody { mode, note }): Json<ModeBody>,
) -> Result<Created, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::set_mode(&app, &principal, &brand, mode, &note).await }
    };
    answer(&app, brand, command).await
}
