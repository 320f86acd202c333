//! One router, one shape of error, and what every request goes through.

mod cached;
mod client;
mod connections;
mod cors;
mod document;
mod error;
mod extract;
mod file;
mod guard;
mod health;
mod idempotency;
mod limits;
mod observe;
mod serve;
mod text;
mod version;

use std::future::Future;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tracing::Instrument as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use cached::cached;
pub use client::{ClientNetwork, Peer};
pub use error::{ApiError, FieldError};
pub use extract::{Json, Path, Perhaps, Query};
pub use file::{accepted, file};
pub use guard::X_ORDER_KEY;
pub use idempotency::{IDEMPOTENCY_REPLAYED, Keyed, replayed};
pub use limits::BODY_BYTES;
pub use serve::serve;
pub use version::{IfMatch, etag};

use crate::app::App;
use crate::platform::{alerts, audit, cron, files, jobs, mail, settings, telemetry};
use crate::{
    accounts, books, catalogue, console, hits, ledger, orders, payments, payouts, privacy, redirects, videos,
    webhooks,
};

/// Everything that is answered on the API's own address. Every operation says in its OpenAPI `security` which
/// permission it needs, and exactly that is enforced: see `guard.rs`.
pub fn router(app: &App) -> Router {
    let (api, document) = api();
    let api = api.route_layer(from_fn(text::refuse_nul));
    let api = limits::layer(guard::layer(api, &document, app), &document, &app.config);
    let document = document::complete(&document);
    let pages = console::http::routes(app, api.clone().with_state(app.clone()), document.clone());
    let document = document.to_string();
    let document = async || ([(CONTENT_TYPE, "application/json")], document);
    let router = Router::new()
        .merge(api)
        .merge(pages)
        .route("/v1/openapi.json", get(document))
        .merge(health::routes());
    // Elsewhere measurements are for an address of their own: a proxy that forwards everything to this one
    // would show them to the world.
    let metrics_here = app.config.is_local() && app.config.metrics_listen.is_none();
    finish(
        if metrics_here {
            router.merge(health::metrics_routes())
        } else {
            router
        },
        app,
    )
}

/// The OpenAPI document, as clients get it.
pub fn openapi() -> serde_json::Value {
    document::complete(&api().1)
}

fn api() -> (Router<App>, OpenApi) {
    let features = OpenApiRouter::new()
        .merge(accounts::http::routes())
        .merge(jobs::http::routes())
        .merge(alerts::http::routes())
        .merge(cron::http::routes())
        .merge(audit::http::routes())
        .merge(files::http::routes())
        .merge(mail::http::routes())
        .merge(settings::http::routes())
        .merge(redirects::http::routes())
        .merge(hits::http::routes())
        .merge(videos::http::routes())
        .merge(catalogue::http::routes())
        .merge(ledger::http::routes())
        .merge(payments::http::routes())
        .merge(orders::http::routes())
        .merge(payouts::http::routes())
        .merge(books::http::routes())
        .merge(webhooks::http::routes())
        .merge(privacy::http::routes());
    let document = OpenApiRouter::with_openapi(document::empty());
    document.nest("/v1", features).split_for_parts()
}

/// What an operator's own address answers: health and measurements.
pub fn operations(app: &App) -> Router {
    finish(health::routes().merge(health::metrics_routes()), app)
}

fn finish(router: Router<App>, app: &App) -> Router {
    router
        .fallback(async || ApiError::not_found("route_unknown", "there is no such route"))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(cors::layer(&app.config.cors_origins))
        .layer(from_fn(videos::http::offer))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app.clone())
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
    match app
        .commands
        .spawn(telemetry::keep(command).in_current_span())
        .await
    {
        Ok(result) => result.map_err(Into::into),
        Err(panicked) => Err(ApiError::unexpected(panicked)),
    }
}
