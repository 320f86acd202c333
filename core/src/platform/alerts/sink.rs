use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Severity;

/// A place where people hear of alerts. Told at least once: a process may die between telling and noting.
#[async_trait]
pub trait AlertSink: Send + Sync {
    /// By which settings, jobs and metrics know it: `telegram`.
    fn name(&self) -> &'static str;

    fn wants(&self, severity: Severity) -> bool;

    async fn tell(&self, telling: &Telling) -> Result<(), TellError>;

    /// Whether it would arrive, as far as can be seen without telling anybody; who is told.
    ///
    /// # Errors
    /// It would not. Without any secret.
    async fn check(&self) -> anyhow::Result<String>;
}

/// What is told of an alert. Nothing in it says who a customer is.
#[derive(Clone, Debug)]
pub struct Telling {
    /// Of the alert; nil: it could not be kept, and is told all the same.
    pub alert: Uuid,
    pub code: String,
    pub severity: Severity,
    pub title: String,
    pub subject: String,
    pub detail: String,
    /// Ids, by what they name.
    pub about: BTreeMap<String, String>,
    /// How often it was raised since it was told last.
    pub times: i64,
    /// Since when those were.
    pub since: OffsetDateTime,
    pub last_at: OffsetDateTime,
    /// How often it had been raised before.
    pub told_before: i64,
    /// Where more can be found, by what is there.
    pub links: Vec<(&'static str, String)>,
}

/// Why nobody was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TellError {
    #[error("asked to come again in {} s: {why}", .again_in.as_secs())]
    Later { again_in: Duration, why: String },
    /// Without any secret.
    #[error("{0}")]
    Failed(String),
}
