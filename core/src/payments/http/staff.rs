//! Disputes to read, and what is held to decide on.

use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::payments::domain::DisputeStatus;
use crate::payments::queries::{self, DifferenceView, DisputeFilter, DisputeView, PaymentDetail};
use crate::payments::{Error, Release, commands};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(disputes))
        .routes(routes!(release))
        .routes(routes!(differences))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DisputesQuery {
    #[param(inline)]
    status: Option<DisputeStatus>,
    /// Of this payment
    payment: Option<Uuid>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What customers dispute with their banks, newest first
#[utoipa::path(get, path = "/disputes", tag = "payments", params(DisputesQuery),
    security(("api_key" = ["payments.read"])), responses((status = 200, body = List<DisputeView>)))]
async fn disputes(
    State(app): State<App>,
    Query(query): Query<DisputesQuery>,
) -> Result<Json<List<DisputeView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = DisputeFilter {
        status: query.status,
        payment: query.payment,
    };
    let mut conn = app.db.acquire().await?;
    Ok(Json(queries::disputes(&mut conn, &filter, page).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReleaseBody {
    #[schema(inline)]
    release: Release,
    /// Kept in the audit log: 1 to 500 characters
    #[schema(
        example = "the missing cent was refunded at the gateway",
        min_length = 1,
        max_length = 500
    )]
    reason: String,
}

/// Go on with a payment that was held for somebody to look at
///
/// `look`: it was put right, so ask the gateway. `retry`: it was surely not done, so do it. `give_up`: it was surely not
/// done, and never will be. What still does not add up is held again.
#[utoipa::path(post, path = "/payments/{id}/release", tag = "payments", params(("id" = Uuid, Path)),
    request_body = ReleaseBody, security(("api_key" = ["payments.manage"])),
    responses(
        (status = 200, body = PaymentDetail),
        (status = 404, description = "`payment_unknown`"),
        (status = 409, description = "`payment_not_held`"),
        (status = 422, description = "`body_invalid`, `reason_invalid`"),
    ))]
async fn release(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<ReleaseBody>,
) -> Result<Json<PaymentDetail>, ApiError> {
    let command = app.clone();
    let release = async move { commands::release(&command, &by, id, body.release, &body.reason).await };
    detached(&app, release).await?;
    let payment = queries::find(&mut *app.db.acquire().await?, id).await?;
    payment.map(Json).ok_or_else(|| Error::Unknown.into())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DifferencesQuery {
    /// Only those that are so no longer, or only others
    settled: Option<bool>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What the gateway and we say differently of payments, newest first
///
/// Found every day, and by `marquee reconcile`.
#[utoipa::path(get, path = "/reconciliation", tag = "payments", params(DifferencesQuery),
    security(("api_key" = ["payments.read"])), responses((status = 200, body = List<DifferenceView>)))]
async fn differences(
    State(app): State<App>,
    Query(query): Query<DifferencesQuery>,
) -> Result<Json<List<DifferenceView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(queries::differences(&mut conn, query.settled, page).await?))
}
