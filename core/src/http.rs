//! One router, one shape of error, and what every request goes through.

mod error;
mod extract;
mod guard;
mod health;
mod observe;
mod serve;

use std::future::Future;

use axum::Router;
use axum::routing::get;
use tracing::Instrument as _;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use error::{ApiError, FieldError};
pub use extract::{Json, Path, Query};
pub use serve::serve;

use crate::app::App;
use crate::platform::jobs;
use crate::{hits, redirects};

#[derive(OpenApi)]
#[openapi(info(
    title = "Marquee",
    description = "Redirect rules, what is live, and what was decided"
))]
struct Document;

/// The whole API. Every operation says in its OpenAPI `security` which permission it needs, and exactly that
/// is enforced: see [`guard`].
pub fn router(app: App) -> Router {
    let features = OpenApiRouter::new()
        .merge(jobs::http::routes())
        .merge(redirects::http::routes())
        .merge(hits::http::routes());
    let (api, document) = OpenApiRouter::with_openapi(Document::openapi())
        .nest("/v1", features)
        .split_for_parts();
    let api = guard::layer(api, &document, app.clone());
    let document = document.to_json().unwrap_or_default();
    Router::new()
        .merge(api)
        .route(
            "/v1/openapi.json",
            get(async || ([("content-type", "application/json")], document)),
        )
        .merge(health::routes())
        .fallback(async || ApiError::not_found("route_unknown", "there is no such route"))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(axum::middleware::from_fn_with_state(
            app.clone(),
            observe::observe,
        ))
        .with_state(app)
}

/// Runs a command to its end even when the client hangs up: axum drops a handler whose client has gone, and
/// half a command must not happen. Awaited at shutdown, too.
pub async fn detached<T, E>(
    app: &App,
    command: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, ApiError>
where
    T: Send + 'static,
    E: Into<ApiError> + Send + 'static,
{
    match app.commands.spawn(command.in_current_span()).await {
        Ok(result) => result.map_err(Into::into),
        Err(panicked) => Err(ApiError::unexpected(panicked)),
    }
}
