//! What a person should look at.
//!
//! ```text
//! app.alert ─▶ log, and a little memory ─▶ platform.alert: one open row per code and subject
//!                        │ Postgres is away         │ a job for each place that wants it
//!                        └──────── told at once ────┴─▶ told, at most once in ten minutes
//! ```
//!
//! Raising an alert waits for nothing and is no part of the transaction that it tells of: a storm of the same would
//! queue behind one row, and what was rolled back may be worth telling, too. What is raised in a moment is kept as one,
//! with how often. A process that is killed within that moment loses it; what lasts, such as dead jobs, is looked
//! for by the clock as well.

mod catalogue;
mod commands;
pub mod http;
pub mod jobs;
mod keep;
pub mod queries;
mod raised;
mod scrub;
mod sink;
mod store;
mod tell;

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use time::Duration;
use utoipa::ToSchema;

pub use catalogue::Code;
pub use commands::{Error, acknowledge, send_test};
pub(crate) use keep::keep;
pub use raised::Alerts;
pub use scrub::scrub;
pub use sink::{AlertSink, TellError, Telling};
pub(super) use store::forget;

/// What the catalogue says of each code, for people on call.
pub const RUNBOOKS: &str = include_str!("../../../../docs/alerts.md");

/// The same is logged, and told anywhere, at most once in so long.
pub const QUIET: Duration = Duration::minutes(10);

/// One condition that somebody should know of.
#[derive(Clone, Debug)]
pub struct Alert<'a> {
    pub code: Code,
    /// What it is about: a job's name, a brand. With the code it makes one alert, however often it is raised, so no ids
    /// that never repeat.
    pub subject: &'a str,
    /// For a person. It may name no customer; what looks like an address or a secret is taken out.
    pub detail: String,
    /// Ids of what it is about this time, by what they name.
    pub about: Vec<(&'static str, String)>,
}

impl<'a> Alert<'a> {
    pub fn new(code: Code, subject: &'a str, detail: impl Into<String>) -> Self {
        Self {
            code,
            subject,
            detail: detail.into(),
            about: vec![],
        }
    }

    /// With the id of a thing: `order`, `payment`, `job`.
    #[must_use]
    pub fn about(mut self, what: &'static str, id: impl Display) -> Self {
        self.about.push((what, id.to_string()));
        self
    }
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = AlertSeverity)]
pub enum Severity {
    /// Look at it this week.
    Warning,
    /// Look at it now.
    Serious,
}

impl Severity {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Serious => "serious",
        }
    }
}
