use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use marquee_shared::rules::{Settings, object};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::parts::page_limit;
use crate::access::{Permission, Principal};
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::redirects::commands::{self, NewBrand};
use crate::redirects::queries::{self, BrandFilter, BrandView, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, rename))
        .routes(routes!(retire))
        .routes(routes!(reinstate))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(example = "acme")]
    cursor: Option<String>,
    #[param(example = 50)]
    limit: Option<u32>,
    /// A part of the code, the name or a host, in any case
    #[param(example = "insurance")]
    q: Option<String>,
    /// Those that are retired, instead of those in use
    #[serde(default)]
    #[param(example = false)]
    retired: bool,
}

/// Brands by code, those that the caller may see: in use, or retired
#[utoipa::path(
    get, path = "/brands", tag = "redirects", security(("api_key" = ["rules.read"])), params(ListQuery),
    extensions(("x-scope" = json!("answer"))),
    responses((status = 200, body = Page<BrandView>))
)]
async fn list(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<BrandView>>, ApiError> {
    let ListQuery {
        cursor,
        limit,
        q,
        retired,
    } = query;
    let visible = principal.brands(Permission::RulesRead);
    let filter = BrandFilter { text: q, retired };
    let limit = page_limit(limit);
    Ok(Json(
        queries::brands(&app, &visible, &filter, cursor.as_deref(), limit).await?,
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
    #[serde(default, deserialize_with = "object")]
    #[schema(example = json!({
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
        (status = 422, description = "`body_invalid`, `settings_invalid`"),
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenameBody {
    #[schema(example = "Acme Insurance Group")]
    name: String,
}

/// Give a brand another name; its code stays
#[utoipa::path(
    patch, path = "/brands/{brand}", tag = "redirects", security(("api_key" = ["brands.manage"])),
    params(("brand" = String, Path, example = "acme")), request_body = RenameBody,
    responses(
        (status = 200, body = BrandView),
        (status = 404, description = "`brand_unknown`"),
        (status = 409, description = "`brand_retired`"),
        (status = 422, description = "`body_invalid`"),
    )
)]
async fn rename(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Json(RenameBody { name }): Json<RenameBody>,
) -> Result<Json<BrandView>, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::rename_brand(&app, &principal, &brand, &name).await }
    };
    detached(&app, command).await?;
    Ok(Json(queries::brand(&app, &brand).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetireBody {
    /// Why, for people to read
    #[serde(default)]
    #[schema(example = "sold to another company")]
    note: String,
}

/// A brand that is out of use
#[derive(Serialize, ToSchema)]
struct RetiredView {
    #[serde(flatten)]
    brand: BrandView,
    /// With which the edge forgets it; `null`: nothing of it was live
    #[schema(example = 1208)]
    sequence: Option<i64>,
}

/// Take a brand out of use: nothing of it is live, nobody may change it, its hosts are free. Its history stays
#[utoipa::path(
    post, path = "/brands/{brand}/retire", tag = "redirects", security(("api_key" = ["brands.manage"])),
    params(("brand" = String, Path, example = "acme")), request_body = RetireBody,
    responses(
        (status = 200, body = RetiredView),
        (status = 404, description = "`brand_unknown`"),
        (status = 409, description = "`brand_retired`: it is so already"),
        (status = 422, description = "`body_invalid`"),
    )
)]
async fn retire(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Json(RetireBody { note }): Json<RetireBody>,
) -> Result<Json<RetiredView>, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::retire_brand(&app, &principal, &brand, &note).await }
    };
    let published = detached(&app, command).await?;
    Ok(Json(RetiredView {
        brand: queries::brand(&app, &brand).await?,
        sequence: published.map(|published| published.sequence),
    }))
}

/// A brand that is in use again
#[derive(Serialize, ToSchema)]
struct ReinstatedView {
    #[serde(flatten)]
    brand: BrandView,
    /// Those that are another brand's by now, and left the draft
    #[schema(example = json!(["go.acme.example"]))]
    lost_hosts: Vec<String>,
}

/// Bring a retired brand back, with its draft and nothing live
#[utoipa::path(
    post, path = "/brands/{brand}/reinstate", tag = "redirects", security(("api_key" = ["brands.manage"])),
    params(("brand" = String, Path, example = "acme")),
    responses(
        (status = 200, body = ReinstatedView),
        (status = 404, description = "`brand_unknown`"),
        (status = 409, description = "`brand_not_retired`"),
    )
)]
async fn reinstate(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
) -> Result<Json<ReinstatedView>, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::reinstate_brand(&app, &principal, &brand).await }
    };
    let lost_hosts = detached(&app, command).await?;
    Ok(Json(ReinstatedView {
        brand: queries::brand(&app, &brand).await?,
        lost_hosts,
    }))
}
