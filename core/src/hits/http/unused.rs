use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Answer;
use super::params::since;
use crate::app::App;
use crate::hits::queries::{self, Bots, Unused, UnusedRules};
use crate::hits::sheets;
use crate::http::{ApiError, Path, Query};
use crate::redirects::queries::Which;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(unused_rules))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UnusedParams {
    /// Of `live`, which it is unless given, `draft`, `canary` or a revision's number
    #[param(example = "live")]
    of: Option<String>,
    /// How many days back, today included; 30 unless given
    #[param(minimum = 0, maximum = 65535, example = 30)]
    days: Option<u16>,
    /// Whether a bot's visit is a use
    #[serde(default)]
    #[param(inline)]
    bots: Bots,
    /// As a file; `Accept` says it, too
    #[param(inline)]
    format: Option<Answer>,
    /// `next_cursor`, or of a file `x-next-cursor`, of the page before
    cursor: Option<String>,
    /// 1 to 100, 50 unless given; of a file at most 10,000, which it is unless given
    #[param(example = 50)]
    limit: Option<u32>,
}

/// Enabled rules that decided nothing lately
///
/// Attribute rules are left out: a hit names the rule that decided, not those that added variables.
#[utoipa::path(
    get, path = "/brands/{brand}/hits/unused-rules", tag = "hits", security(("api_key" = ["hits.read"])),
    params(("brand" = String, Path, example = "acme"), UnusedParams),
    responses(
        (status = 200, content((UnusedRules = "application/json"), (String = "text/csv")),
            headers(("x-next-cursor" = Option<String>, description = "On a file that is not the last"))),
        (status = 404, description = "`brand_unknown`, `revision_unknown`"),
        (status = 409, description = "`not_live`, `no_canary`"),
    )
)]
async fn unused_rules(
    State(app): State<App>,
    headers: HeaderMap,
    Path(brand): Path<String>,
    Query(params): Query<UnusedParams>,
) -> Result<Response, ApiError> {
    let answer = Answer::new(params.format, &headers);
    let asked = Unused {
        of: params.of.map_or(Ok(Which::Live), |text| text.parse())?,
        since: since(params.days, app.now()),
        bots: params.bots,
    };
    let paging = answer.paging(&params.cursor, params.limit);
    let rules = queries::unused_rules(&app, &brand, asked, &paging).await?;
    answer.with(
        "unused-rules.csv",
        rules,
        |rules| rules.next_cursor.clone(),
        |rules| sheets::unused(&rules.items),
    )
}
