use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use marquee_shared::rules::Settings;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::parts::PageQuery;
use crate::access::{Permission, Principal};
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::redirects::commands::{self, NewBrand};
use crate::redirects::queries::{self, BrandView, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show))
}

/// Brands by code, those that the caller may see
#[utoipa::path(
    get, path = "/brands", tag = "redirects", security(("api_key" = ["rules.read"])), params(PageQuery),
    extensions(("x-scope" = json!("answer"))),
    responses((status = 200, body = Page<BrandView>))
)]
async fn list(
    State(app): State<App>,
    principal: Principal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<BrandView>>, ApiError> {
    let visible = principal.brands(Permission::RulesRead);
    Ok(Json(
        queries::brands(&app, &visible, page.cursor.as_deref(), page.limit()).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBrandBody {
    /// `[a-z0-9][a-z0-9-]{0,39}`, for ever
    #[schema(example = "acme")]
    code: String,
    #[schema(example = "Acme Insurance")]
    name: String,
    /// The draft's first settings
    #[serde(default)]
    #[schema(value_type = Object, example = json!({
        "hosts": ["go.acme.example"],
        "languages": ["en"],
        "default_language": "en",
        "destinations": ["quotes.acme.example"],
        "fallback_url": "https://quotes.acme.example/",
        "products": [{ "code": "auto", "name": "Car insurance" }]
    }))]
    settings: Settings,
}

/// Make a brand, with an empty draft
#[utoipa::path(
    post, path = "/brands", tag = "redirects", security(("api_key" = ["brands.manage"])),
    request_body = NewBrandBody,
    responses(
        (status = 201, body = BrandView),
        (status = 409, description = "`brand_exists`, `host_taken`"),
        (status = 422, description = "`body_invalid`"),
    )
)]
async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(body): Json<NewBrandBody>,
) -> Result<impl IntoResponse, ApiError> {
    let NewBrandBody { code, name, settings } = body;
    let command = {
        let (app, code) = (app.clone(), code.clone());
        async move { commands::create_brand(&app, &principal, NewBrand { code, name, settings }).await }
    };
    detached(&app, command).await?;
    let view = queries::brand(&app, &code).await?;
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, format!("/v1/brands/{code}"))],
        Json(view),
    ))
}

/// A brand: its draft, and what of it is live
#[utoipa::path(
    get, path = "/brands/{brand}", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme")),
    responses((status = 200, body = BrandView), (status = 404, description = "`brand_unknown`"))
)]
async fn show(State(app): State<App>, Path(brand): Path<String>) -> Result<Json<BrandView>, ApiError> {
    Ok(Json(queries::brand(&app, &brand).await?))
}
