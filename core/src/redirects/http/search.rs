use axum::extract::{FromRequestParts, State};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use marquee_shared::rules::Rule;
use serde::de::DeserializeOwned;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::{ApiError, Json, Path, etag};
use crate::redirects::RuleFilter;
use crate::redirects::http::parts::PageQuery;
use crate::redirects::queries::{self, Page, RulesPage};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search))
        .routes(routes!(search_revision))
}

/// Two sets of parameters from one query string, each of which refuses what it does not know.
struct SearchQuery {
    page: PageQuery,
    filter: RuleFilter,
}

impl FromRequestParts<App> for SearchQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let about_page = |part: &&str| part.starts_with("cursor=") || part.starts_with("limit=");
        let (page, filter): (Vec<_>, Vec<_>) = query.split('&').partition(about_page);
        Ok(Self {
            page: parsed(&page)?,
            filter: parsed(&filter)?,
        })
    }
}

fn parsed<T: DeserializeOwned>(query: &[&str]) -> Result<T, ApiError> {
    let uri = Uri::try_from(format!("/?{}", query.join("&")));
    let uri = uri.map_err(|error| ApiError::bad_request("query_invalid", error.to_string()))?;
    Ok(axum::extract::Query::try_from_uri(&uri)?.0)
}

/// Rules of the draft that have all of this in common, by number
#[utoipa::path(
    get, path = "/brands/{brand}/draft/rules/search", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme"), RuleFilter, PageQuery),
    responses(
        (status = 200, body = RulesPage, headers(("etag" = String))),
        (status = 422, description = "`body_invalid`: a parameter that makes no sense"),
    )
)]
async fn search(
    State(app): State<App>,
    Path(brand): Path<String>,
    SearchQuery { page, filter }: SearchQuery,
) -> Result<impl IntoResponse, ApiError> {
    let cursor = page.number()?;
    let found = queries::find_rules(&app, &brand, &filter, cursor, page.limit()).await?;
    Ok((etag(found.version), Json(found)))
}

/// Rules of a revision that have all of this in common, by number
#[utoipa::path(
    get, path = "/brands/{brand}/revisions/{revision}/rules/search", tag = "redirects",
    security(("api_key" = ["rules.read"])),
    params(
        ("brand" = String, Path, example = "acme"), ("revision" = i32, Path, example = 1), RuleFilter, PageQuery
    ),
    responses(
        (status = 200, body = Page<Rule>),
        (status = 404, description = "`revision_unknown`"),
        (status = 422, description = "`body_invalid`: a parameter that makes no sense"),
    )
)]
async fn search_revision(
    State(app): State<App>,
    Path((brand, revision)): Path<(String, i32)>,
    SearchQuery { page, filter }: SearchQuery,
) -> Result<Json<Page<Rule>>, ApiError> {
    let (cursor, limit) = (page.number()?, page.limit());
    let found = queries::find_revision_rules(&app, &brand, revision, &filter, cursor, limit).await?;
    Ok(Json(found))
}
