use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Mailbox;

/// Whatever carries a mail to where its recipient reads it, or at least one server closer.
#[async_trait]
pub trait MailTransport: Send + Sync {
    /// Hands one mail over. It gives up after some time of its own.
    async fn send(&self, mail: &Outgoing) -> Result<(), SendError>;

    /// Whether mail could be handed over now, in words.
    async fn check(&self) -> anyhow::Result<String>;
}

/// A mail as it is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub id: Uuid,
    /// `id@host`; the same at every attempt.
    pub message_id: String,
    pub from: Mailbox,
    pub to: Mailbox,
    pub date: OffsetDateTime,
    /// One line.
    pub subject: String,
    pub text: String,
    pub html: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// For good, and because of the recipient: there is no such mailbox.
    #[error("{0}")]
    Refused(String),
    /// Whatever else: nobody there, too busy, a wrong password. Whether it arrived may not be known.
    #[error("{0}")]
    Failed(String),
}
