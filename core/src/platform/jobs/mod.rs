//! Work that is done later. Each job is a row of ours with a status, a lease and a generation:
//!
//! ```text
//! ready ──claim──▶ leased ──done──▶ (gone), or ready when it was asked for again meanwhile
//!   ▲                │ failed: ready after a backoff, or dead when its attempts are used up
//!   └──lease lapsed──┘
//! ```
//!
//! A feature declares a [`Kind`] in its `jobs.rs`, asks for it with [`bus::enqueue`](super::bus::enqueue) and
//! does it in an arm of `run` in [`worker`](crate::worker). Handlers are safe to run twice: a worker may die
//! after the work and before the note that it is done. One whose effects must not come twice fences them with
//! [`still_ours`] in its own transaction.

mod commands;
pub mod http;
mod queries;
mod run;
pub(super) mod store;
pub(super) mod sweep;

use async_trait::async_trait;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

pub use commands::{Error, Retried, discard, retry, retry_all};
pub use queries::{Filter, JobView, Status, count_dead, find, list, measure};
pub use run::{Pace, Settled, run_due, run_one};
pub use store::still_ours;

use super::cron::Schedule;
use super::mail::Template;
use super::telemetry::Origin;
use crate::app::App;

/// A kind of worker. Roles have their own workers, so that none waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    Default,
    Mail,
    Media,
    Ingest,
    Cron,
    Payments,
    Transcode,
}

impl Role {
    /// In the order of declaration: `Role::ALL[role as usize]` is `role`.
    pub const ALL: [Self; 7] = [
        Self::Default,
        Self::Mail,
        Self::Media,
        Self::Ingest,
        Self::Cron,
        Self::Payments,
        Self::Transcode,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Mail => "mail",
            Self::Media => "media",
            Self::Ingest => "ingest",
            Self::Cron => "cron",
            Self::Payments => "payments",
            Self::Transcode => "transcode",
        }
    }
}

/// One kind of job, declared as a constant in a feature's `jobs.rs`.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// `feature.verb`, imperative: `redirects.sync`.
    pub name: &'static str,
    pub role: Role,
    pub attempts: Attempts,
}

/// How often a job is tried before it is dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempts {
    /// Then it waits in the dead letters for a person. Twelve take a little more than an hour.
    Limited(i32),
    /// For what makes one thing equal another and is asked for again anyway. Alerts when it keeps failing.
    Endless,
}

impl Attempts {
    pub(super) fn limit(self) -> Option<i32> {
        match self {
            Self::Limited(limit) => Some(limit),
            Self::Endless => None,
        }
    }
}

/// A job that this worker has claimed.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: Uuid,
    pub name: String,
    pub role: Role,
    pub key: Option<String>,
    pub payload: serde_json::Value,
    /// Which claim this is.
    pub generation: i64,
    /// This one included.
    pub attempts: i32,
    /// `None`: no limit.
    pub attempts_limit: Option<i32>,
    pub created_at: OffsetDateTime,
    /// What asked for it.
    pub origin: Option<Json<Origin>>,
}

/// Does a claimed job. [`worker::Features`](crate::worker::Features), but in tests of this mechanism.
#[async_trait]
pub trait Handler: Send + Sync {
    /// An error, a panic included, is a failed attempt.
    async fn run(&self, app: &App, job: &Job) -> anyhow::Result<()>;

    /// The jobs that `event` asks for.
    fn subscribers(&self, event: &str) -> &[Kind];

    /// What runs by the clock.
    fn schedules(&self) -> &[Schedule];

    /// What mails are made of.
    fn templates(&self) -> &[&'static Template];
}
