//! Payments to read, and the door through which gateways tell us what happened.

mod error;
mod staff;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::domain::Status;
use super::queries::{self, Filter, PaymentDetail, PaymentView};
use super::{BadSignature, CardForm, Error, commands};
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(find))
        .routes(routes!(gateway))
        .routes(routes!(hear))
        .routes(routes!(act))
        .merge(staff::routes())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(inline)]
    status: Option<Status>,
    /// Of this order
    order: Option<Uuid>,
    /// Only those that wait for somebody to look at them, or only others
    held: Option<bool>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What customers pay, newest first
#[utoipa::path(get, path = "/payments", tag = "payments", params(ListQuery),
    security(("api_key" = ["payments.read"])), responses((status = 200, body = List<PaymentView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<PaymentView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = Filter {
        status: query.status,
        order: query.order,
        held: query.held,
    };
    Ok(Json(
        queries::list(&mut *app.db.acquire().await?, &filter, page).await?,
    ))
}

/// A payment, with everything that was asked of the gateway for it
#[utoipa::path(get, path = "/payments/{id}", tag = "payments", params(("id" = Uuid, Path)),
    security(("api_key" = ["payments.read"])),
    responses((status = 200, body = PaymentDetail), (status = 404, description = "`payment_unknown`")))]
async fn find(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<PaymentDetail>, ApiError> {
    let payment = queries::find(&mut *app.db.acquire().await?, id).await?;
    payment.map(Json).ok_or_else(|| Error::Unknown.into())
}

/// Who takes customers' money
#[derive(Serialize, ToSchema)]
#[schema(as = Gateway)]
struct GatewayView {
    /// As it is configured; `sandbox` takes nobody's, and `none` declines everything
    #[schema(example = "sandbox")]
    name: &'static str,
    /// What a page needs to ask for a card; `null`: it names one of the gateway's tokens by itself
    card_form: Option<CardForm>,
}

/// Who takes customers' money, and how a page asks for a card
///
/// What the gateway's own form makes of a card is an order's `payment_method`: no card ever comes here. Where the
/// customer's bank wants to be asked, the order's `action` says where.
#[utoipa::path(get, path = "/gateway", tag = "payments", security(()),
    responses((status = 200, body = GatewayView)))]
async fn gateway(State(app): State<App>) -> Json<GatewayView> {
    Json(GatewayView {
        name: app.gateway.name(),
        card_form: app.gateway.card_form(),
    })
}

/// Where a gateway tells us what happened
///
/// Signed in the header that the gateway uses, over the bytes as they are. Answered once it is kept; what comes of it is
/// found out afterwards. Told again, it changes nothing.
#[utoipa::path(post, path = "/gateways/{gateway}/events", tag = "payments", security(()),
    params(("gateway" = String, Path, example = "sandbox", description = "Its name")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "As the gateway makes it"),
    responses(
        (status = 204, description = "It is kept"),
        (status = 400, description = "`signature_invalid`, `event_invalid`, `event_of_other_mode`"),
        (status = 404, description = "`gateway_unknown`"),
    ))]
async fn hear(
    State(app): State<App>,
    Path(gateway): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, ApiError> {
    let body = body?;
    let mut signatures = headers.get_all(app.gateway.signature_header()).iter();
    let signature = signatures.next().filter(|_| signatures.next().is_none());
    let signature = signature.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let command = app.clone();
    let accept = async move {
        // Also without a signature, so that an unknown gateway is told that it is one.
        let signature = signature.unwrap_or_default();
        commands::accept_notice(&command, &gateway, &signature, &body).await
    };
    detached(&app, accept).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActBody {
    /// Whether the customer confirms the payment
    #[schema(example = true)]
    approve: bool,
}

/// Confirm a payment of the built-in gateway, as a customer does on a page of their bank's
#[utoipa::path(post, path = "/gateways/{gateway}/actions/{reference}", tag = "payments", security(()),
    request_body = ActBody,
    params(
        ("gateway" = String, Path, example = "sandbox", description = "Its name"),
        ("reference" = String, Path, example = "sb_019f2f0c2d4e7c528a0e4a1d5c1f7a10", description = "Of the payment"),
    ),
    responses(
        (status = 204, description = "It is noted"),
        (status = 404, description = "`gateway_unknown`, `payment_unknown`"),
    ))]
async fn act(
    State(app): State<App>,
    Path((gateway, reference)): Path<(String, String)>,
    Json(body): Json<ActBody>,
) -> Result<StatusCode, ApiError> {
    if gateway != app.gateway.name() {
        return Err(Error::NoGateway(gateway).into());
    }
    let command = app.clone();
    let act = async move {
        command
            .gateway
            .act(&reference, body.approve)
            .await
            .map_err(Error::from)
    };
    if detached(&app, act).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::Unknown.into())
    }
}

impl From<BadSignature> for ApiError {
    fn from(bad: BadSignature) -> Self {
        Self::bad_request("signature_invalid", bad.to_string())
    }
}
