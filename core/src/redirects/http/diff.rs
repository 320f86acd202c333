use axum::extract::State;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::parts::{number_cursor, page_limit};
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query};
use crate::redirects::Error;
use crate::redirects::queries::{self, Base, Between, DiffView, Page, RuleChange, Which};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(diff)).routes(routes!(rules))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DiffQuery {
    /// `live`, which it is unless given, `draft`, `canary`, a revision's number or `nothing`
    #[param(example = "live")]
    from: Option<String>,
    /// `draft`, which it is unless given, `live`, `canary` or a revision's number
    #[param(example = "draft")]
    to: Option<String>,
    /// The moment of the comparison; now unless given
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(example = "2026-12-01T00:00:00Z")]
    at: Option<OffsetDateTime>,
}

/// What changes from one version to another: rules, settings, and exactly who gets something else
#[utoipa::path(
    get, path = "/brands/{brand}/diff", tag = "redirects", security(("api_key" = ["rules.read"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme"), DiffQuery),
    responses(
        (status = 200, body = DiffView),
        (status = 404, description = "`brand_unknown` or `revision_unknown`"),
        (status = 409, description = "`not_live`: nothing is live yet; compare with `nothing`"),
        (status = 422, description = "`rules_refused`: a side has errors; `not_comparable`: it is too entangled"),
    )
)]
async fn diff(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(DiffQuery { from, to, at }): Query<DiffQuery>,
) -> Result<Json<DiffView>, ApiError> {
    let between = between(from.as_deref(), to.as_deref())?;
    Ok(Json(queries::diff(&app, &brand, between, at).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RulesQuery {
    /// `live`, which it is unless given, `draft`, `canary`, a revision's number or `nothing`
    #[param(example = "live")]
    from: Option<String>,
    /// `draft`, which it is unless given, `live`, `canary` or a revision's number
    #[param(example = "draft")]
    to: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The rules that change from one version to another, by number, each before and after
#[utoipa::path(
    get, path = "/brands/{brand}/diff/rules", tag = "redirects", security(("api_key" = ["rules.read"])),
    extensions(("x-within-seconds" = json!(60))),
    params(("brand" = String, Path, example = "acme"), RulesQuery),
    responses(
        (status = 200, body = Page<RuleChange>),
        (status = 404, description = "`brand_unknown` or `revision_unknown`"),
        (status = 409, description = "`not_live`: nothing is live yet; compare with `nothing`"),
    )
)]
async fn rules(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(RulesQuery {
        from,
        to,
        cursor,
        limit,
    }): Query<RulesQuery>,
) -> Result<Json<Page<RuleChange>>, ApiError> {
    let cursor = number_cursor(cursor.as_deref())?;
    let between = between(from.as_deref(), to.as_deref())?;
    let limit = page_limit(limit);
    Ok(Json(
        queries::rule_changes(&app, &brand, between, cursor, limit).await?,
    ))
}

fn between(from: Option<&str>, to: Option<&str>) -> Result<Between, Error> {
    Ok(Between {
        from: from.map_or(Ok(Base::default()), str::parse)?,
        to: to.map_or(Ok(Which::Draft), str::parse)?,
    })
}
