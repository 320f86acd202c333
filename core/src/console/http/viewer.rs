use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{Console, cookies};
use crate::http::{Peer, X_ORDER_KEY};
use crate::locale::Locale;

/// What of a request the API is told as well: from where it comes, and for the log.
const TOLD: [HeaderName; 3] = [
    header::USER_AGENT,
    HeaderName::from_static("x-forwarded-for"),
    header::ACCEPT_LANGUAGE,
];

/// Whoever looks at a page, by what their browser brings along.
pub(super) struct Viewer {
    session: Option<String>,
    pub(super) locale: Locale,
    /// What forms must repeat.
    pub(super) csrf: String,
    /// Whether their browser does not know it yet.
    pub(super) is_new: bool,
    address: Option<Peer>,
    cookies: HeaderMap,
    told: HeaderMap,
}

impl Viewer {
    fn of(parts: &Parts) -> Self {
        let headers = &parts.headers;
        let known = cookies::read(headers, cookies::CSRF).filter(|value| value.len() == 43);
        let accept = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let chosen = cookies::read(headers, cookies::LOCALE).and_then(Locale::parse);
        let told = headers.iter().filter(|(name, _)| TOLD.contains(name));
        let brought = headers.get_all(header::COOKIE).iter();
        Self {
            session: cookies::read(headers, cookies::SESSION).map(str::to_owned),
            locale: chosen.unwrap_or_else(|| Locale::negotiate(accept.unwrap_or_default())),
            csrf: known.map_or_else(fresh, str::to_owned),
            is_new: known.is_none(),
            address: parts.extensions.get().copied(),
            cookies: brought.map(|value| (header::COOKIE, value.clone())).collect(),
            told: told.map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    pub(super) fn is_signed_in(&self) -> bool {
        self.session.is_some()
    }

    /// Whether a form, or a script, of ours has sent this.
    pub(super) fn proves(&self, said: &str) -> bool {
        !self.is_new && bool::from(self.csrf.as_bytes().ct_eq(said.as_bytes()))
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        cookies::read(&self.cookies, name)
    }

    /// What a request to `path` of the API says of them.
    pub(super) fn introduce(&self, path: &str, headers: &mut HeaderMap, extensions: &mut Extensions) {
        headers.extend(self.told.clone());
        if let Some(bearer) = self
            .session
            .as_ref()
            .and_then(|token| secret(&format!("Bearer {token}")))
        {
            headers.insert(header::AUTHORIZATION, bearer);
        }
        if let Some(key) = self.order_key(path).and_then(secret) {
            headers.insert(X_ORDER_KEY, key);
        }
        if let Some(address) = self.address {
            extensions.insert(address);
        }
    }

    /// Of the order that `path` is about.
    fn order_key(&self, path: &str) -> Option<&str> {
        let order = path.strip_prefix("/v1/orders/")?.split(['/', '?']).next()?;
        self.cookie(&cookies::order_key(Uuid::try_parse(order).ok()?))
    }
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// 256 bits that nobody can guess. Without randomness it is empty, which proves nothing.
fn fresh() -> String {
    let mut bytes = [0; 32];
    match getrandom::fill(&mut bytes) {
        Ok(()) => URL_SAFE_NO_PAD.encode(bytes),
        Err(_) => String::new(),
    }
}

impl FromRequestParts<Console> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Console) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
