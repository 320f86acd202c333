use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Path, detached};
use crate::redirects::{Policy, commands, queries};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, set))
}

/// What publishing needs in the brand: how far one person may go, and what ends a canary
#[utoipa::path(
    get, path = "/brands/{brand}/policy", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme")),
    responses((status = 200, body = Policy), (status = 404, description = "`brand_unknown`"))
)]
async fn show(State(app): State<App>, Path(brand): Path<String>) -> Result<Json<Policy>, ApiError> {
    Ok(Json(queries::policy(&app, &brand).await?))
}

/// Set the brand's policy; what is left out gets its default
#[utoipa::path(
    put, path = "/brands/{brand}/policy", tag = "redirects", security(("api_key" = ["brands.manage"])),
    params(("brand" = String, Path, example = "acme")), request_body = Policy,
    responses(
        (status = 200, body = Policy),
        (status = 404, description = "`brand_unknown`"),
        (status = 422, description = "`body_invalid`"),
    )
)]
async fn set(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Json(policy): Json<Policy>,
) -> Result<Json<Policy>, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::set_policy(&app, &principal, &brand, &policy).await }
    };
    detached(&app, command).await?;
    show(State(app), Path(brand)).await
}
