//! What a request may cost: so many at once, so long, so large; and a panic is one failed request.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use futures::FutureExt as _;
use tokio::sync::Semaphore;

use super::ApiError;
use crate::app::App;
use crate::config::Config;

/// The largest body unless a route says otherwise, with a `DefaultBodyLimit` layer of its own.
pub const BODY_BYTES: usize = 1 << 20;

/// Past [`Config::requests_at_once`] the next is sent away: waiting would only help it fail later.
pub(super) fn layer(api: Router<App>, config: &Config) -> Router<App> {
    let limits = Limits {
        free: Arc::new(Semaphore::new(config.requests_at_once)),
        within: config.answer_within,
    };
    api.layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(limits, limit))
}

#[derive(Clone)]
struct Limits {
    free: Arc<Semaphore>,
    /// From the head of the request to the head of the answer; a slow body counts. A command that was begun
    /// is not stopped by this.
    within: Duration,
}

async fn limit(
    State(Limits { free, within }): State<Limits>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Ok(_held) = free.try_acquire() else {
        return Err(ApiError::unavailable(
            "overloaded",
            "too many requests at once, try again",
        ));
    };
    match tokio::time::timeout(within, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_)) => Err(ApiError::unexpected(anyhow!("the handler panicked"))),
        Err(_) => Err(ApiError::unavailable("timeout", "the request took too long")),
    }
}
