use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::http::{ApiError, Json, Path};
use crate::orders::Error;
use crate::orders::queries::{self, PayerView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Who pays for an order, if that was said: masked, and shredded 90 days after it was said last
#[utoipa::path(get, path = "/orders/{id}/payer", tag = "orders", params(("id" = Uuid, Path)),
    security(("api_key" = ["orders.read"])),
    responses((status = 200, body = PayerView), (status = 404, description = "`payer_unknown`")))]
async fn show(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<PayerView>, ApiError> {
    let found = queries::find_payer(&app, &mut *app.db.acquire().await?, id).await;
    let payer = found.map_err(Error::from)?;
    Ok(Json(payer.ok_or(Error::NoPayer)?))
}
