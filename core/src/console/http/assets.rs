use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::console::assets::Asset;
use crate::http::ApiError;

pub(super) async fn serve(Path(name): Path<String>, uri: Uri, sent: HeaderMap) -> Result<Response, ApiError> {
    let asset = Asset::find(&name);
    let asset = asset.ok_or_else(|| ApiError::not_found("asset_unknown", "there is no such file"))?;
    let is_this = uri.query() == Some(&format!("v={}", asset.version));
    let kept = if is_this {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (CONTENT_TYPE, asset.mime),
        (CACHE_CONTROL, kept),
        (VARY, "accept-encoding"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let tag = [(ETAG, format!("\"{}\"", asset.version))];
    let encodings = sent.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    if !encodings.is_some_and(|encodings| encodings.contains("gzip")) {
        return Ok((headers, tag, asset.bytes).into_response());
    }
    let packed = asset.packed().map_err(ApiError::unexpected)?;
    let gzip = [(CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
    Ok((headers, tag, gzip, packed).into_response())
}
