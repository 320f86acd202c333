//! Alerts into Sentry, as its envelope protocol has them (<https://develop.sentry.dev/sdk/foundations/transport/>).
//!
//! Types and addresses come from Sentry's own `sentry-types`; the rest of its crates keep what is to be sent in the
//! process's memory, and a job does that better. Nothing is gathered by itself: no request, user, host name or stack.

use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode, redirect};
use sentry_types::Dsn;
use sentry_types::protocol::v7::{ClientSdkInfo, Envelope, EnvelopeHeaders, Event, Level};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::platform::alerts::{AlertSink, Severity, TellError, Telling};

/// A whole call.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Where Sentry asks us to come again without saying when.
const A_WHILE: Duration = Duration::from_secs(60);
const RELEASE: &str = concat!("marquee@", env!("CARGO_PKG_VERSION"));
const CLIENT: &str = concat!("marquee/", env!("CARGO_PKG_VERSION"));

pub struct Sentry {
    client: Client,
    dsn: Dsn,
    env: String,
}

impl Sentry {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(dsn: &Dsn, env: &str) -> anyhow::Result<Self> {
        Self::with_timeout(dsn, env, TIMEOUT)
    }

    /// With another limit for a whole call.
    pub fn with_timeout(dsn: &Dsn, env: &str, timeout: Duration) -> anyhow::Result<Self> {
        // Process-wide and the same for everyone; an error only says that it was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .user_agent(CLIENT)
            .build()
            .context("building the client of Sentry")?;
        Ok(Self {
            client,
            dsn: dsn.clone(),
            env: env.to_owned(),
        })
    }

    async fn post(&self, envelope: Vec<u8>) -> Result<Response, TellError> {
        let request = self
            .client
            .post(self.dsn.envelope_api_url())
            .header("x-sentry-auth", self.dsn.to_auth(Some(CLIENT)).to_string())
            .header("content-type", "application/x-sentry-envelope")
            .body(envelope);
        request.send().await.map_err(failure)
    }

    fn envelope(&self, telling: &Telling) -> anyhow::Result<Vec<u8>> {
        let event = self.event(telling);
        let sdk = ClientSdkInfo {
            name: "marquee".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            integrations: vec![],
            packages: vec![],
        };
        let headers = EnvelopeHeaders::new().with_event_id(event.event_id).with_sdk(sdk);
        let mut envelope = Envelope::new().with_headers(headers);
        envelope.add_item(event);
        let mut bytes = Vec::new();
        envelope.to_writer(&mut bytes).context("writing an envelope")?;
        Ok(bytes)
    }

    fn event(&self, telling: &Telling) -> Event<'static> {
        let tags = [("code", &telling.code), ("subject", &telling.subject)];
        let tags = tags.map(|(name, value)| (name.to_owned(), value.clone()));
        let ids = telling.about.iter().map(|(what, id)| (what.clone(), id.clone()));
        let links = telling.links.iter();
        let links = links.map(|(what, link)| (format!("{what} link"), json!(link)));
        let counts = [
            ("times", json!(telling.times)),
            ("told before", json!(telling.told_before)),
            ("detail", json!(telling.detail)),
        ];
        let counts = counts.map(|(name, value)| (name.to_owned(), value));
        Event {
            event_id: event_id(telling),
            level: match telling.severity {
                Severity::Warning => Level::Warning,
                Severity::Serious => Level::Error,
            },
            fingerprint: vec![telling.code.clone().into(), telling.subject.clone().into()].into(),
            message: Some(format!(
                "{} ({}): {}",
                telling.title, telling.subject, telling.detail
            )),
            logger: Some("alerts".to_owned()),
            platform: "native".into(),
            timestamp: telling.last_at.into(),
            release: Some(RELEASE.into()),
            environment: Some(self.env.clone().into()),
            tags: tags.into_iter().chain(ids).collect(),
            extra: counts.into_iter().chain(links).collect(),
            ..Event::default()
        }
    }
}

/// The same however often this is told: Sentry takes an id once.
fn event_id(telling: &Telling) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(telling.alert.as_bytes());
    hash.update(telling.code.as_bytes());
    hash.update(telling.subject.as_bytes());
    hash.update((telling.told_before + telling.times).to_be_bytes());
    if telling.alert.is_nil() {
        hash.update(telling.last_at.unix_timestamp_nanos().to_be_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_random_bytes(id).into_uuid()
}

#[async_trait]
impl AlertSink for Sentry {
    fn name(&self) -> &'static str {
        "sentry"
    }

    fn wants(&self, _: Severity) -> bool {
        true
    }

    async fn tell(&self, telling: &Telling) -> Result<(), TellError> {
        let body = self
            .envelope(telling)
            .map_err(|error| TellError::Failed(format!("{error:#}")))?;
        let answer = self.post(body).await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let why = status.to_string();
        if status != StatusCode::TOO_MANY_REQUESTS {
            return Err(TellError::Failed(why));
        }
        let seconds = answer.headers().get(RETRY_AFTER);
        let seconds = seconds.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        Err(TellError::Later {
            again_in: seconds.map_or(A_WHILE, Duration::from_secs),
            why,
        })
    }

    /// Sends an envelope with nothing in it, which Sentry takes before it looks at whose key that is: only an event tells.
    async fn check(&self) -> anyhow::Result<String> {
        let mut empty = Vec::new();
        Envelope::new()
            .with_headers(EnvelopeHeaders::new())
            .to_writer(&mut empty)
            .context("writing an envelope")?;
        let status = self.post(empty).await?.status();
        anyhow::ensure!(
            status.is_success() || status == StatusCode::TOO_MANY_REQUESTS,
            "{} answers {status}",
            self.dsn.host()
        );
        Ok(format!(
            "{} answers; `marquee alerts test` shows whether it knows the key",
            self.dsn.host()
        ))
    }
}

fn failure(error: reqwest::Error) -> TellError {
    TellError::Failed(if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        format!("{:#}", anyhow::Error::new(error.without_url()))
    })
}
