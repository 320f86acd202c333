//! Lists as files.

use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};

/// On a file that is not the last: what to give as `cursor` for the next.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");

/// The first type of `Accept` that is one of `ours`.
pub fn accepted<T: Copy>(headers: &HeaderMap, ours: &[(&str, T)]) -> Option<T> {
    let accept = headers.get_all(header::ACCEPT).iter();
    let mut types = accept
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    types.find_map(|one| {
        let one = one.split(';').next().unwrap_or_default().trim();
        let known = ours.iter().find(|(name, _)| *name == one);
        known.map(|(_, answer)| *answer)
    })
}

/// For saving under `name`, which is ours. `next_cursor` goes along as the header `x-next-cursor`.
pub fn file(name: &str, mime: &'static str, body: Vec<u8>, next_cursor: Option<String>) -> Response {
    let head = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    match next_cursor {
        Some(next) => (head, [(NEXT_CURSOR, next)], body).into_response(),
        None => (head, body).into_response(),
    }
}
