//! Workers KV over Cloudflare's REST API.
//!
//! `wrangler dev` answers the same API for its local store (`X_LOCAL_EXPLORER=true`), without the account in
//! the path; so development and tests use this client too.

use std::time::Duration;

use anyhow::{Context, anyhow};
use async_trait::async_trait;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::config;
use crate::redirects::{EdgeKv, KvError};

/// KV's own limit for a value is 25 MiB; a longer answer is not ours.
const MAX_VALUE_BYTES: usize = 25 << 20;

/// A whole call, body included. A table has up to 8 MB.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// One namespace.
#[derive(Debug)]
pub struct WorkersKv {
    client: Client,
    /// Up to the key.
    values: Url,
    token: SecretString,
}

impl WorkersKv {
    /// A client for the configured namespace; opens no connection yet.
    ///
    /// # Errors
    /// The API's address cannot have a path (`mailto:`), or TLS cannot be set up.
    pub fn new(settings: &config::Kv) -> anyhow::Result<Self> {
        Self::with_timeout(settings, TIMEOUT)
    }

    /// With another limit for a whole call.
    pub fn with_timeout(settings: &config::Kv, timeout: Duration) -> anyhow::Result<Self> {
        let mut values = settings.api_url.clone();
        values
            .path_segments_mut()
            .map_err(|()| anyhow!("CLOUDFLARE_API_URL cannot have a path"))?
            .pop_if_empty()
            .extend(
                settings
                    .account_id
                    .iter()
                    .flat_map(|account| ["accounts", account]),
            )
            .extend(["storage", "kv", "namespaces", &settings.namespace_id, "values"]);
        // Process-wide and the same for everyone; an error only says that it was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            // A redirect would carry the token, or a write, to a place that nobody configured.
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .context("building the client of Workers KV")?;
        Ok(Self {
            client,
            values,
            token: settings.api_token.clone(),
        })
    }

    fn request(&self, method: Method, key: &str) -> RequestBuilder {
        let mut url = self.values.clone();
        // One segment: the slash of `table/…` is encoded, as the API wants it.
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(key);
        }
        self.client
            .request(method, url)
            .bearer_auth(self.token.expose_secret())
    }
}

#[async_trait]
impl EdgeKv for WorkersKv {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        let answer = send(self.request(Method::GET, key)).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return absent(answer).await.map(|()| None);
        }
        let answer = accepted(answer).await?;
        if answer
            .content_length()
            .is_some_and(|length| length > MAX_VALUE_BYTES as u64)
        {
            return Err(KvError::Refused(format!(
                "the value of `{key}` is longer than KV allows"
            )));
        }
        let bytes = answer.bytes().await.map_err(unavailable)?;
        Ok(Some(bytes.to_vec()))
    }

    async fn put(&self, key: &str, value: Vec<u8>) -> Result<(), KvError> {
        let answer = send(self.request(Method::PUT, key).body(value)).await?;
        succeeded(accepted(answer).await?).await
    }

    async fn delete(&self, key: &str) -> Result<(), KvError> {
        let answer = send(self.request(Method::DELETE, key)).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return absent(answer).await;
        }
        succeeded(accepted(answer).await?).await
    }
}

/// Cloudflare's envelope around everything but a value.
#[derive(Deserialize)]
struct Envelope {
    success: bool,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    code: i64,
    message: String,
}

impl Envelope {
    fn reason(&self) -> String {
        let reasons: Vec<_> = self
            .errors
            .iter()
            .map(|fault| format!("{} ({})", fault.message, fault.code))
            .collect();
        if reasons.is_empty() {
            "no reason given".to_owned()
        } else {
            reasons.join("; ")
        }
    }
}

/// Cloudflare's number for "key not found": any other 404 is about the account or the namespace.
const KEY_NOT_FOUND: i64 = 10009;

async fn send(request: RequestBuilder) -> Result<Response, KvError> {
    request.send().await.map_err(unavailable)
}

fn unavailable(error: reqwest::Error) -> KvError {
    // The address is the operator's own business, and long.
    KvError::Unavailable(anyhow::Error::new(error.without_url()))
}

/// A 404 is only an absent key if it says so: a mistyped namespace must not look like an empty one.
async fn absent(answer: Response) -> Result<(), KvError> {
    let body = answer.bytes().await.map_err(unavailable)?;
    match serde_json::from_slice::<Envelope>(&body) {
        Ok(envelope) if envelope.errors.iter().any(|fault| fault.code == KEY_NOT_FOUND) => Ok(()),
        Ok(envelope) => Err(KvError::Refused(envelope.reason())),
        Err(_) => Err(KvError::Refused(
            "404 without Cloudflare's envelope: is the address right?".to_owned(),
        )),
    }
}

async fn accepted(answer: Response) -> Result<Response, KvError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(KvError::Throttled {
            retry_after: retry_after(&answer),
        });
    }
    let body = answer.bytes().await.map_err(unavailable)?;
    let reason = match serde_json::from_slice::<Envelope>(&body) {
        Ok(envelope) => format!("{status}: {}", envelope.reason()),
        Err(_) => status.to_string(),
    };
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        Err(KvError::Unavailable(anyhow!(reason)))
    } else {
        Err(KvError::Refused(reason))
    }
}

/// A 200 that says `"success": false` has not succeeded.
async fn succeeded(answer: Response) -> Result<(), KvError> {
    let body = answer.bytes().await.map_err(unavailable)?;
    match serde_json::from_slice::<Envelope>(&body) {
        Ok(envelope) if envelope.success => Ok(()),
        Ok(envelope) => Err(KvError::Refused(envelope.reason())),
        Err(_) => Err(KvError::Unavailable(anyhow!(
            "an answer without Cloudflare's envelope"
        ))),
    }
}

/// Seconds; the other form, a date, is not used by Cloudflare.
fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
