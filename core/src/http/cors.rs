//! Which pages of other origins may use the API from a browser.

use std::time::Duration;

use axum::http::{HeaderName, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::idempotency::IDEMPOTENCY_KEY;
use super::observe::X_REQUEST_ID;
use super::{IDEMPOTENCY_REPLAYED, X_ORDER_KEY};

/// How long a browser need not ask again.
const ASKED: Duration = Duration::from_hours(1);

/// Pages of these origins may send every request that there is, and read what clients need of the answer. Without
/// cookies: who asks is in `Authorization`. Every other origin's pages are told nothing.
pub(super) fn layer(origins: &[String]) -> CorsLayer {
    const METHODS: [Method; 6] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    const SENT: [HeaderName; 14] = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::ACCEPT_LANGUAGE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        header::RANGE,
        HeaderName::from_static("prefer"),
        HeaderName::from_static("tus-resumable"),
        HeaderName::from_static("upload-length"),
        HeaderName::from_static("upload-metadata"),
        HeaderName::from_static("upload-offset"),
        HeaderName::from_static("upload-checksum"),
        IDEMPOTENCY_KEY,
        X_ORDER_KEY,
    ];
    const READ: [HeaderName; 16] = [
        header::ETAG,
        header::LOCATION,
        header::RETRY_AFTER,
        header::CONTENT_DISPOSITION,
        header::CONTENT_RANGE,
        HeaderName::from_static("tus-resumable"),
        HeaderName::from_static("tus-version"),
        HeaderName::from_static("tus-extension"),
        HeaderName::from_static("tus-max-size"),
        HeaderName::from_static("tus-checksum-algorithm"),
        HeaderName::from_static("upload-offset"),
        HeaderName::from_static("upload-length"),
        HeaderName::from_static("upload-expires"),
        X_REQUEST_ID,
        IDEMPOTENCY_REPLAYED,
        X_ORDER_KEY,
    ];
    let origins = origins.to_vec();
    let allowed = AllowOrigin::predicate(move |origin, _| origins.iter().any(|known| known == origin));
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods(METHODS)
        .allow_headers(SENT)
        .expose_headers(READ)
        .max_age(ASKED)
}
