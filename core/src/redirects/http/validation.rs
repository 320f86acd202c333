use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::{ApiError, Json, Path};
use crate::redirects::queries::{self, ValidationView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(validate))
}

/// What is wrong with the draft, and which rules never decide
#[utoipa::path(
    get, path = "/brands/{brand}/validate", tag = "redirects", security(("api_key" = ["rules.read"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme")),
    responses((status = 200, body = ValidationView))
)]
async fn validate(
    State(app): State<App>,
    Path(brand): Path<String>,
) -> Result<Json<ValidationView>, ApiError> {
    Ok(Json(queries::validation(&app, &brand).await?))
}
