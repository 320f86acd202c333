use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderName;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{ApiError, Json};
use crate::platform::idempotency::{self, Refused};

pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Set to `true` on an answer that was given before.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A JSON body, and what identifies the request when the client may retry it: 1 to 255 visible ASCII
/// characters in `Idempotency-Key`.
pub struct Keyed<T> {
    pub body: T,
    pub request: Option<idempotency::Request>,
}

impl<T> Keyed<T> {
    /// For what moves money: without a key, 400.
    pub fn required(self) -> Result<(T, idempotency::Request), ApiError> {
        let missing =
            || ApiError::bad_request("idempotency_key_missing", "this needs an Idempotency-Key header");
        Ok((self.body, self.request.ok_or_else(missing)?))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Keyed<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let key = key(&request)?;
        let (parts, body) = request.into_parts();
        let head = format!("{} {}\n", parts.method, parts.uri);
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await?;
        let sha256 = Sha256::new()
            .chain_update(head)
            .chain_update(&bytes)
            .finalize()
            .into();
        let request = Request::from_parts(parts, bytes.into());
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Self {
            body,
            request: key.map(|key| idempotency::Request { key, sha256 }),
        })
    }
}

/// The header that says whether this was answered before.
pub fn replayed(replayed: bool) -> [(HeaderName, &'static str); 1] {
    [(IDEMPOTENCY_REPLAYED, if replayed { "true" } else { "false" })]
}

fn key(request: &Request) -> Result<Option<String>, ApiError> {
    let invalid = || {
        ApiError::bad_request(
            "idempotency_key_invalid",
            "one key of 1 to 255 visible ASCII characters",
        )
    };
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return if request.headers().contains_key(IDEMPOTENCY_KEY) {
            Err(invalid())
        } else {
            Ok(None)
        };
    };
    let bytes = value.as_bytes();
    let fine = (1..=255).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    let key = value.to_str().ok().filter(|_| fine).ok_or_else(invalid)?;
    Ok(Some(key.to_owned()))
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::OtherRequest => Self::unprocessable("idempotency_key_reused", detail),
            Refused::InFlight => Self::conflict("idempotency_in_flight", detail).retry_after(1),
            Refused::Database(cause) => Self::unexpected(cause),
        }
    }
}
