//! Routes of the hits. Thin: parameters in, a query's view out.

mod blast;
mod params;

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::params::{LostParams, PageParams, RecentParams, RuleParams, SplitParams, TotalParams};
use super::queries::{self, CanaryComparison, LostZip, Quarantined, RecentHit, RuleTraffic, Split, Totals};
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query};
use crate::platform::paging::List;
use crate::redirects;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(totals))
        .routes(routes!(recent))
        .routes(routes!(rules))
        .routes(routes!(splits))
        .routes(routes!(quarantine))
        .routes(routes!(lost_zips))
        .merge(blast::routes())
        .routes(routes!(canary))
}

/// How many hits, when, and the share of each group by any dimensions
///
/// Bots are left out unless asked for.
#[utoipa::path(get, path = "/hits", tag = "hits", params(TotalParams),
    extensions(("x-scope" = json!("query"))), security(("api_key" = ["hits.read"])),
    responses((status = 200, body = Totals)))]
async fn totals(State(app): State<App>, Query(params): Query<TotalParams>) -> Result<Json<Totals>, ApiError> {
    let (range, group_by, limit) = (params.range(app.now())?, params.group_by()?, params.limit());
    Ok(Json(
        queries::totals(&app, range, &params.filter()?, &group_by, limit).await?,
    ))
}

/// Single hits, newest first; of the last day unless asked otherwise
#[utoipa::path(get, path = "/hits/recent", tag = "hits", params(RecentParams),
    extensions(("x-scope" = json!("query"))), security(("api_key" = ["hits.read"])),
    responses((status = 200, body = List<RecentHit>)))]
async fn recent(
    State(app): State<App>,
    Query(params): Query<RecentParams>,
) -> Result<Json<List<RecentHit>>, ApiError> {
    let (from, to) = params.bounds(app.now())?;
    let paging = params.paging();
    Ok(Json(
        queries::recent(&app, from, to, &params.filter()?, &paging).await?,
    ))
}

/// What each rule of a brand decided lately; a rule that is not listed decided nothing
#[utoipa::path(get, path = "/hits/rules", tag = "hits", params(RuleParams),
    extensions(("x-scope" = json!("query"))), security(("api_key" = ["hits.read"])),
    responses((status = 200, body = List<RuleTraffic>)))]
async fn rules(
    State(app): State<App>,
    Query(params): Query<RuleParams>,
) -> Result<Json<List<RuleTraffic>>, ApiError> {
    let (brand, since) = (params.brand()?, params.since(app.now()));
    Ok(Json(
        queries::rules(&app, brand, since, params.bots(), &params.paging()).await?,
    ))
}

/// How splits came out: the share of each variant, with its 95 % confidence interval
#[utoipa::path(get, path = "/hits/splits", tag = "hits", params(SplitParams),
    extensions(("x-scope" = json!("query"))), security(("api_key" = ["hits.read"])),
    responses((status = 200, body = List<Split>)))]
async fn splits(
    State(app): State<App>,
    Query(params): Query<SplitParams>,
) -> Result<Json<List<Split>>, ApiError> {
    let (brand, range) = (params.brand()?, params.range(app.now())?);
    Ok(Json(
        queries::splits(&app, brand, range, &params.filter(), &params.paging()).await?,
    ))
}

/// What the queue brought that is no hit, last seen first
#[utoipa::path(get, path = "/hits/quarantine", tag = "hits", params(PageParams),
    security(("api_key" = ["hits.read"])), responses((status = 200, body = List<Quarantined>)))]
async fn quarantine(
    State(app): State<App>,
    Query(params): Query<PageParams>,
) -> Result<Json<List<Quarantined>>, ApiError> {
    Ok(Json(queries::quarantine(&app, &params.paging()).await?))
}

/// ZIPs that nothing had an answer for: the newest, or the most frequent
#[utoipa::path(get, path = "/lost-zips", tag = "hits", params(LostParams),
    extensions(("x-scope" = json!("query"))), security(("api_key" = ["hits.read"])),
    responses((status = 200, body = List<LostZip>)))]
async fn lost_zips(
    State(app): State<App>,
    Query(params): Query<LostParams>,
) -> Result<Json<List<LostZip>>, ApiError> {
    let paging = params.paging();
    Ok(Json(
        queries::lost_zips(&app, &params.which(app.now())?, &paging).await?,
    ))
}

/// How the canary's visitors fare beside the others, since it began, and what can be said of it
///
/// Shares come with their 95 % intervals. Bots are left out.
#[utoipa::path(get, path = "/brands/{brand}/canary", tag = "hits",
    params(("brand" = String, Path, example = "acme")), security(("api_key" = ["hits.read"])),
    responses(
        (status = 200, body = CanaryComparison),
        (status = 404, description = "`brand_unknown`, or `no_canary`: none is running"),
    ))]
async fn canary(
    State(app): State<App>,
    Path(brand): Path<String>,
) -> Result<Json<CanaryComparison>, ApiError> {
    match queries::canary(&app, &brand).await {
        Err(none @ redirects::Error::NoCanary) => Err(ApiError::not_found("no_canary", none.to_string())),
        compared => Ok(Json(compared?)),
    }
}

impl From<queries::Error> for ApiError {
    fn from(error: queries::Error) -> Self {
        match error {
            queries::Error::Cursor => Self::bad_request("cursor_invalid", error.to_string()),
            queries::Error::Range(error) => error.into(),
            queries::Error::Unexpected(error) => Self::unexpected(error),
        }
    }
}
