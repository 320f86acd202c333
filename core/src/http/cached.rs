//! Answers that everybody gets alike, and may keep for a while.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::ApiError;

/// `200` with the view as JSON and an ETag of its bytes, or `304` to who has just that. Proxies and browsers may keep
/// it for `seconds`.
pub fn cached(request: &HeaderMap, seconds: u32, view: &impl Serialize) -> Result<Response, ApiError> {
    let body = serde_json::to_vec(view).map_err(ApiError::unexpected)?;
    let digest = Sha256::digest(&body);
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16]));
    let mut response = if is_known(request, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mime = [(header::CONTENT_TYPE, "application/json")];
        (mime, Body::from(body)).into_response()
    };
    let headers = response.headers_mut();
    let kept = format!("public, max-age={seconds}");
    for (name, value) in [(header::ETAG, etag), (header::CACHE_CONTROL, kept)] {
        headers.insert(name, HeaderValue::try_from(value).map_err(ApiError::unexpected)?);
    }
    Ok(response)
}

/// Proxies make a strong tag weak when they compress.
fn is_known(request: &HeaderMap, etag: &str) -> bool {
    let values = request.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
