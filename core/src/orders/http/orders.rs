use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::holder::{Holder, view};
use super::wait::{PREFERENCE_APPLIED, preferred, until_answered};
use crate::app::App;
use crate::http::{ApiError, Json, Keyed, Path, Perhaps, X_ORDER_KEY, detached, replayed};
use crate::locale::Locale;
use crate::orders::commands::{self, Buyer, Place};
use crate::orders::queries::{As, OrderView};
use crate::orders::{ForWhom, Payer, Wish};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(place)).routes(routes!(show))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlaceBody {
    #[schema(example = "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11")]
    quote_id: Uuid,
    /// Where to write to; who is signed in is written to at the address of their account
    #[schema(example = "caio@acme.example")]
    email: Option<String>,
    /// In which mails are written
    locale: Option<Locale>,
    #[schema(inline)]
    for_whom: ForWhom,
    /// Who gives it, at most 80 characters: needed if it is for someone else
    #[schema(example = "Caio")]
    is_from: Option<String>,
    /// Who gets it, at most 80 characters
    #[schema(example = "Bia")]
    is_to: String,
    /// What the video is to say, 1 to 2000 characters
    #[schema(example = "Wish her a happy birthday, and sing.")]
    instruction: String,
    /// What it is for, at most 80 characters
    #[schema(example = "birthday")]
    occasion: Option<String>,
    /// In which the talent is to speak
    language: Locale,
    /// Whether everybody may see the video with the talent's
    #[schema(example = false)]
    is_public: bool,
    /// The gateway's token of how it is paid
    #[schema(example = "sandbox_approve")]
    payment_method: String,
    /// Kept sealed, and shredded 90 days later
    payer: Option<Payer>,
}

/// Order a video at the price that was quoted
///
/// The amount is held at once and taken when the video is there. `X-Order-Key` of the answer opens the order: for guests
/// it is the only way besides their mail.
#[utoipa::path(post, path = "/orders", tag = "orders", request_body = PlaceBody, security((), ("session" = [])),
    params(
        ("idempotency-key" = String, Header),
        ("prefer" = Option<String>, Header, description = "`wait=5`: answer once it is known whether the amount is held, or \
            after so many seconds, at most 10", example = "wait=5"),
    ),
    responses(
        (status = 201, body = OrderView, headers(
            ("location" = String), ("x-order-key" = String), ("idempotency-replayed" = String),
            ("preference-applied" = String),
        )),
        (status = 400, description = "`idempotency_key_missing`, `idempotency_key_invalid`, `body_malformed`"),
        (status = 403, description = "`session_needed`: a key is not enough"),
        (status = 404, description = "`quote_unknown`, `talent_unknown`"),
        (status = 409, description = "`quote_expired`, `quote_used`, `talent_unavailable`, `talent_fully_booked`, \
            `promotion_used_up`, `own_video`, `idempotency_in_flight`"),
        (status = 422, description = "`body_invalid`, `idempotency_key_reused`"),
    ))]
async fn place(
    State(app): State<App>,
    Perhaps(principal): Perhaps,
    headers: HeaderMap,
    keyed: Keyed<PlaceBody>,
) -> Result<impl IntoResponse, ApiError> {
    let (body, request) = keyed.required()?;
    let buyer = match principal {
        None => Buyer::Guest {
            email: body.email,
            locale: body.locale,
        },
        Some(by) => Buyer::Person {
            person: by.signed_in.ok_or_else(ApiError::session_needed)?.person,
            by,
            email: body.email,
            locale: body.locale,
        },
    };
    let place = Place {
        quote: body.quote_id,
        buyer,
        wish: Wish {
            for_whom: body.for_whom,
            is_from: body.is_from,
            is_to: body.is_to,
            instruction: body.instruction,
            occasion: body.occasion,
            language: body.language,
            is_public: body.is_public,
        },
        payer: body.payer,
        method: body.payment_method,
    };
    let command = app.clone();
    let placed = detached(
        &app,
        async move { commands::place(&command, &request, place).await },
    )
    .await?;
    let mut more = HeaderMap::new();
    if let Some(seconds) = preferred(&headers) {
        until_answered(&app, placed.order, seconds).await?;
        let applied = format!("wait={seconds}").parse();
        more.extend(applied.ok().map(|applied| (PREFERENCE_APPLIED, applied)));
    }
    let head = [
        (header::LOCATION, format!("/v1/orders/{}", placed.order)),
        (X_ORDER_KEY, placed.key.reveal()),
    ];
    let order = view(&app, placed.order, As::Customer).await?;
    Ok((
        StatusCode::CREATED,
        head,
        more,
        replayed(placed.replayed),
        Json(order),
    ))
}

/// An order, for who ordered it, its talent and staff: each sees what is for them
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", params(("id" = Uuid, Path)),
    security(("order_key" = []), ("session" = []), ("api_key" = ["orders.read"])),
    responses((status = 200, body = OrderView), (status = 404, description = "`order_unknown`")))]
async fn show(
    State(app): State<App>,
    holder: Holder,
    Path(id): Path<Uuid>,
) -> Result<Json<OrderView>, ApiError> {
    Ok(Json(holder.view(&app, id).await?))
}
