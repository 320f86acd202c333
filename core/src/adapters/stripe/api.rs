//! One call of Stripe's, and what its end says of whether something was done.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use url::form_urlencoded::Serializer;

use super::objects::PaymentIntent;
use crate::payments::GatewayError;

/// Stripe keeps answering a version as it was when it came out.
pub(super) const VERSION: &str = "2026-10-28.endive";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Api {
    /// One for all calls: its connections are kept.
    client: Client,
    url: Url,
    key: SecretString,
}

/// What Stripe says: what was asked for, or why not.
pub(super) enum Reply<T> {
    Done(T),
    Refused(Refusal),
}

/// Surely not done, and asked again in the same way it never will be.
#[derive(Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) r#type: String,
    pub(super) code: Option<String>,
    pub(super) decline_code: Option<String>,
    #[serde(default)]
    pub(super) message: String,
    /// The payment as it is now, not expanded.
    pub(super) payment_intent: Option<Box<PaymentIntent>>,
}

impl Refusal {
    /// The most exact of its codes.
    pub(super) fn reason(&self) -> &str {
        let code = self.decline_code.as_deref().or(self.code.as_deref());
        code.unwrap_or("refused")
    }
}

#[derive(Deserialize)]
struct Failure {
    error: Refusal,
}

impl Api {
    pub(super) fn new(url: &Url, key: &SecretString, timeout: Duration) -> anyhow::Result<Self> {
        // Process-wide and the same for everyone; an error only says that it was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .context("building the client of Stripe")?;
        Ok(Self {
            client,
            url: url.clone(),
            key: key.clone(),
        })
    }

    /// Does something, once for its key.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        key: &str,
        form: &[(&str, &str)],
    ) -> Result<Reply<T>, GatewayError> {
        let request = self.client.post(self.address(path)?);
        let request = request
            .header("idempotency-key", key)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Serializer::new(String::new()).extend_pairs(form).finish());
        self.call(request).await
    }

    /// `None`: there is no such thing.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<T>, GatewayError> {
        let mut url = self.address(path)?;
        url.query_pairs_mut().extend_pairs(query);
        match self.call(self.client.get(url)).await? {
            Reply::Done(object) => Ok(Some(object)),
            Reply::Refused(refusal) if refusal.code.as_deref() == Some("resource_missing") => Ok(None),
            Reply::Refused(refusal) => Err(GatewayError::NotSent(anyhow!("{}", refusal.message))),
        }
    }

    fn address(&self, path: &[&str]) -> Result<Url, GatewayError> {
        let mut url = self.url.clone();
        // Segment by segment, so that no name of theirs leads elsewhere.
        url.path_segments_mut()
            .map_err(|()| GatewayError::NotSent(anyhow!("STRIPE_API_URL cannot have a path")))?
            .pop_if_empty()
            .push("v1")
            .extend(path);
        Ok(url)
    }

    async fn call<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Reply<T>, GatewayError> {
        let request = request
            .bearer_auth(self.key.expose_secret())
            .header("stripe-version", VERSION);
        let response = request.send().await.map_err(|error| {
            let reached = !error.is_connect() && !error.is_builder();
            let cause = anyhow::Error::new(error.without_url());
            if reached {
                GatewayError::Unknown(cause)
            } else {
                GatewayError::NotSent(cause)
            }
        })?;
        let status = response.status();
        let body = response.bytes().await;
        let body = body.map_err(|error| GatewayError::Unknown(anyhow::Error::new(error.without_url())))?;
        if status.is_success() {
            let object = serde_json::from_slice(&body).context("an answer of Stripe's that cannot be read");
            return object.map(Reply::Done).map_err(GatewayError::Unknown);
        }
        let refusal = serde_json::from_slice::<Failure>(&body).map(|failure| failure.error);
        end(status, refusal.ok())
    }
}

fn end<T>(status: StatusCode, refusal: Option<Refusal>) -> Result<Reply<T>, GatewayError> {
    let said = refusal.as_ref().map_or("", |refusal| refusal.message.as_str());
    let cause = anyhow!("{status}: {said}");
    match (status, refusal) {
        // Too many calls, or a key that is not good: no fault of the payment's.
        (StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
            Err(GatewayError::NotSent(cause))
        }
        // The same call is under way, or was another under this key; somebody behind Stripe did not answer.
        (StatusCode::CONFLICT | StatusCode::REQUEST_TIMEOUT | StatusCode::FAILED_DEPENDENCY, _) => {
            Err(GatewayError::Unknown(cause))
        }
        (status, Some(refusal)) if status.is_client_error() && refusal.r#type != "idempotency_error" => {
            Ok(Reply::Refused(refusal))
        }
        // Whatever is not in Stripe's own words says nothing of what was done.
        _ => Err(GatewayError::Unknown(cause)),
    }
}
