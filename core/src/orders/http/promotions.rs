use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, Query, detached, etag};
use crate::money::Money;
use crate::orders::commands::{self, NewPromotion, PromotionChange};
use crate::orders::queries::{self, PromotionFilter, PromotionStatus, PromotionView};
use crate::orders::{Error, Reduction};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change))
        .routes(routes!(retire))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PromotionsQuery {
    /// Part of the code or of the note
    #[param(example = "natal")]
    q: Option<String>,
    #[param(inline)]
    status: Option<PromotionStatus>,
    /// For this talent only
    talent: Option<Uuid>,
    /// For talents of this category only
    #[param(example = "musicians")]
    category: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Promotions, the newest first
#[utoipa::path(get, path = "/promotions", tag = "orders", params(PromotionsQuery),
    security(("api_key" = ["promotions.manage"])), responses((status = 200, body = List<PromotionView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<PromotionsQuery>,
) -> Result<Json<List<PromotionView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = PromotionFilter {
        status: query.status,
        text: query.q,
        talent: query.talent,
        category: query.category,
    };
    let list = queries::list_promotions(&mut *app.db.acquire().await?, &filter, app.now(), page).await;
    Ok(Json(list.map_err(Error::from)?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPromotionBody {
    /// What customers type: 3 to 40 letters without accents, digits, `-` and `_`, large or small
    #[schema(example = "NATAL-10")]
    code: String,
    discount: Reduction,
    /// For this talent only
    talent_id: Option<Uuid>,
    /// For talents of this category only
    #[schema(example = "musicians")]
    category: Option<String>,
    /// What it is for, for people to read: at most 500 characters
    #[schema(example = "Newsletter of December")]
    note: Option<String>,
    /// Of the list price
    minimum_price: Option<Money>,
    /// Since ever, unless given
    #[serde(default, with = "time::serde::rfc3339::option")]
    valid_from: Option<OffsetDateTime>,
    /// Until just before then; until it is retired, unless given
    #[serde(default, with = "time::serde::rfc3339::option")]
    valid_until: Option<OffsetDateTime>,
    /// By how many orders; by any number, unless given
    #[schema(minimum = 1, example = 500)]
    total_uses: Option<i32>,
    /// By how many of each customer's; by any number, unless given
    #[schema(minimum = 1, example = 1)]
    uses_per_customer: Option<i32>,
}

/// Make a promotion
///
/// The platform bears what it takes off: shares are of the list price. At least 50 of the currency's smallest unit are
/// left to pay, whatever the discount.
#[utoipa::path(post, path = "/promotions", tag = "orders", request_body = NewPromotionBody,
    security(("api_key" = ["promotions.manage"])),
    responses(
        (status = 201, body = PromotionView, headers(("etag" = String))),
        (status = 409, description = "`promotion_exists`: one in use has this code"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn create(
    State(app): State<App>,
    by: Principal,
    Json(body): Json<NewPromotionBody>,
) -> Result<impl IntoResponse, ApiError> {
    let new = NewPromotion {
        code: body.code,
        reduction: body.discount,
        talent: body.talent_id,
        category: body.category,
        limits: PromotionChange {
            note: body.note,
            minimum_price: Some(body.minimum_price),
            valid_from: Some(body.valid_from),
            valid_until: Some(body.valid_until),
            total_uses: Some(body.total_uses),
            uses_per_customer: Some(body.uses_per_customer),
        },
    };
    let command = app.clone();
    let created = detached(&app, async move {
        commands::create_promotion(&command, &by, new).await
    });
    let id = created.await?;
    let location = [(header::LOCATION, format!("/v1/promotions/{id}"))];
    Ok((StatusCode::CREATED, location, shown(&app, id).await?))
}

/// One promotion
#[utoipa::path(get, path = "/promotions/{id}", tag = "orders", params(("id" = Uuid, Path)),
    security(("api_key" = ["promotions.manage"])),
    responses(
        (status = 200, body = PromotionView, headers(("etag" = String))),
        (status = 404, description = "`promotion_unknown`"),
    ))]
async fn show(State(app): State<App>, Path(id): Path<Uuid>) -> Result<impl IntoResponse, ApiError> {
    shown(&app, id).await
}

/// What is left out stays; `null` limits no longer
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PromotionBody {
    /// What it is for, for people to read: at most 500 characters
    #[schema(example = "Newsletter of December")]
    note: Option<String>,
    /// Of the list price
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Money>)]
    minimum_price: Option<Option<Money>>,
    #[serde(default, deserialize_with = "time_given")]
    #[schema(value_type = Option<OffsetDateTime>)]
    valid_from: Option<Option<OffsetDateTime>>,
    /// Until just before then
    #[serde(default, deserialize_with = "time_given")]
    #[schema(value_type = Option<OffsetDateTime>)]
    valid_until: Option<Option<OffsetDateTime>>,
    /// By how many orders
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>, minimum = 1, example = 500)]
    total_uses: Option<Option<i32>>,
    /// By how many of each customer's
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>, minimum = 1, example = 1)]
    uses_per_customer: Option<Option<i32>>,
}

/// `null` is something else than nothing.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn time_given<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<OffsetDateTime>>, D::Error> {
    time::serde::rfc3339::option::deserialize(deserializer).map(Some)
}

/// Change how long, how often and for which prices a promotion can be used
#[utoipa::path(patch, path = "/promotions/{id}", tag = "orders", request_body = PromotionBody,
    params(("id" = Uuid, Path), ("if-match" = String, Header)), security(("api_key" = ["promotions.manage"])),
    responses(
        (status = 200, body = PromotionView, headers(("etag" = String))),
        (status = 404, description = "`promotion_unknown`"),
        (status = 409, description = "`promotion_retired`"),
        (status = 412, description = "`promotion_changed`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn change(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    IfMatch(seen): IfMatch,
    Json(body): Json<PromotionBody>,
) -> Result<impl IntoResponse, ApiError> {
    let change = PromotionChange {
        note: body.note,
        minimum_price: body.minimum_price,
        valid_from: body.valid_from,
        valid_until: body.valid_until,
        total_uses: body.total_uses,
        uses_per_customer: body.uses_per_customer,
    };
    let command = app.clone();
    detached(&app, async move {
        commands::change_promotion(&command, &by, id, seen, change).await
    })
    .await?;
    shown(&app, id).await
}

/// Have a promotion used by nobody from now on; its code is free again
#[utoipa::path(post, path = "/promotions/{id}/retire", tag = "orders",
    params(("id" = Uuid, Path), ("if-match" = String, Header)), security(("api_key" = ["promotions.manage"])),
    responses(
        (status = 200, body = PromotionView, headers(("etag" = String))),
        (status = 404, description = "`promotion_unknown`"),
        (status = 409, description = "`promotion_retired`: it is so already"),
        (status = 412, description = "`promotion_changed`"),
    ))]
async fn retire(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    IfMatch(seen): IfMatch,
) -> Result<impl IntoResponse, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::retire_promotion(&command, &by, id, seen).await
    })
    .await?;
    shown(&app, id).await
}

async fn shown(app: &App, id: Uuid) -> Result<impl IntoResponse + use<>, ApiError> {
    let found = queries::find_promotion(&mut *app.db.acquire().await?, id, app.now()).await;
    let promotion = found.map_err(Error::from)?.ok_or(Error::NoPromotion)?;
    Ok((etag(promotion.version), Json(promotion)))
}
