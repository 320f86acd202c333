use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::holder::Holder;
use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Keyed, Path, Query, detached, replayed};
use crate::money::Money;
use crate::orders::Error;
use crate::orders::commands::{self, Refund};
use crate::orders::queries::{self, As, RefundView};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, refund))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    /// All that is left of what the customer paid, unless given
    amount: Option<Money>,
    /// Why, for staff: 1 to 500 characters
    #[schema(example = "The name was pronounced wrongly.")]
    reason: String,
    /// Whether the customer keeps the video even if nothing is left of what they paid
    #[serde(default)]
    #[schema(example = false)]
    keeps_video: bool,
}

/// Give some or all of what was paid for a delivered order back
///
/// The gateway is asked at once and may answer later: the customer is mailed when it has given the money back. Who shared
/// in the sale gives their part of it. Once all is given back the order is `refunded`, and the video is withheld unless
/// the customer is to keep it.
#[utoipa::path(post, path = "/orders/{id}/refunds", tag = "orders", request_body = RefundBody,
    params(("id" = Uuid, Path), ("idempotency-key" = String, Header)), security(("api_key" = ["orders.refund"])),
    responses(
        (status = 201, body = RefundView, headers(("idempotency-replayed" = String))),
        (status = 400, description = "`idempotency_key_missing`, `idempotency_key_invalid`, `body_malformed`"),
        (status = 404, description = "`order_unknown`"),
        (status = 409, description = "`illegal_transition`: it was not delivered; `refund_too_large`: more than what is \
            left; `nothing_left`; `payment_held`; `idempotency_in_flight`"),
        (status = 422, description = "`body_invalid`, `currency_other`, `idempotency_key_reused`"),
    ))]
async fn refund(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    keyed: Keyed<RefundBody>,
) -> Result<impl IntoResponse, ApiError> {
    let (body, request) = keyed.required()?;
    let wanted = Refund {
        amount: body.amount,
        reason: body.reason,
        keeps_video: body.keeps_video,
    };
    let command = app.clone();
    let asked = detached(&app, async move {
        commands::refund(&command, &by, Some(&request), id, wanted).await
    });
    let asked = asked.await?;
    let found = queries::find_refund(&mut *app.db.acquire().await?, asked.refund).await;
    let refund = found.map_err(Error::from)?.ok_or(Error::Unknown)?;
    Ok((StatusCode::CREATED, replayed(asked.replayed), Json(refund)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RefundsQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What is given back of what was paid for an order, newest first: for its customer and staff
#[utoipa::path(get, path = "/orders/{id}/refunds", tag = "orders", params(("id" = Uuid, Path), RefundsQuery),
    security(("order_key" = []), ("session" = []), ("api_key" = ["orders.read"])),
    responses((status = 200, body = List<RefundView>), (status = 404, description = "`order_unknown`")))]
async fn list(
    State(app): State<App>,
    holder: Holder,
    Path(id): Path<Uuid>,
    Query(query): Query<RefundsQuery>,
) -> Result<Json<List<RefundView>>, ApiError> {
    let role = holder.role(&app, id).await?;
    if role == As::Talent {
        return Err(Error::Unknown.into());
    }
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let mut conn = app.db.acquire().await?;
    let list = queries::list_refunds(&mut conn, id, role == As::Staff, page).await;
    Ok(Json(list.map_err(Error::from)?))
}
