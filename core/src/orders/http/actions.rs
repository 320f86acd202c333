use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::holder::{Holder, view};
use super::wait::{preferred, until_answered};
use crate::access::{Principal, SignedIn};
use crate::app::App;
use crate::http::{ApiError, Json, Keyed, Path, detached, replayed};
use crate::orders::Payer;
use crate::orders::commands::{self, Announced, Pay};
use crate::orders::queries::{As, OrderView};
use crate::videos;
use crate::videos::queries::UploadView;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(pay))
        .routes(routes!(cancel))
        .routes(routes!(reject))
        .routes(routes!(open_upload))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PayBody {
    /// The gateway's token of how it is paid
    #[schema(example = "sandbox_approve")]
    payment_method: String,
    /// Kept sealed, and shredded 90 days later; who was said before stays, unless given
    payer: Option<Payer>,
}

/// Pay in another way, after a decline or for a video whose money could not be taken
#[utoipa::path(post, path = "/orders/{id}/pay", tag = "orders", request_body = PayBody,
    security(("order_key" = []), ("session" = [])),
    params(
        ("id" = Uuid, Path),
        ("idempotency-key" = String, Header),
        ("prefer" = Option<String>, Header, description = "`wait=5`: answer once it is known whether the amount is held, or \
            after so many seconds, at most 10", example = "wait=5"),
    ),
    responses(
        (status = 200, body = OrderView, headers(("idempotency-replayed" = String))),
        (status = 400, description = "`idempotency_key_missing`, `idempotency_key_invalid`, `body_malformed`"),
        (status = 404, description = "`order_unknown`"),
        (status = 409, description = "`illegal_transition`, `payment_pending`, `idempotency_in_flight`"),
        (status = 422, description = "`body_invalid`, `idempotency_key_reused`"),
    ))]
async fn pay(
    State(app): State<App>,
    holder: Holder,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    keyed: Keyed<PayBody>,
) -> Result<impl IntoResponse, ApiError> {
    let (body, request) = keyed.required()?;
    let cause = holder.customer(&app, id).await?;
    let command = app.clone();
    let repeated = detached(&app, async move {
        let pay = Pay {
            method: body.payment_method,
            payer: body.payer,
        };
        commands::pay(&command, &request, id, cause, pay).await
    })
    .await?;
    if let Some(seconds) = preferred(&headers) {
        until_answered(&app, id, seconds).await?;
    }
    let order = view(&app, id, As::Customer).await?;
    Ok((replayed(repeated), Json(order)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CancelBody {
    /// Why, at most 500 characters; the customer and the talent read it
    #[schema(example = "The birthday was moved.")]
    reason: Option<String>,
}

/// Call an order off: its customer before there is a video, staff before it is paid
#[utoipa::path(post, path = "/orders/{id}/cancel", tag = "orders", request_body = CancelBody,
    security(("order_key" = []), ("session" = []), ("api_key" = ["orders.manage"])), params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = OrderView),
        (status = 403, description = "`forbidden`: the key lacks the permission"),
        (status = 404, description = "`order_unknown`"),
        (status = 409, description = "`illegal_transition`, `payment_pending`"),
    ))]
async fn cancel(
    State(app): State<App>,
    holder: Holder,
    Path(id): Path<Uuid>,
    Json(body): Json<CancelBody>,
) -> Result<Json<OrderView>, ApiError> {
    let by = holder.customer_or_staff(&app, id).await?;
    let command = app.clone();
    detached(&app, async move {
        commands::cancel(&command, &by, id, body.reason.as_deref()).await
    })
    .await?;
    Ok(Json(holder.view(&app, id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RejectBody {
    /// Why, 1 to 500 characters; the customer reads it
    #[schema(example = "I do not sing this song.")]
    reason: String,
}

/// Refuse an order that was made to oneself as a talent
#[utoipa::path(post, path = "/orders/{id}/reject", tag = "orders", request_body = RejectBody,
    security(("session" = [])), params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = OrderView),
        (status = 404, description = "`order_unknown`"),
        (status = 409, description = "`illegal_transition`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn reject(
    State(app): State<App>,
    who: SignedIn,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<RejectBody>,
) -> Result<Json<OrderView>, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::reject(&command, &by, who.person, id, &body.reason).await
    })
    .await?;
    Ok(Json(view(&app, id, As::Talent).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UploadBody {
    /// The media type of the file; what it really is, is found out
    #[schema(example = "video/mp4")]
    r#type: String,
    /// At most 1,000,000,000
    #[schema(example = 7_340_032)]
    size_bytes: u64,
}

/// Announce the video of an order that was made to oneself as a talent; then send it with `PUT /v1/uploads/{id}`
#[utoipa::path(post, path = "/orders/{id}/uploads", tag = "orders", request_body = UploadBody,
    security(("session" = [])), params(("id" = Uuid, Path)),
    responses(
        (status = 201, body = UploadView),
        (status = 404, description = "`order_unknown`"),
        (status = 409, description = "`order_expired`, `video_exists`, `order_not_open`"),
        (status = 422, description = "`size_invalid`, `type_invalid`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn open_upload(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<UploadBody>,
) -> Result<impl IntoResponse, ApiError> {
    let announced = Announced {
        media_type: body.r#type,
        size_bytes: body.size_bytes,
    };
    let command = app.clone();
    let upload = detached(&app, async move {
        commands::open_upload(&command, who.person, id, announced).await
    })
    .await?;
    let upload = videos::queries::find(&mut *app.db.acquire().await?, upload).await?;
    let upload = upload.ok_or(videos::Error::Unknown)?;
    Ok((StatusCode::CREATED, Json(upload)))
}
