//! Routes of the hits. Thin: parameters in, a query's view out.

mod answer;
mod blast;
mod params;
mod unused;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::answer::Answer;
use self::params::{LostParams, PageParams, RecentParams, RuleParams, SplitParams, TotalParams};
use super::queries::{self, CanaryComparison, LostZip, Quarantined, RecentHit, RuleTraffic, Split, Totals};
use super::sheets;
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query};
use crate::platform::paging::List;
use crate::platform::sheet::Sheet;
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
        .merge(unused::routes())
        .routes(routes!(canary))
}

/// How many hits, when, and the share of each group by any dimensions
///
/// Bots are left out unless asked for. As CSV it is the groups if `group_by` is given, and the series otherwise.
#[utoipa::path(get, path = "/hits", tag = "hits", params(TotalParams),
    extensions(("x-scope" = json!("query"))), security(("api_key" = ["hits.read"])),
    responses((status = 200, content((Totals = "application/json"), (String = "text/csv")))))]
async fn totals(
    State(app): State<App>,
    headers: HeaderMap,
    Query(params): Query<TotalParams>,
) -> Result<Response, ApiError> {
    let answer = Answer::new(params.format, &headers);
    let (range, group_by) = (params.range(app.now())?, params.group_by()?);
    let limit = answer.limit(params.limit);
    let totals = queries::totals(&app, range, &params.filter()?, &group_by, limit).await?;
    answer.with(
        "hits.csv",
        totals,
        |_| None,
        |totals| sheets::totals(totals, &group_by),
    )
}

/// Single hits, newest first; of the last day unless asked otherwise
#[utoipa::path(get, path = "/hits/recent", tag = "hits", params(RecentParams),
    extensions(("x-scope" = json!("query"))), security(("api_key" = ["hits.read"])),
    responses((status = 200, content((List<RecentHit> = "application/json"), (String = "text/csv")),
        headers(("x-next-cursor" = Option<String>, description = "On a file that is not the last")))))]
async fn recent(
    State(app): State<App>,
    headers: HeaderMap,
    Query(params): Query<RecentParams>,
) -> Result<Response, ApiError> {
    let answer = Answer::new(params.format, &headers);
    let (from, to) = params.bounds(app.now())?;
    let paging = answer.paging(&params.cursor, params.limit);
    let hits = queries::recent(&app, from, to, &params.filter()?, &paging).await?;
    list(answer, "recent-hits.csv", hits, sheets::recent)
}

/// What each rule of a brand decided lately; a rule that is not listed decided nothing
#[utoipa::path(get, path = "/hits/rules", tag = "hits", params(RuleParams),
    extensions(("x-scope" = json!("query"))), security(("api_key" = ["hits.read"])),
    responses((status = 200, content((List<RuleTraffic> = "application/json"), (String = "text/csv")),
        headers(("x-next-cursor" = Option<String>, description = "On a file that is not the last")))))]
async fn rules(
    State(app): State<App>,
    headers: HeaderMap,
    Query(params): Query<RuleParams>,
) -> Result<Response, ApiError> {
    let answer = Answer::new(params.format, &headers);
    let (brand, since) = (params.brand()?, params.since(app.now()));
    let paging = answer.paging(&params.cursor, params.limit);
    let rules = queries::rules(&app, brand, since, params.bots, &paging).await?;
    list(answer, "rules.csv", rules, sheets::rules)
}

/// How splits came out: the share of each variant, with its 95 % confidence interval, beside what its weight intends
///
/// A split is broken, or its weights were others before, where `compatible` is false: an interval misses what the live
/// rule intends.
#[utoipa::path(get, path = "/hits/splits", tag = "hits", params(SplitParams),
    extensions(("x-scope" = json!("query"))), security(("api_key" = ["hits.read"])),
    responses((status = 200, content((List<Split> = "application/json"), (String = "text/csv")),
        headers(("x-next-cursor" = Option<String>, description = "On a file that is not the last")))))]
async fn splits(
    State(app): State<App>,
    headers: HeaderMap,
    Query(params): Query<SplitParams>,
) -> Result<Response, ApiError> {
    let answer = Answer::new(params.format, &headers);
    let (brand, range) = (params.brand()?, params.range(app.now())?);
    let paging = answer.paging(&params.cursor, params.limit);
    let splits = queries::splits(&app, brand, range, &params.filter(), &paging).await?;
    list(answer, "splits.csv", splits, sheets::splits)
}

/// What the queue brought that is no hit, last seen first
#[utoipa::path(get, path = "/hits/quarantine", tag = "hits", params(PageParams),
    security(("api_key" = ["hits.read"])), responses((status = 200, content((List<Quarantined> = "application/json"), (String = "text/csv")),
        headers(("x-next-cursor" = Option<String>, description = "On a file that is not the last")))))]
async fn quarantine(
    State(app): State<App>,
    headers: HeaderMap,
    Query(params): Query<PageParams>,
) -> Result<Response, ApiError> {
    let answer = Answer::new(params.format, &headers);
    let paging = answer.paging(&params.cursor, params.limit);
    let items = queries::quarantine(&app, &paging).await?;
    list(answer, "quarantine.csv", items, sheets::quarantine)
}

/// ZIPs that nothing had an answer for: the newest, or the most frequent
#[utoipa::path(get, path = "/lost-zips", tag = "hits", params(LostParams),
    extensions(("x-scope" = json!("query"))), security(("api_key" = ["hits.read"])),
    responses((status = 200, content((List<LostZip> = "application/json"), (String = "text/csv")),
        headers(("x-next-cursor" = Option<String>, description = "On a file that is not the last")))))]
async fn lost_zips(
    State(app): State<App>,
    headers: HeaderMap,
    Query(params): Query<LostParams>,
) -> Result<Response, ApiError> {
    let answer = Answer::new(params.format, &headers);
    let paging = answer.paging(&params.cursor, params.limit);
    let zips = queries::lost_zips(&app, &params.which(app.now())?, &paging).await?;
    list(answer, "lost-zips.csv", zips, sheets::lost_zips)
}

fn list<T: Serialize>(
    answer: Answer,
    name: &str,
    list: List<T>,
    sheet: fn(&[T]) -> Sheet,
) -> Result<Response, ApiError> {
    answer.with(
        name,
        list,
        |list| list.next_cursor.clone(),
        |list| sheet(&list.items),
    )
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
            queries::Error::Rules(error) => error.into(),
            queries::Error::Unexpected(error) => Self::unexpected(error),
        }
    }
}
