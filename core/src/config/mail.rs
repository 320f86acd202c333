use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::defaults::Defaults;
use super::{ConfigError, LOCAL};
use crate::platform::mail::Mailbox;

pub(super) const LOCAL_FROM: &str = "Marquee <no-reply@marquee.example>";
pub(super) const LOCAL_STAFF: &str = "staff@marquee.example";

/// How mail leaves, in whose name, and who of us gets some.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: MailTo,
    pub from: Mailbox,
    /// Never empty.
    pub staff: Vec<Mailbox>,
}

#[derive(Clone, Debug)]
pub enum MailTo {
    /// A server, by a URL as lettre reads it; with TLS but on a developer's machine.
    Smtp(SecretString),
    /// Files below this folder, on a developer's machine only.
    Files(PathBuf),
}

pub(super) struct MailSettings {
    pub(super) smtp_url: Option<SecretString>,
    pub(super) folder: PathBuf,
    pub(super) from: Option<String>,
    pub(super) staff: Option<String>,
}

impl MailSettings {
    pub(super) fn validate(self, defaults: &Defaults<'_>) -> Result<Mail, ConfigError> {
        let given = self.smtp_url.filter(|url| !url.expose_secret().trim().is_empty());
        let to = match given {
            Some(url) => MailTo::Smtp(parse_smtp(url.expose_secret(), defaults.env == LOCAL)?),
            None if defaults.env == LOCAL => MailTo::Files(self.folder),
            None => {
                let remedy = "give the server that takes our mail, smtps://user:password@host";
                return Err(ConfigError::Missing("SMTP_URL", remedy));
            }
        };
        let from = defaults.text(
            "MAIL_FROM",
            self.from,
            LOCAL_FROM,
            "say in whose name mail is sent, Name <address>",
        )?;
        let staff = defaults.text(
            "STAFF_EMAIL",
            self.staff,
            LOCAL_STAFF,
            "say who is written to when staff should know",
        )?;
        let mailbox = |name, text: &str| {
            let invalid = || ConfigError::Invalid(name, format!("`{}` is no mail address", text.trim()));
            Mailbox::parse(text).ok_or_else(invalid)
        };
        Ok(Mail {
            to,
            from: mailbox("MAIL_FROM", &from)?,
            staff: staff
                .split(',')
                .map(|text| mailbox("STAFF_EMAIL", text))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// What is wrong with it is told without repeating it: there is a password within.
fn parse_smtp(text: &str, local: bool) -> Result<SecretString, ConfigError> {
    let invalid = |detail: &str| ConfigError::Invalid("SMTP_URL", detail.to_owned());
    let mut url =
        Url::parse(text.trim()).map_err(|error| ConfigError::Invalid("SMTP_URL", error.to_string()))?;
    if !matches!(url.scheme(), "smtp" | "smtps") {
        return Err(invalid("begin it with smtps:// or smtp://"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("it names no host"));
    }
    if url.scheme() == "smtp" && !local {
        // lettre takes what the server offers otherwise.
        url.set_query(Some("tls=required"));
    }
    Ok(SecretString::from(url.to_string()))
}
