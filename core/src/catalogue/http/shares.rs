use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::{Principal, SignedIn};
use crate::app::App;
use crate::catalogue::Error;
use crate::catalogue::commands;
use crate::catalogue::domain::Whose;
use crate::catalogue::queries::{self, ShareView, SharesView};
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(history))
        .routes(routes!(set_default))
        .routes(routes!(of_talent, set_of_talent))
        .routes(routes!(set_of_agency))
        .routes(routes!(own))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HistoryQuery {
    /// Only of this talent or agency
    subject: Option<Uuid>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Every share that was ever set, newest first: the last of each talent, agency and default holds
#[utoipa::path(get, path = "/shares", tag = "catalogue", params(HistoryQuery),
    security(("api_key" = ["shares.manage"])), responses((status = 200, body = List<ShareView>)))]
async fn history(
    State(app): State<App>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<List<ShareView>>, ApiError> {
    let limit = query
        .limit
        .unwrap_or(Page::DEFAULT_LIMIT)
        .clamp(1, Page::MAX_LIMIT);
    let mut conn = app.db.acquire().await?;
    let shares = queries::list_shares(&mut conn, query.subject, query.cursor.as_deref(), limit).await?;
    Ok(Json(shares))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShareBody {
    /// In basis points, 0 to 10000
    #[schema(example = 7500)]
    share_bp: i32,
}

/// Set the share of every talent without one of their own, from now on
#[utoipa::path(put, path = "/shares/default", tag = "catalogue", request_body = ShareBody,
    security(("api_key" = ["shares.manage"])),
    responses(
        (status = 200, body = List<ShareView>, description = "What it has been, newest first"),
        (status = 409, description = "`shares_too_high`: somebody's agency leaves less"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn set_default(
    State(app): State<App>,
    by: Principal,
    Json(body): Json<ShareBody>,
) -> Result<Json<List<ShareView>>, ApiError> {
    set(&app, by, Whose::Default, Some(body.share_bp)).await?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(
        queries::list_shares(&mut conn, None, None, Page::DEFAULT_LIMIT).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TalentShareBody {
    /// In basis points, 0 to 10000; `null`: the default again
    #[schema(example = 8000)]
    share_bp: Option<i32>,
}

/// Who gets what of a talent's sale
#[utoipa::path(get, path = "/shares/talents/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    security(("api_key" = ["shares.manage"])),
    responses((status = 200, body = SharesView), (status = 404, description = "`talent_unknown`")))]
async fn of_talent(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<SharesView>, ApiError> {
    shares(&app, id).await
}

/// Set a talent's own share from now on, or give them the default again
#[utoipa::path(put, path = "/shares/talents/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    request_body = TalentShareBody, security(("api_key" = ["shares.manage"])),
    responses(
        (status = 200, body = SharesView),
        (status = 404, description = "`talent_unknown`"),
        (status = 409, description = "`shares_too_high`: their agency leaves less"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn set_of_talent(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<TalentShareBody>,
) -> Result<Json<SharesView>, ApiError> {
    set(&app, by, Whose::Talent(id), body.share_bp).await?;
    shares(&app, id).await
}

/// Set an agency's share of its talents' sales from now on
#[utoipa::path(put, path = "/shares/agencies/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    request_body = ShareBody, security(("api_key" = ["shares.manage"])),
    responses(
        (status = 200, body = List<ShareView>, description = "What it has been, newest first"),
        (status = 404, description = "`agency_unknown`"),
        (status = 409, description = "`shares_too_high`: one of its talents leaves less"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn set_of_agency(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<ShareBody>,
) -> Result<Json<List<ShareView>>, ApiError> {
    set(&app, by, Whose::Agency(id), Some(body.share_bp)).await?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(
        queries::list_shares(&mut conn, Some(id), None, Page::DEFAULT_LIMIT).await?,
    ))
}

/// Who gets what of one's own sales
#[utoipa::path(get, path = "/me/talent/shares", tag = "catalogue", security(("session" = [])),
    responses((status = 200, body = SharesView), (status = 404, description = "`talent_unknown`: one is none")))]
async fn own(State(app): State<App>, who: SignedIn) -> Result<Json<SharesView>, ApiError> {
    let profile = queries::profile_of(&mut *app.db.acquire().await?, &app, who.person).await?;
    shares(&app, profile.ok_or(Error::NoTalent)?.id).await
}

async fn set(app: &App, by: Principal, whose: Whose, share_bp: Option<i32>) -> Result<(), ApiError> {
    let command = app.clone();
    detached(app, async move {
        commands::set_share(&command, &by, whose, share_bp).await
    })
    .await
}

async fn shares(app: &App, talent: Uuid) -> Result<Json<SharesView>, ApiError> {
    let shares = queries::shares_of(&mut *app.db.acquire().await?, talent).await?;
    shares.map(Json).ok_or_else(|| Error::NoTalent.into())
}
