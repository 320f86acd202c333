use axum::extract::State;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::params::replayed;
use crate::app::App;
use crate::hits::queries::{self, BlastRadius, BlastView};
use crate::http::{ApiError, Json, Path, Query};
use crate::redirects::queries::Which;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(blast_radius))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BlastParams {
    /// What is there now: `draft`, `live`, which it is unless given, `canary` or a revision's number
    #[param(example = "live")]
    from: Option<String>,
    /// What would take its place; the draft unless given
    #[param(example = "draft")]
    to: Option<String>,
    /// How many days of traffic, today included: 1 to 35; 7 unless given
    #[param(minimum = 1, maximum = 35, example = 7)]
    days: Option<u16>,
    /// When everybody comes; now unless given
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(example = "2026-12-24T18:00:00Z")]
    at: Option<OffsetDateTime>,
}

/// What a draft would do to the traffic of the last days
///
/// Replays real hits, bots left out, against two rule sets: how many would land elsewhere, by state, product, rule
/// and destination, which ZIPs would be lost, and every destination's share before and after.
#[utoipa::path(
    get, path = "/brands/{brand}/blast-radius", tag = "hits", security(("api_key" = ["hits.read"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme"), BlastParams),
    responses(
        (status = 200, body = BlastView),
        (status = 404, description = "`brand_unknown`, `revision_unknown`"),
        (status = 409, description = "`not_live`, `no_canary`"),
        (status = 422, description = "`days_invalid`; `rules_refused` for a draft that cannot be compiled"),
    )
)]
async fn blast_radius(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(params): Query<BlastParams>,
) -> Result<Json<BlastView>, ApiError> {
    let which = |text: Option<String>, otherwise| text.map_or(Ok(otherwise), |text| text.parse());
    let asked = BlastRadius {
        from: which(params.from, Which::Live)?,
        to: which(params.to, Which::Draft)?,
        since: replayed(params.days, app.now())?,
        at: params.at,
    };
    Ok(Json(queries::blast_radius(&app, &brand, asked).await?))
}
