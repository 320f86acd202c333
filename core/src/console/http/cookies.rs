//! What a browser keeps for us. All are `__Host-`: of this very host, over TLS (or to this very machine), never seen
//! by a script.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use uuid::Uuid;

/// Who is signed in: a token of the API.
pub(super) const SESSION: &str = "__Host-session";
/// What a form must repeat.
pub(super) const CSRF: &str = "__Host-csrf";
pub(super) const LOCALE: &str = "__Host-locale";
/// What was done, to be said on the next page.
pub(super) const DONE: &str = "__Host-done";

/// The key of an order, for whoever has it without an account.
pub(super) fn order_key(order: Uuid) -> String {
    format!("__Host-order-{}", order.simple())
}

pub(super) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(known, value)| (known == name && !value.is_empty()).then_some(value))
}

/// Kept for `seconds`, or until the browser is closed.
pub(super) fn keep(headers: &mut HeaderMap, name: &str, value: &str, seconds: Option<i64>) {
    let mut cookie = Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax);
    if let Some(seconds) = seconds {
        cookie = cookie.max_age(Duration::seconds(seconds));
    }
    if let Ok(value) = HeaderValue::from_str(&cookie.build().to_string()) {
        headers.append(SET_COOKIE, value);
    }
}

pub(super) fn forget(headers: &mut HeaderMap, name: &str) {
    keep(headers, name, "", Some(0));
}
