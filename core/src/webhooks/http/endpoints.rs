use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};
use crate::webhooks::commands::{self, Changes, NewEndpoint};
use crate::webhooks::queries::{self, EndpointView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, remove))
        .routes(routes!(rotate_secret))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Who is told what happens to a brand, the newest first
#[utoipa::path(
    get, path = "/brands/{brand}/webhooks", tag = "webhooks", security(("api_key" = ["webhooks.manage"])),
    params(("brand" = String, Path, example = "acme"), PageQuery),
    responses((status = 200, body = List<EndpointView>))
)]
async fn list(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<EndpointView>>, ApiError> {
    let page = Page::new(page.cursor.as_deref(), page.limit)?;
    Ok(Json(queries::endpoints(&app, &brand, page).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewEndpointBody {
    /// https, on a host with public addresses
    #[schema(example = "https://hooks.example.com/marquee", max_length = 2000)]
    url: String,
    /// Which events; all of them unless given: `redirects.published`, `redirects.rolled_back`,
    /// `redirects.canary_started`, `redirects.canary_promoted`, `redirects.canary_aborted`, `redirects.mode_changed`,
    /// `redirects.retired`, `redirects.manifest_stale`
    #[serde(default)]
    #[schema(example = json!(["redirects.published", "redirects.rolled_back"]))]
    events: Vec<String>,
    /// What it is, for people to read
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: String,
}

#[derive(Serialize, ToSchema)]
struct CreatedEndpoint {
    /// What signatures are made with. Shown this once
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDm5cS2NhbC1k=")]
    secret: String,
    #[serde(flatten)]
    endpoint: EndpointView,
}

/// Tell an address what happens to a brand
///
/// By the Standard Webhooks specification: JSON `{"type","timestamp","data"}`, signed in `webhook-signature`. What
/// is not answered with 2xx in 15 seconds is tried again for three days.
#[utoipa::path(
    post, path = "/brands/{brand}/webhooks", tag = "webhooks", security(("api_key" = ["webhooks.manage"])),
    params(("brand" = String, Path, example = "acme")), request_body = NewEndpointBody,
    responses(
        (status = 201, body = CreatedEndpoint),
        (status = 409, description = "`too_many_endpoints`"),
        (status = 422, description = "`body_invalid`"),
    )
)]
async fn create(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Json(NewEndpointBody { url, events, note }): Json<NewEndpointBody>,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        let endpoint = NewEndpoint { url, events, note };
        async move { commands::create_endpoint(&app, &principal, &brand, endpoint).await }
    };
    let created = detached(&app, command).await?;
    let location = format!("/v1/brands/{brand}/webhooks/{}", created.id);
    let body = CreatedEndpoint {
        secret: created.secret,
        endpoint: queries::endpoint(&app, &brand, created.id).await?,
    };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(body)))
}

/// One endpoint
#[utoipa::path(
    get, path = "/brands/{brand}/webhooks/{endpoint}", tag = "webhooks",
    security(("api_key" = ["webhooks.manage"])),
    params(("brand" = String, Path, example = "acme"), ("endpoint" = Uuid, Path)),
    responses((status = 200, body = EndpointView), (status = 404, description = "`endpoint_unknown`"))
)]
async fn show(
    State(app): State<App>,
    Path((brand, endpoint)): Path<(String, Uuid)>,
) -> Result<Json<EndpointView>, ApiError> {
    Ok(Json(queries::endpoint(&app, &brand, endpoint).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangesBody {
    #[serde(default)]
    #[schema(example = "https://hooks.example.com/marquee", max_length = 2000)]
    url: Option<String>,
    /// Empty: every event
    #[serde(default)]
    #[schema(example = json!(["redirects.published"]))]
    events: Option<Vec<String>>,
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: Option<String>,
    /// `false` tells it nothing more; `true` again from now on
    #[serde(default)]
    enabled: Option<bool>,
}

/// Change an endpoint, or turn it off or on; what is left out stays
#[utoipa::path(
    patch, path = "/brands/{brand}/webhooks/{endpoint}", tag = "webhooks",
    security(("api_key" = ["webhooks.manage"])),
    params(("brand" = String, Path, example = "acme"), ("endpoint" = Uuid, Path)), request_body = ChangesBody,
    responses(
        (status = 200, body = EndpointView),
        (status = 404, description = "`endpoint_unknown`"),
        (status = 422, description = "`body_invalid`"),
    )
)]
async fn change(
    State(app): State<App>,
    principal: Principal,
    Path((brand, endpoint)): Path<(String, Uuid)>,
    Json(body): Json<ChangesBody>,
) -> Result<Json<EndpointView>, ApiError> {
    let changes = Changes {
        url: body.url,
        events: body.events,
        note: body.note,
        enabled: body.enabled,
    };
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::change_endpoint(&app, &principal, &brand, endpoint, changes).await }
    };
    detached(&app, command).await?;
    Ok(Json(queries::endpoint(&app, &brand, endpoint).await?))
}

/// Remove an endpoint, with the log of its deliveries
#[utoipa::path(
    delete, path = "/brands/{brand}/webhooks/{endpoint}", tag = "webhooks",
    security(("api_key" = ["webhooks.manage"])),
    params(("brand" = String, Path, example = "acme"), ("endpoint" = Uuid, Path)),
    responses((status = 204), (status = 404, description = "`endpoint_unknown`"))
)]
async fn remove(
    State(app): State<App>,
    principal: Principal,
    Path((brand, endpoint)): Path<(String, Uuid)>,
) -> Result<StatusCode, ApiError> {
    let command = {
        let app = app.clone();
        async move { commands::remove_endpoint(&app, &principal, &brand, endpoint).await }
    };
    detached(&app, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign with another secret; for a day the old one signs as well
#[utoipa::path(
    post, path = "/brands/{brand}/webhooks/{endpoint}/rotate-secret", tag = "webhooks",
    security(("api_key" = ["webhooks.manage"])),
    params(("brand" = String, Path, example = "acme"), ("endpoint" = Uuid, Path)),
    responses((status = 200, body = CreatedEndpoint), (status = 404, description = "`endpoint_unknown`"))
)]
async fn rotate_secret(
    State(app): State<App>,
    principal: Principal,
    Path((brand, endpoint)): Path<(String, Uuid)>,
) -> Result<Json<CreatedEndpoint>, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::rotate_secret(&app, &principal, &brand, endpoint).await }
    };
    let secret = detached(&app, command).await?.secret;
    let endpoint = queries::endpoint(&app, &brand, endpoint).await?;
    Ok(Json(CreatedEndpoint { secret, endpoint }))
}
