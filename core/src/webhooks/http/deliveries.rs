use axum::extract::State;
use axum::http::StatusCode;
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
use crate::webhooks::commands;
use crate::webhooks::queries::{self, DeliveryLog, DeliveryView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(send_test))
        .routes(routes!(deliveries))
        .routes(routes!(delivery))
        .routes(routes!(resend))
}

#[derive(Serialize, ToSchema)]
struct Queued {
    /// Where to see how it goes: `…/deliveries/{delivery}`
    delivery: Uuid,
}

/// Send `webhook.test` to an endpoint
#[utoipa::path(
    post, path = "/brands/{brand}/webhooks/{endpoint}/test", tag = "webhooks",
    security(("api_key" = ["webhooks.manage"])),
    params(("brand" = String, Path, example = "acme"), ("endpoint" = Uuid, Path)),
    responses((status = 202, body = Queued), (status = 404, description = "`endpoint_unknown`"))
)]
async fn send_test(
    State(app): State<App>,
    principal: Principal,
    Path((brand, endpoint)): Path<(String, Uuid)>,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let app = app.clone();
        async move { commands::send_test(&app, &principal, &brand, endpoint).await }
    };
    let delivery = detached(&app, command).await?;
    Ok((StatusCode::ACCEPTED, Json(Queued { delivery })))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DeliveriesQuery {
    /// `pending`, `delivered` or `failed`; all unless given
    #[param(inline)]
    status: Option<Status>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryStatus)]
enum Status {
    Pending,
    Delivered,
    Failed,
}

/// What was sent to an endpoint, the newest first
#[utoipa::path(
    get, path = "/brands/{brand}/webhooks/{endpoint}/deliveries", tag = "webhooks",
    security(("api_key" = ["webhooks.manage"])),
    params(("brand" = String, Path, example = "acme"), ("endpoint" = Uuid, Path), DeliveriesQuery),
    responses((status = 200, body = List<DeliveryView>), (status = 404, description = "`endpoint_unknown`"))
)]
async fn deliveries(
    State(app): State<App>,
    Path((brand, endpoint)): Path<(String, Uuid)>,
    Query(query): Query<DeliveriesQuery>,
) -> Result<Json<List<DeliveryView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let status = query.status.map(|status| match status {
        Status::Pending => "pending",
        Status::Delivered => "delivered",
        Status::Failed => "failed",
    });
    Ok(Json(
        queries::deliveries(&app, &brand, endpoint, status, page).await?,
    ))
}

/// One delivery, with what was sent and every attempt
#[utoipa::path(
    get, path = "/brands/{brand}/webhooks/{endpoint}/deliveries/{delivery}", tag = "webhooks",
    security(("api_key" = ["webhooks.manage"])),
    params(
        ("brand" = String, Path, example = "acme"), ("endpoint" = Uuid, Path), ("delivery" = Uuid, Path)
    ),
    responses(
        (status = 200, body = DeliveryLog),
        (status = 404, description = "`endpoint_unknown`, `delivery_unknown`"),
    )
)]
async fn delivery(
    State(app): State<App>,
    Path((brand, endpoint, delivery)): Path<(String, Uuid, Uuid)>,
) -> Result<Json<DeliveryLog>, ApiError> {
    Ok(Json(queries::delivery(&app, &brand, endpoint, delivery).await?))
}

/// Try a delivery once more, now
#[utoipa::path(
    post, path = "/brands/{brand}/webhooks/{endpoint}/deliveries/{delivery}/retry", tag = "webhooks",
    security(("api_key" = ["webhooks.manage"])),
    params(
        ("brand" = String, Path, example = "acme"), ("endpoint" = Uuid, Path), ("delivery" = Uuid, Path)
    ),
    responses((status = 202, body = Queued), (status = 404, description = "`delivery_unknown`"))
)]
async fn resend(
    State(app): State<App>,
    Path((brand, endpoint, delivery)): Path<(String, Uuid, Uuid)>,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let app = app.clone();
        async move { commands::resend(&app, &brand, endpoint, delivery).await }
    };
    detached(&app, command).await?;
    Ok((StatusCode::ACCEPTED, Json(Queued { delivery })))
}
