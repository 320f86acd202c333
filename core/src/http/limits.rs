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

/// The largest body unless a route says otherwise, with a `DefaultBodyLimit` layer of its own.
pub const BODY_BYTES: usize = 1 << 20;
/// From the head of the request to the head of the answer; a slow body counts. A command that was begun is
/// not stopped by this.
const WITHIN: Duration = Duration::from_secs(30);
/// Past this many requests at once the next is sent away: waiting would only help it fail later.
const AT_ONCE: usize = 256;

pub(super) fn layer(api: Router<App>) -> Router<App> {
    let free = Arc::new(Semaphore::new(AT_ONCE));
    api.layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(free, limit))
}

async fn limit(
    State(free): State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Ok(_held) = free.try_acquire() else {
        return Err(ApiError::unavailable(
            "overloaded",
            "too many requests at once, try again",
        ));
    };
    match tokio::time::timeout(WITHIN, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_)) => Err(ApiError::unexpected(anyhow!("the handler panicked"))),
        Err(_) => Err(ApiError::unavailable("timeout", "the request took too long")),
    }
}
