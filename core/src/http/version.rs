//! Optimistic locking: an answer says its version as an ETag, and who changes what it is about says which they have seen.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, header};

use super::ApiError;

/// `If-Match`, which a change must bring: the version that the client has in mind. `None` (`*`) accepts any.
pub struct IfMatch(pub Option<i64>);

/// Of nothing that there is: versions are above 0.
const NO_VERSION: i64 = -1;

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            let detail =
                "send the ETag of what you have seen as If-Match, or `If-Match: *` to accept any version";
            return Err(ApiError::new(
                StatusCode::PRECONDITION_REQUIRED,
                "if_match_required",
                detail,
            ));
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .unwrap_or(text);
        Ok(Self(Some(version.parse().unwrap_or(NO_VERSION))))
    }
}

/// The header that says a version.
pub fn etag(version: i64) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{version}\""))]
}
