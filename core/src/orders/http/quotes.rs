use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::http::{ApiError, ClientNetwork, Json, Path, detached};
use crate::orders::queries::{self, QuoteView};
use crate::orders::{Error, commands};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(quote)).routes(routes!(show))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuoteBody {
    #[schema(example = "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11")]
    talent_id: Uuid,
    /// Of a promotion
    #[schema(example = "NATAL-10")]
    promotion_code: Option<String>,
}

/// Ask what an order of a talent costs; it holds for a quarter of an hour, for one order
#[utoipa::path(post, path = "/quotes", tag = "orders", request_body = QuoteBody, security(()),
    responses(
        (status = 201, body = QuoteView, headers(("location" = String))),
        (status = 404, description = "`talent_unknown`"),
        (status = 409, description = "`talent_unavailable`: they take no orders; `promotion_used_up`"),
        (status = 422, description = "`promotion_unknown`, `promotion_over`, `promotion_not_here`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn quote(
    State(app): State<App>,
    ClientNetwork(network): ClientNetwork,
    Json(body): Json<QuoteBody>,
) -> Result<impl IntoResponse, ApiError> {
    let network = network.map(|network| network.to_string()).unwrap_or_default();
    let command = app.clone();
    let id = detached(&app, async move {
        commands::quote(&command, &network, body.talent_id, body.promotion_code.as_deref()).await
    })
    .await?;
    let location = [(header::LOCATION, format!("/v1/quotes/{id}"))];
    Ok((StatusCode::CREATED, location, view(&app, id).await?))
}

/// What was promised
#[utoipa::path(get, path = "/quotes/{id}", tag = "orders", params(("id" = Uuid, Path)), security(()),
    responses((status = 200, body = QuoteView), (status = 404, description = "`quote_unknown`")))]
async fn show(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<QuoteView>, ApiError> {
    view(&app, id).await
}

async fn view(app: &App, id: Uuid) -> Result<Json<QuoteView>, ApiError> {
    let quote = queries::find_quote(&mut *app.db.acquire().await?, id).await;
    let quote = quote.map_err(ApiError::unexpected)?;
    Ok(Json(quote.ok_or(Error::NoQuote)?))
}
