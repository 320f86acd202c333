//! What a request may cost: so many at once, so long, so large; and a panic is one failed request.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use futures::FutureExt as _;
use tokio::sync::Semaphore;
use utoipa::openapi::OpenApi;

use super::ApiError;
use crate::app::App;
use crate::config::Config;

/// The largest body unless a route says otherwise, with a `DefaultBodyLimit` layer of its own.
pub const BODY_BYTES: usize = 1 << 20;

/// Past [`Config::requests_at_once`] the next is sent away: waiting would only help it fail later.
pub(super) fn layer(api: Router<App>, document: &OpenApi, config: &Config) -> Router<App> {
    let limits = Limits {
        free: Arc::new(Semaphore::new(config.requests_at_once)),
        within: config.answer_within,
        longer: Arc::new(longer(document)),
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
    longer: Arc<Longer>,
}

/// By path and method: what may take longer than the rest, as `x-within-seconds` in the document says.
type Longer = HashMap<(String, Method), Duration>;

fn longer(document: &OpenApi) -> Longer {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut longer = Longer::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let seconds = operation["x-within-seconds"].as_u64();
            if let (Some(seconds), Ok(method)) =
                (seconds, Method::from_bytes(method.to_uppercase().as_bytes()))
            {
                longer.insert((path.clone(), method), Duration::from_secs(seconds));
            }
        }
    }
    longer
}

async fn limit(
    State(Limits { free, within, longer }): State<Limits>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Ok(_held) = free.try_acquire() else {
        return Err(ApiError::unavailable(
            "overloaded",
            "too many requests at once, try again",
        ));
    };
    let route = (path.as_str().to_owned(), request.method().clone());
    let within = longer.get(&route).copied().unwrap_or(within);
    match tokio::time::timeout(within, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_)) => Err(ApiError::unexpected(anyhow!("the handler panicked"))),
        Err(_) => {
            let detail = "it took too long; what was begun goes on, so look before you try again";
            Err(ApiError::unavailable("timeout", detail))
        }
    }
}
