use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use marquee_shared::rules::Product;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, Query, detached, etag};
use crate::redirects::commands;
use crate::redirects::http::parts::PageQuery;
use crate::redirects::queries::{self, Page, ProductView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put, remove))
}

/// The draft's products, by code
#[utoipa::path(
    get, path = "/brands/{brand}/draft/products", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme"), PageQuery),
    responses((status = 200, body = Page<ProductView>, headers(("etag" = String))))
)]
async fn list(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let (version, products) = queries::products(&app, &brand, page.cursor.as_deref(), page.limit()).await?;
    Ok((etag(version), Json(products)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProductBody {
    #[serde(default)]
    #[schema(example = "Car insurance")]
    name: String,
    /// Where a visitor goes whom no rule wants; the brand's fallback unless given
    #[schema(example = "https://quotes.acme.example/auto")]
    fallback_url: Option<String>,
}

/// Put a product in the draft, or change it
#[utoipa::path(
    put, path = "/brands/{brand}/draft/products/{code}", tag = "redirects",
    security(("api_key" = ["rules.edit"])),
    params(
        ("brand" = String, Path, example = "acme"), ("code" = String, Path, example = "auto"),
        ("if-match" = String, Header)
    ),
    request_body = ProductBody,
    responses(
        (status = 200, body = ProductView, headers(("etag" = String))),
        (status = 201, body = ProductView, description = "It is new", headers(("etag" = String))),
        (status = 409, description = "`brand_retired`"),
        (status = 412, description = "`draft_changed`: `edited_by`, `edited_at` and `current` say who, when, what"),
        (status = 422, description = "`settings_invalid`"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn put(
    State(app): State<App>,
    principal: Principal,
    Path((brand, code)): Path<(String, String)>,
    IfMatch(seen): IfMatch,
    Json(body): Json<ProductBody>,
) -> Result<impl IntoResponse, ApiError> {
    let ProductBody { name, fallback_url } = body;
    let product = Product {
        code,
        name,
        fallback_url,
    };
    let command = {
        let (app, product) = (app.clone(), product.clone());
        async move { commands::put_product(&app, &principal, &brand, seen, product).await }
    };
    let (changed, fresh) = detached(&app, command).await?;
    let status = if fresh {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, etag(changed.version), Json(ProductView::from(product))))
}

/// Take a product out of the draft; not while rules name it
#[utoipa::path(
    delete, path = "/brands/{brand}/draft/products/{code}", tag = "redirects",
    security(("api_key" = ["rules.edit"])),
    params(
        ("brand" = String, Path, example = "acme"), ("code" = String, Path, example = "auto"),
        ("if-match" = String, Header)
    ),
    responses(
        (status = 204, headers(("etag" = String))),
        (status = 404, description = "`product_unknown`"),
        (status = 409, description = "`product_in_use`: `rules` names the first of them; `brand_retired`"),
        (status = 412, description = "`draft_changed`: `edited_by`, `edited_at` and `current` say who, when, what"),
        (status = 422, description = "`settings_invalid`: it is the last one, or an alias stands for it"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn remove(
    State(app): State<App>,
    principal: Principal,
    Path((brand, code)): Path<(String, String)>,
    IfMatch(seen): IfMatch,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let app = app.clone();
        async move { commands::remove_product(&app, &principal, &brand, seen, &code).await }
    };
    let changed = detached(&app, command).await?;
    Ok((StatusCode::NO_CONTENT, etag(changed.version)))
}
