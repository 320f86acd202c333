//! One id, one line in the log and one measurement per request.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::ApiError;
use super::error::Fault;
use crate::app::App;
use crate::ids;
use crate::platform::alerts::{Alert, Code};
use crate::platform::telemetry;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const QUIET: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = given_id(&request).unwrap_or_else(|| ids::fresh(app.now()).to_string());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!(
        "request",
        id,
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        status = Empty
    );
    let began = Instant::now();
    let answered = telemetry::within(("request", id.clone()), answer(request, next));
    let mut response = answered.instrument(span.clone()).await;
    let took = began.elapsed();
    let status = response.status().as_u16();
    span.record("status", status);
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        let subject = format!("{method} {route}");
        let alert = match fault {
            Fault::DatabaseAway(error) => Alert::new(Code::DatabaseAway, "postgres", error),
            Fault::Ours(error) => Alert::new(Code::RequestsFailed, &subject, error),
        };
        app.alert(&alert.about("request", &id));
    }
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
        ("status", format!("{}xx", status / 100)),
    ];
    metrics::histogram!("marquee_http_request_seconds", &labels).record(took);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

/// A handler that panics is answered for, too: otherwise its client would see a line that breaks.
async fn answer(request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answer.unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<&str>().map(ToString::to_string);
        let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
        let message = message.unwrap_or_default();
        ApiError::unexpected(anyhow::anyhow!("panicked: {message}")).into_response()
    })
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
