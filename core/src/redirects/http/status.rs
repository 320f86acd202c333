use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::{ApiError, Json, Path};
use crate::redirects::queries::{self, LayersView, StatusView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(publishing))
        .routes(routes!(status))
}

/// Whether the edge has what it should
///
/// Asks the edge itself, too, where its address is configured; that it cannot be reached is an answer.
#[utoipa::path(
    get, path = "/publishing", tag = "redirects", security(("api_key" = ["rules.read"])),
    responses((status = 200, body = LayersView))
)]
async fn publishing(State(app): State<App>) -> Result<Json<LayersView>, ApiError> {
    Ok(Json(queries::layers(&app).await?))
}

/// What each layer has of a brand: the database, KV and the edge
#[utoipa::path(
    get, path = "/brands/{brand}/status", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme")),
    responses((status = 200, body = StatusView), (status = 404, description = "`brand_unknown`"))
)]
async fn status(State(app): State<App>, Path(brand): Path<String>) -> Result<Json<StatusView>, ApiError> {
    Ok(Json(queries::status(&app, &brand).await?))
}
