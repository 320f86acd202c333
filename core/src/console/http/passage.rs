//! `/api/v1/…` for the scripts of our pages: the API, as whoever looks at the page, whose token no script may see.

use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse as _, Response};

use super::Console;
use super::headers::is_of_ours;
use super::viewer::Viewer;
use crate::http::ApiError;

const X_CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");

/// What speaks for whoever is at the browser, and what is the viewer's to say.
const NOT_PASSED: [HeaderName; 4] = [
    header::COOKIE,
    header::AUTHORIZATION,
    crate::http::X_ORDER_KEY,
    X_CSRF_TOKEN,
];

pub(super) async fn pass(
    State(console): State<Console>,
    viewer: Viewer,
    mut request: Request,
) -> Result<Response, ApiError> {
    let is_safe = [Method::GET, Method::HEAD].contains(request.method());
    let is_proven = is_of_ours(request.headers()) && viewer.proves(said(request.headers()));
    if !is_safe && !is_proven {
        return Err(ApiError::csrf());
    }
    *request.uri_mut() = below_api(request.uri())?;
    let headers = request.headers_mut();
    for name in NOT_PASSED {
        headers.remove(name);
    }
    let mut response = console.api.send(&viewer, request).await;
    // Where the API says a thing is, a script of ours finds it below `/api`.
    if let Some(location) = response.headers_mut().get_mut(header::LOCATION)
        && location.as_bytes().starts_with(b"/v1/")
        && let Ok(here) = HeaderValue::try_from([b"/api", location.as_bytes()].concat())
    {
        *location = here;
    }
    Ok(response.into_response())
}

fn said(headers: &HeaderMap) -> &str {
    let said = headers.get(X_CSRF_TOKEN).and_then(|value| value.to_str().ok());
    said.unwrap_or_default()
}

fn below_api(uri: &Uri) -> Result<Uri, ApiError> {
    let whole = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let inner = whole
        .strip_prefix("/api")
        .filter(|inner| inner.starts_with("/v1/"));
    let inner = inner.and_then(|inner| inner.parse().ok());
    inner.ok_or_else(|| ApiError::not_found("route_unknown", "there is no such route"))
}
