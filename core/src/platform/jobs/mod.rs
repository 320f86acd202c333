//! Work that is done later. Each job is a row of ours with a status, a lease and a generation:
//!
//! ```text
//! ready ──claim──▶ leased ──done──▶ (gone), or ready when it was asked for again meanwhile
//!   ▲                │ failed: ready after a backoff, or dead when its attempts are used up
//!   └──lease lapsed──┘
//! ```
//!
//! Handlers are safe to run twice: a worker may die after the work and before the note that it is done.

mod run;
pub(super) mod store;

use time::OffsetDateTime;
use uuid::Uuid;

pub use run::run_due;

/// A kind of worker. Roles have their own workers, so that none waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Role {
    Default,
    Mail,
    Media,
    Ingest,
    Cron,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Default, Self::Mail, Self::Media, Self::Ingest, Self::Cron];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Mail => "mail",
            Self::Media => "media",
            Self::Ingest => "ingest",
            Self::Cron => "cron",
        }
    }
}

/// What [`crate::worker::JOBS`] says of a job.
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
    /// Then it waits in the dead letters for a person. Twelve take about two hours.
    Limited(i32),
    /// For what makes one thing equal another and is asked for again anyway. Alerts after a few.
    Endless,
}

/// A job that this worker has claimed.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: Uuid,
    pub name: String,
    pub key: Option<String>,
    pub payload: serde_json::Value,
    /// Which claim this is. Effects elsewhere may be fenced with it.
    pub generation: i64,
    /// This one included.
    pub attempts: i32,
    pub created_at: OffsetDateTime,
}
