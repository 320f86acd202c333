//! Who does what later: every job with its role, who hears which event, what runs when, and the one match
//! from a job's name to the function that does it.

use anyhow::bail;

use crate::app::App;
use crate::hits;
use crate::platform::bus;
use crate::platform::jobs::{Job, Kind, Role};

/// Every job there is.
pub const JOBS: &[Kind] = &[];

/// Event, and the jobs it asks for.
const SUBSCRIPTIONS: &[(&str, &[&str])] = &[];

/// Does the job. Called with the job claimed; safe to call twice for the same job.
pub async fn run(_app: &App, job: &Job) -> anyhow::Result<()> {
    match job.name.as_str() {
        name => bail!("nobody runs the job {name}"),
    }
}

/// What [`JOBS`] says of `name`.
pub fn kind(name: &str) -> anyhow::Result<&'static Kind> {
    match JOBS.iter().find(|kind| kind.name == name) {
        Some(kind) => Ok(kind),
        None => bail!("there is no job called {name}"),
    }
}

/// The jobs that `event` asks for.
pub fn subscribers(event: &str) -> impl Iterator<Item = &'static str> {
    SUBSCRIPTIONS
        .iter()
        .filter(move |(name, _)| *name == event)
        .flat_map(|(_, jobs)| jobs.iter().copied())
}

/// Does jobs of `roles` until the process is asked to stop.
pub async fn work(app: &App, roles: &[Role]) -> anyhow::Result<()> {
    if roles.is_empty() {
        return Ok(());
    }
    let ingest = async {
        if roles.contains(&Role::Ingest) {
            hits::ingest(app, hits::Pace::default()).await;
        }
    };
    let (worked, ()) = tokio::join!(bus::work(app, roles), ingest);
    worked
}
