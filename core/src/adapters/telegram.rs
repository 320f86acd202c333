//! Serious alerts into a chat, by a bot: `sendMessage` of Telegram's Bot API; `getMe` and `getChat` to see whether it could.
//!
//! The bot's token is a part of each address, so no error of the client is passed on with its address.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use async_trait::async_trait;
use reqwest::{Client, StatusCode, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;

use crate::config;
use crate::platform::alerts::{AlertSink, Severity, TellError, Telling};

/// A whole call.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Of 4,096 characters that a message may have; the rest is for what stands around the detail.
const DETAIL_CHARS: usize = 1_500;
/// Where Telegram asks us to come again without saying when.
const A_WHILE: Duration = Duration::from_secs(30);

pub struct Telegram {
    client: Client,
    api_url: Url,
    token: SecretString,
    chat: String,
    env: String,
}

impl Telegram {
    /// `env` stands in each message. Opens no connection yet.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(settings: &config::Telegram, env: &str) -> anyhow::Result<Self> {
        Self::with_timeout(settings, env, TIMEOUT)
    }

    /// With another limit for a whole call.
    pub fn with_timeout(settings: &config::Telegram, env: &str, timeout: Duration) -> anyhow::Result<Self> {
        // Process-wide and the same for everyone; an error only says that it was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .build()
            .context("building the client of Telegram")?;
        Ok(Self {
            client,
            api_url: settings.api_url.clone(),
            token: settings.token.clone(),
            chat: settings.chat.clone(),
            env: env.to_owned(),
        })
    }

    fn url(&self, method: &str) -> String {
        let base = self.api_url.as_str().trim_end_matches('/');
        format!("{base}/bot{}/{method}", self.token.expose_secret())
    }

    /// Asks for something that changes nothing and that nobody sees.
    async fn ask<T: DeserializeOwned>(&self, method: &str, body: &Value) -> anyhow::Result<T> {
        let asked = self.client.post(self.url(method)).json(body).send().await;
        let answer = asked.map_err(failure)?;
        let status = answer.status();
        if !status.is_success() {
            let told: Refusal = answer.json().await.unwrap_or_default();
            bail!("{method}: {status}: {}", told.description);
        }
        let answer: Answered<T> = answer
            .json()
            .await
            .map_err(|error| anyhow!("{method}: {:#}", anyhow::Error::new(error.without_url())))?;
        Ok(answer.result)
    }
}

/// What an answer that is no refusal has.
#[derive(Deserialize)]
struct Answered<T> {
    result: T,
}

#[derive(Deserialize)]
struct Bot {
    username: String,
}

/// A group has a title, a person a name.
#[derive(Deserialize)]
struct Chat {
    title: Option<String>,
    username: Option<String>,
    first_name: Option<String>,
}

#[async_trait]
impl AlertSink for Telegram {
    fn name(&self) -> &'static str {
        "telegram"
    }

    fn wants(&self, severity: Severity) -> bool {
        severity == Severity::Serious
    }

    async fn tell(&self, telling: &Telling) -> Result<(), TellError> {
        let body = json!({
            "chat_id": self.chat,
            "text": text(&self.env, telling),
            "link_preview_options": { "is_disabled": true },
        });
        let answer = self.client.post(self.url("sendMessage")).json(&body).send().await;
        let answer = answer.map_err(failure)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        // Not what it says where it says nothing readable, a gateway's page for example.
        let told: Refusal = answer.json().await.unwrap_or_default();
        let why = format!("{status}: {}", told.description);
        match told.parameters.retry_after {
            Some(seconds) => Err(TellError::Later {
                again_in: Duration::from_secs(seconds),
                why,
            }),
            None if status == StatusCode::TOO_MANY_REQUESTS => Err(TellError::Later {
                again_in: A_WHILE,
                why,
            }),
            None => Err(TellError::Failed(why)),
        }
    }

    async fn check(&self) -> anyhow::Result<String> {
        let bot: Bot = self.ask("getMe", &json!({})).await?;
        let chat: Chat = self.ask("getChat", &json!({ "chat_id": self.chat })).await?;
        let chat = chat.title.or(chat.username).or(chat.first_name);
        let chat = chat.unwrap_or_else(|| self.chat.clone());
        Ok(format!("@{} writes to {chat}", bot.username))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    description: String,
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    retry_after: Option<u64>,
}

fn failure(error: reqwest::Error) -> TellError {
    TellError::Failed(if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        format!("{:#}", anyhow::Error::new(error.without_url()))
    })
}

/// Plain text: nothing in it can be mistaken for markup.
fn text(env: &str, telling: &Telling) -> String {
    let mut text = format!("[{env}] {}: {}\n", telling.code, telling.title);
    text.push_str(&telling.subject);
    if telling.times > 1 || telling.told_before > 0 {
        let minutes = minutes(telling.since, telling.last_at);
        // A `String` takes whatever is written.
        let _ = write!(text, " ×{} in {minutes} min", telling.times);
    }
    if telling.told_before > 0 {
        let _ = write!(text, ", {} before", telling.told_before);
    }
    text.push('\n');
    let mut detail: String = telling.detail.chars().take(DETAIL_CHARS).collect();
    if detail.len() < telling.detail.len() {
        detail.push('…');
    }
    text.push_str(&detail);
    text.push('\n');
    for (what, id) in &telling.about {
        let _ = writeln!(text, "{what} {id}");
    }
    for (what, link) in &telling.links {
        let _ = writeln!(text, "{what}: {link}");
    }
    if !telling.links.iter().any(|(what, _)| *what == "runbook") {
        let _ = writeln!(text, "runbook: marquee alerts explain {}", telling.code);
    }
    text.truncate(text.trim_end().len());
    text
}

/// Begun ones count.
fn minutes(from: OffsetDateTime, to: OffsetDateTime) -> i64 {
    (to - from).whole_minutes().max(0) + 1
}
