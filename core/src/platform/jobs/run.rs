use std::panic::AssertUnwindSafe;

use anyhow::anyhow;
use futures::FutureExt as _;
use time::Duration;
use uuid::Uuid;

use super::{Attempts, Job, Role, store};
use crate::app::App;
use crate::platform::bus;
use crate::worker;

/// How long a claim holds without a sign of life.
const LEASE: Duration = Duration::seconds(60);

/// Runs what is due, one after another, until nothing is; returns how many ran. Tests drive jobs with this;
/// workers go through the same [`run_one`].
pub async fn run_due(app: &App, roles: &[Role]) -> anyhow::Result<usize> {
    let mut ran = 0;
    loop {
        let due = store::due(&mut *app.db.acquire().await?, roles, app.now(), 100).await?;
        if due.is_empty() {
            return Ok(ran);
        }
        for id in due {
            ran += usize::from(run_one(app, id).await?);
        }
    }
}

/// Claims the job and runs it to its end. `false`: it was not ours to run (done, not due, or being run).
pub(in crate::platform) async fn run_one(app: &App, id: Uuid) -> anyhow::Result<bool> {
    let claimed = store::claim(&mut *app.db.acquire().await?, id, app.now(), LEASE).await?;
    let Some(job) = claimed else { return Ok(false) };
    let outcome = AssertUnwindSafe(worker::run(app, &job)).catch_unwind().await;
    match outcome.unwrap_or_else(|_| Err(anyhow!("the job panicked"))) {
        Ok(()) => complete(app, &job).await?,
        Err(error) => fail(app, &job, &error).await?,
    }
    Ok(true)
}

async fn complete(app: &App, job: &Job) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    if let Some(due_at) = store::complete(&mut tx, job).await? {
        bus::wake(&mut tx, worker::kind(&job.name)?.role, job.id, Some(due_at)).await?;
    }
    Ok(tx.commit().await?)
}

async fn fail(app: &App, job: &Job, error: &anyhow::Error) -> anyhow::Result<()> {
    let kind = worker::kind(&job.name)?;
    let dead = matches!(kind.attempts, Attempts::Limited(limit) if job.attempts >= limit);
    let due_at = if dead {
        None
    } else {
        Some(app.now() + backoff(job.attempts))
    };
    tracing::warn!(job.id = %job.id, job.name, job.attempts, error = format!("{error:#}"), "job {} failed", job.name);
    let mut tx = app.db.begin().await?;
    let ours = store::fail(&mut tx, job, &format!("{error:#}"), due_at).await?;
    if let (true, Some(due_at)) = (ours, due_at) {
        bus::wake(&mut tx, kind.role, job.id, Some(due_at)).await?;
    }
    Ok(tx.commit().await?)
}

/// Doubles from two seconds up to an hour.
fn backoff(attempts: i32) -> Duration {
    let exponent = u32::try_from(attempts.clamp(1, 12)).unwrap_or(1);
    Duration::seconds(2_i64.pow(exponent)).min(Duration::HOUR)
}
