//! Mail over SMTP, by lettre.

use std::error::Error as _;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use secrecy::{ExposeSecret as _, SecretString};

use super::mail_message::message;
use crate::platform::mail::{MailTransport, Outgoing, SendError};

/// A whole mail: servers that think little of strangers let them wait on purpose. lettre itself bounds the connecting
/// only.
const TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that idles is closed before the server does: many give up after a minute, some after seconds.
const IDLE: Duration = Duration::from_secs(5);
const CONNECTIONS: u32 = 4;

#[derive(Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    timeout: Duration,
}

impl Smtp {
    /// `url` as `SMTP_URL` has it once it is checked; `host` is what we call ourselves. Connects to nobody yet.
    ///
    /// # Errors
    /// The URL is none for mail, or TLS cannot be set up.
    pub fn new(url: &SecretString, host: &str) -> anyhow::Result<Self> {
        Self::with_timeout(url, host, TIMEOUT)
    }

    /// With another limit for a whole mail.
    ///
    /// # Errors
    /// As [`Smtp::new`].
    pub fn with_timeout(url: &SecretString, host: &str, timeout: Duration) -> anyhow::Result<Self> {
        let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE);
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
            .context("SMTP_URL")?
            .hello_name(ClientId::Domain(host.to_owned()))
            .timeout(Some(CONNECT_TIMEOUT.min(timeout)))
            .pool_config(pool)
            .build();
        Ok(Self { transport, timeout })
    }
}

#[async_trait]
impl MailTransport for Smtp {
    async fn send(&self, mail: &Outgoing) -> Result<(), SendError> {
        let sending = self.transport.send(message(mail)?);
        match tokio::time::timeout(self.timeout, sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(SendError::Failed("the mail server took too long".to_owned())),
        }
    }

    async fn check(&self) -> anyhow::Result<String> {
        let connected = tokio::time::timeout(self.timeout, self.transport.test_connection()).await;
        let connected = connected.context("the mail server took too long")??;
        ensure!(connected, "the mail server answers, but not as one");
        Ok("the mail server answers".to_owned())
    }
}

fn failure(error: &smtp::Error) -> SendError {
    let code = error.status().map(u16::from);
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    let told = error.to_string();
    if code.is_some_and(|code| is_about_the_recipient(code, &said)) {
        SendError::Refused(told)
    } else {
        SendError::Failed(told)
    }
}

/// Whether an answer means that this mailbox will never take a mail. That our password is wrong or our mail looks like
/// spam is answered with 5xx as well, and is no reason never to write to somebody again; where the server says more
/// precisely what it means (RFC 3463), that counts.
fn is_about_the_recipient(code: u16, said: &str) -> bool {
    let word = said.split_whitespace().next().unwrap_or_default();
    let mut parts = word.split('.');
    let enhanced = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("5"), Some(subject), Some(detail), None) => {
            subject.parse::<u16>().ok().zip(detail.parse::<u16>().ok())
        }
        _ => None,
    };
    match enhanced {
        // Of addresses, those of senders are ours; of mailboxes, one that is full or a mail too long may do better.
        Some((1, detail)) => !matches!(detail, 7 | 8),
        Some((2, detail)) => matches!(detail, 0 | 1),
        Some(_) => false,
        None => matches!(code, 550 | 551 | 553 | 556),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_about_the_recipient_is_for_good() {
        for (code, said) in [
            (550, "5.1.1 no such user"),
            (550, "No such user"),
            (553, "mailbox name not allowed"),
            (550, "5.2.1 mailbox disabled"),
            (554, "5.1.10 the domain takes no mail"),
        ] {
            assert!(is_about_the_recipient(code, said), "{code} {said}");
        }
        for (code, said) in [
            (535, "5.7.8 bad credentials"),
            (535, "bad credentials"),
            (550, "5.7.1 looks like spam"),
            (550, "5.1.8 bad sender"),
            (552, "5.2.2 mailbox full"),
            (554, "no SMTP here"),
            (451, "4.7.1 later"),
            (530, "5.7.0 STARTTLS first"),
        ] {
            assert!(!is_about_the_recipient(code, said), "{code} {said}");
        }
    }
}
