//! Whether the process lives, whether it should be sent requests, and how it fares. All cheap, none with a
//! key: see [`crate::config::Settings::metrics_listen`] for who can reach the measurements.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::routing::get;

use super::ApiError;
use crate::app::App;
use crate::platform::{alerts, database, jobs, telemetry};

/// How long Postgres may take to answer before we are not ready.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Live: the process answers. Ready: it has a database, which has all the tables that this program was built with, and is not
/// stopping. What only some requests need is no part of it: without the store of files everything else can still be
/// answered, and every process would be sent away at once.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
}

pub(super) fn metrics_routes() -> Router<App> {
    Router::new().route("/metrics", get(metrics))
}

async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    if app.stopping.is_cancelled() {
        return Err(ApiError::unavailable("stopping", "the process is stopping"));
    }
    let look = async {
        database::version(&app.db).await?;
        anyhow::Ok(database::check_migrated(&app.db).await)
    };
    match tokio::time::timeout(ANSWER_WITHIN, look).await {
        Ok(Ok(Ok(()))) => Ok("ready\n"),
        Ok(Ok(Err(lacking))) => Err(ApiError::unavailable("migrations", lacking.to_string())),
        Ok(Err(_)) | Err(_) => Err(ApiError::unavailable("database", "the database does not answer")),
    }
}

async fn metrics(State(app): State<App>) -> ([(HeaderName, &'static str); 1], String) {
    let prometheus = telemetry::prometheus();
    let idle = app.db.num_idle();
    metrics::gauge!("marquee_pool_connections", "state" => "idle").set(idle as f64);
    let used = (app.db.size() as usize).saturating_sub(idle);
    metrics::gauge!("marquee_pool_connections", "state" => "used").set(used as f64);
    metrics::gauge!("marquee_pool_limit").set(f64::from(app.config.pool_size));
    // The rest is worth having even when the database is away.
    let measured = async { tokio::join!(jobs::measure(&app), alerts::queries::measure(&app)) };
    let _ = tokio::time::timeout(ANSWER_WITHIN, measured).await;
    prometheus.run_upkeep();
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        prometheus.render(),
    )
}
