use secrecy::{ExposeSecret as _, SecretString};
use sentry_types::Dsn;
use url::Url;

use super::{ConfigError, LOCAL};

const TELEGRAM_URL: &str = "https://api.telegram.org/";

/// Who hears of alerts besides the log; often nobody.
#[derive(Clone, Debug)]
pub struct Alerts {
    pub telegram: Option<Telegram>,
    pub sentry: Option<Dsn>,
    /// Where people read `docs/alerts.md`.
    pub runbook_url: Option<Url>,
}

/// A bot, and the chat that it writes to.
#[derive(Clone, Debug)]
pub struct Telegram {
    pub api_url: Url,
    pub token: SecretString,
    pub chat: String,
}

pub(super) struct AlertSettings {
    pub(super) telegram_bot_token: Option<SecretString>,
    pub(super) telegram_chat: Option<String>,
    pub(super) telegram_url: Option<Url>,
    pub(super) sentry_dsn: Option<SecretString>,
    pub(super) runbook_url: Option<Url>,
}

impl AlertSettings {
    pub(super) fn validate(self, env: &str) -> Result<Alerts, ConfigError> {
        Ok(Alerts {
            telegram: telegram(
                self.telegram_bot_token,
                self.telegram_chat,
                self.telegram_url,
                env,
            )?,
            sentry: sentry(self.sentry_dsn, env)?,
            runbook_url: self.runbook_url,
        })
    }
}

fn telegram(
    token: Option<SecretString>,
    chat: Option<String>,
    url: Option<Url>,
    env: &str,
) -> Result<Option<Telegram>, ConfigError> {
    const TOKEN: &str = "MARQUEE_TELEGRAM_BOT_TOKEN";
    const CHAT: &str = "MARQUEE_TELEGRAM_CHAT";
    const URL: &str = "MARQUEE_TELEGRAM_URL";
    let invalid = |name, detail: &str| Err(ConfigError::Invalid(name, detail.to_owned()));
    let given = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let token = token.and_then(|token| given(token.expose_secret().to_owned()));
    let (token, chat) = match (token, chat.and_then(given)) {
        (None, None) => return Ok(None),
        (Some(token), Some(chat)) => (token, chat),
        (Some(_), None) => {
            return invalid(
                CHAT,
                "it is not set: say which chat the bot writes to, or unset its token",
            );
        }
        (None, Some(_)) => {
            return invalid(TOKEN, "it is not set: give the bot's token, or unset the chat");
        }
    };
    let is_token = token.split_once(':').is_some_and(|(bot, secret)| {
        let fine = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
        !bot.is_empty()
            && bot.bytes().all(|byte| byte.is_ascii_digit())
            && secret.len() >= 20
            && secret.chars().all(fine)
    });
    if !is_token {
        return invalid(TOKEN, "it is no token of a bot, which looks like 123456:AAH…");
    }
    let is_chat = chat.parse::<i64>().is_ok() || (chat.len() > 1 && chat.starts_with('@'));
    if !is_chat {
        return invalid(
            CHAT,
            "it is neither a number, such as -1001234567890, nor an @name",
        );
    }
    let api_url = match url {
        Some(url) if env != LOCAL && url.scheme() != "https" => {
            return invalid(URL, "begin it with https: it carries the bot's token");
        }
        Some(url) => url,
        None => super::defaults::parse_url(URL, TELEGRAM_URL)?,
    };
    Ok(Some(Telegram {
        api_url,
        token: SecretString::from(token),
        chat,
    }))
}

/// What is wrong with it is told without repeating it.
fn sentry(dsn: Option<SecretString>, env: &str) -> Result<Option<Dsn>, ConfigError> {
    const DSN: &str = "MARQUEE_SENTRY_DSN";
    let Some(dsn) = dsn else {
        return Ok(None);
    };
    let text = dsn.expose_secret().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let parsed: Dsn = text.parse().map_err(|error| {
        let detail = format!("{error}: copy it whole from the project's settings, https://key@host/project");
        ConfigError::Invalid(DSN, detail)
    })?;
    if env != LOCAL && !text.starts_with("https:") {
        return Err(ConfigError::Invalid(DSN, "begin it with https".to_owned()));
    }
    Ok(Some(parsed))
}
