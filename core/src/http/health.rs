//! Whether the process lives, and whether it should be sent requests. Both cheap, both without a key.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::ApiError;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
}

async fn ready(State(app): State<App>) -> Result<(StatusCode, &'static str), ApiError> {
    if app.stopping.is_cancelled() {
        return Err(ApiError::unavailable("stopping", "the process is stopping"));
    }
    let answered = tokio::time::timeout(
        Duration::from_secs(1),
        sqlx::query!("select 1 as one").fetch_one(&app.db),
    );
    match answered.await {
        Ok(Ok(_)) => Ok((StatusCode::OK, "ready\n")),
        Ok(Err(_)) | Err(_) => Err(ApiError::unavailable("database", "the database does not answer")),
    }
}
