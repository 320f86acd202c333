//! What every page says to browsers, and what browsers say of a request.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

use super::Console;
use crate::config::{Config, Storage};
use crate::payments::CardForm;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Nothing runs, frames or is sent to but what is ours, and what the gateway and the store of files need.
pub(super) async fn secure(State(console): State<Console>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Some(policy) = policy(&console.app.config, None) {
        // What has one of its own keeps it: a page that takes cards, and what the API answers with a stricter one.
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// `cards`: the gateway's form is on this page.
pub(super) fn policy(config: &Config, cards: Option<&CardForm>) -> Option<HeaderValue> {
    // Links to files lead to the API's own address, and from there to the store.
    let api = config.base_url.origin().ascii_serialization();
    let store = match config.storage {
        Storage::Folder(_) => "",
        Storage::S3 { .. } => "https://*.amazonaws.com",
    };
    let (scripts, frames, sends) = match cards {
        None => (String::new(), String::new(), String::new()),
        Some(form) => (
            format!(" {}", form.origins),
            format!(" frame-src {};", form.origins),
            format!(" {}", form.sends_to),
        ),
    };
    HeaderValue::try_from(format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; font-src 'self'; \
         connect-src 'self' {api} {store}{sends}; img-src 'self' data: {api} {store}; \
         media-src 'self' blob: {api} {store}; worker-src 'self' blob:;{frames} form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    ))
    .ok()
}

/// What is for one person is kept by nobody else, and by their browser only to go back to.
pub(super) async fn private(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("cookie, accept-language"));
    response
}

/// Whether the browser says that a page of this very origin sent it. Old ones say nothing, and are believed: what they
/// send must be proven anyway.
pub(super) fn is_of_ours(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site == "same-origin";
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
    let origin = origin.as_ref().map(Url::authority);
    origin.is_some() && origin == host
}
