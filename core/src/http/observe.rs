//! One id, one line in the log and one measurement per request.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::app::App;
use crate::ids;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const QUIET: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id of the request being answered.
pub(super) fn request_id() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}

pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = given_id(&request).unwrap_or_else(|| ids::fresh(app.now()).to_string());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!("request", id);
    let began = Instant::now();
    let mut response = REQUEST_ID
        .scope(id.clone(), next.run(request))
        .instrument(span.clone())
        .await;
    let took = began.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| {
        // Probes and scrapes come every few seconds and tell nothing.
        if QUIET.contains(&route.as_str()) && status < 400 {
            return;
        }
        tracing::info!(%method, route, status, duration_ms = took.as_millis(), "{method} {route} {status}");
    });
    let labels = [
        ("method", method.to_string()),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::histogram!("marquee_http_request_seconds", &labels).record(took);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

/// A caller's own id, when it cannot forge a log line or fill a disk.
fn given_id(request: &Request) -> Option<String> {
    let given = request.headers().get(X_REQUEST_ID)?.to_str().ok()?;
    let fine = (8..=64).contains(&given.len())
        && given
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    fine.then(|| given.to_owned())
}
