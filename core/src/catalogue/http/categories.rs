use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use marquee_shared::rules::object;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Principal;
use crate::app::App;
use crate::catalogue::Error;
use crate::catalogue::commands::{self, CategoryNames, NewCategory};
use crate::catalogue::queries::{self, CategoryView, Names};
use crate::http::{ApiError, Json, Path, cached, detached};
use crate::platform::paging::List;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create, order))
        .routes(routes!(change, remove))
}

/// How long everybody may keep the list: it changes rarely.
const KEPT_SECONDS: u32 = 300;

/// All categories, in their order
#[utoipa::path(get, path = "/categories", tag = "catalogue", security(()),
    params(("if-none-match" = Option<String>, Header, description = "The ETag of what the caller has")),
    responses(
        (status = 200, body = List<CategoryView>),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn list(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    let categories = queries::list_categories(&mut *app.db.acquire().await?).await?;
    cached(&headers, KEPT_SECONDS, &categories)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCategoryBody {
    /// What it is called in addresses, for ever: `[a-z0-9][a-z0-9_-]{0,49}`
    #[schema(example = "musicians")]
    slug: String,
    #[serde(deserialize_with = "object")]
    names: Names,
}

/// Make a category, after all others
#[utoipa::path(post, path = "/categories", tag = "catalogue", request_body = NewCategoryBody,
    security(("api_key" = ["catalogue.manage"])),
    responses(
        (status = 201, body = CategoryView),
        (status = 409, description = "`category_exists`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn create(
    State(app): State<App>,
    by: Principal,
    Json(body): Json<NewCategoryBody>,
) -> Result<impl IntoResponse, ApiError> {
    let slug = body.slug.clone();
    let new = NewCategory {
        slug: body.slug,
        name_pt_br: body.names.pt_br,
        name_en: body.names.en,
    };
    let command = app.clone();
    detached(&app, async move {
        commands::create_category(&command, &by, new).await
    })
    .await?;
    let location = [(header::LOCATION, format!("/v1/categories/{slug}"))];
    Ok((StatusCode::CREATED, location, view(&app, &slug).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderBody {
    /// The slug of each category, once
    #[schema(example = json!(["musicians", "actors"]))]
    order: Vec<String>,
}

/// Put the categories in another order
#[utoipa::path(put, path = "/categories", tag = "catalogue", request_body = OrderBody,
    security(("api_key" = ["catalogue.manage"])),
    responses(
        (status = 200, body = List<CategoryView>),
        (status = 422, description = "`order_invalid`: one is missing, unknown or there twice"),
    ))]
async fn order(
    State(app): State<App>,
    by: Principal,
    Json(body): Json<OrderBody>,
) -> Result<Json<List<CategoryView>>, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::order_categories(&command, &by, &body.order).await
    })
    .await?;
    Ok(Json(
        queries::list_categories(&mut *app.db.acquire().await?).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CategoryBody {
    #[serde(deserialize_with = "object")]
    names: NewNames,
}

/// What is left out stays
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewNames {
    #[serde(rename = "pt-BR")]
    #[schema(example = "Músicos")]
    pt_br: Option<String>,
    #[schema(example = "Musicians")]
    en: Option<String>,
}

/// Name a category otherwise
#[utoipa::path(patch, path = "/categories/{slug}", tag = "catalogue", request_body = CategoryBody,
    params(("slug" = String, Path, example = "musicians")),
    security(("api_key" = ["catalogue.manage"])),
    responses(
        (status = 200, body = CategoryView),
        (status = 404, description = "`category_unknown`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn change(
    State(app): State<App>,
    by: Principal,
    Path(slug): Path<String>,
    Json(body): Json<CategoryBody>,
) -> Result<Json<CategoryView>, ApiError> {
    let names = CategoryNames {
        pt_br: body.names.pt_br,
        en: body.names.en,
    };
    let (command, of) = (app.clone(), slug.clone());
    detached(&app, async move {
        commands::change_category(&command, &by, &of, names).await
    })
    .await?;
    view(&app, &slug).await
}

/// Remove a category that no talent has
#[utoipa::path(delete, path = "/categories/{slug}", tag = "catalogue",
    params(("slug" = String, Path, example = "musicians")),
    security(("api_key" = ["catalogue.manage"])),
    responses(
        (status = 204),
        (status = 404, description = "`category_unknown`"),
        (status = 409, description = "`category_in_use`: talents have it"),
    ))]
async fn remove(
    State(app): State<App>,
    by: Principal,
    Path(slug): Path<String>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::remove_category(&command, &by, &slug).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn view(app: &App, slug: &str) -> Result<Json<CategoryView>, ApiError> {
    let all = queries::list_categories(&mut *app.db.acquire().await?).await?;
    let found = all.items.into_iter().find(|category| category.slug == slug);
    found
        .map(Json)
        .ok_or_else(|| Error::NoCategory(slug.to_owned()).into())
}
