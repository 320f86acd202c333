use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::{ApiError, Json, Path, Query};
use crate::redirects::queries::{self, ValidationView, Which};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(validate))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ValidateQuery {
    /// `draft`, which it is unless given, `live`, `canary` or a revision's number
    #[param(example = "draft")]
    of: Option<String>,
}

/// What is wrong with the rules, which never decide, and whom they forget
#[utoipa::path(
    get, path = "/brands/{brand}/validate", tag = "redirects", security(("api_key" = ["rules.read"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme"), ValidateQuery),
    responses(
        (status = 200, body = ValidationView),
        (status = 404, description = "`revision_unknown`"),
        (status = 409, description = "`not_live`: nothing is live yet"),
    )
)]
async fn validate(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(ValidateQuery { of }): Query<ValidateQuery>,
) -> Result<Json<ValidationView>, ApiError> {
    let which = of.as_deref().map_or(Ok(Which::Draft), str::parse)?;
    Ok(Json(queries::validation(&app, &brand, which).await?))
}
