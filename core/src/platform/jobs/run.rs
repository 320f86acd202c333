use std::panic::AssertUnwindSafe;
use std::time::Instant;

use anyhow::anyhow;
use futures::FutureExt as _;
use time::Duration;
use tracing::Instrument as _;
use uuid::Uuid;

use super::store::Completed;
use super::{Job, Role, store};
use crate::app::App;
use crate::platform::alerts::{Alert, Code};
use crate::platform::{bus, telemetry};

/// Kept of the time for stopping to hand back the jobs that did not get done in the rest.
const TO_HAND_BACK: std::time::Duration = std::time::Duration::from_secs(5);
/// After so many failures in a row somebody is told even if the job never dies.
const WORRYING: i32 = 5;

/// How a claimed job shows that its worker lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long a claim holds without a sign of life.
    pub lease: Duration,
    /// How often a running job shows one.
    pub heartbeat: std::time::Duration,
}

/// Short, so that what a killed worker was at is taken up within half a minute, the sweep included; and
/// three heartbeats may fail before a job is lost to somebody else.
impl Default for Pace {
    fn default() -> Self {
        Self {
            lease: Duration::seconds(20),
            heartbeat: std::time::Duration::from_secs(5),
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Nobody's to run now: done already, not due, or being run by somebody else.
    NotOurs,
    Done,
    /// To be tried again, or dead.
    Failed,
    /// The process is stopping: for somebody else.
    HandedBack,
    /// Our lease lapsed while we worked; somebody else has the job, and we changed nothing in its row.
    Lost,
}

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
            ran += usize::from(run_one(app, id).await? != Settled::NotOurs);
        }
    }
}

/// Claims the job, runs it and notes how that ended. An error means that the database could not be asked or
/// told; the lease then lapses and the job is taken again.
pub async fn run_one(app: &App, id: Uuid) -> anyhow::Result<Settled> {
    let claimed = store::claim(&mut *app.db.acquire().await?, id, app.now(), app.pace.lease).await?;
    let Some(job) = claimed else {
        return Ok(Settled::NotOurs);
    };
    let name = job.name.as_str();
    let span = tracing::info_span!("job", otel.name = name, otel.kind = "consumer", job.id = %job.id, job.name, job.attempts);
    let origin = job.origin.as_ref();
    if let Some(traceparent) = origin.and_then(|origin| origin.traceparent.as_deref()) {
        telemetry::follow(&span, traceparent);
    }
    let work = telemetry::within(("job", job.id.to_string()), attempt(app, &job)).instrument(span);
    match origin.and_then(|origin| origin.request.clone()) {
        Some(request) => telemetry::within(("request", request), work).await,
        None => work.await,
    }
}

async fn attempt(app: &App, job: &Job) -> anyhow::Result<Settled> {
    // More claims than attempts: whoever took it before died of it, every time.
    if job.attempts_limit.is_some_and(|limit| job.attempts > limit) {
        return fail(app, job, &anyhow!("its worker died at every attempt")).await;
    }
    app.faults.hit("jobs.claimed");
    let began = Instant::now();
    let settled = tokio::select! {
        outcome = AssertUnwindSafe(app.handler.run(app, job)).catch_unwind() => {
            let outcome = outcome.unwrap_or_else(|_| {
                app.alert(&Alert::new(Code::JobsPanicked, &job.name, "it is tried again as if it had failed"));
                Err(anyhow!("the job panicked"))
            });
            match outcome {
                Ok(()) => complete(app, job).await?,
                Err(error) => fail(app, job, &error).await?,
            }
        }
        () = lease_lost(app, job) => {
            tracing::warn!("job {} took longer than its lease and was taken over", job.name);
            Settled::Lost
        }
        () = out_of_time(app) => hand_back(app, job).await?,
    };
    let outcome = match settled {
        Settled::NotOurs => "not_ours",
        Settled::Done => "done",
        Settled::Failed => "failed",
        Settled::HandedBack => "handed_back",
        Settled::Lost => "lost",
    };
    let labels = [("job", job.name.clone()), ("outcome", outcome.to_owned())];
    metrics::histogram!("marquee_job_seconds", &labels).record(began.elapsed());
    Ok(settled)
}

async fn complete(app: &App, job: &Job) -> anyhow::Result<Settled> {
    app.faults.hit("jobs.done_but_not_noted");
    let mut tx = app.db.begin().await?;
    let completed = store::complete(&mut tx, job).await?;
    if let Completed::Again { due_at } = completed {
        bus::wake(&mut tx, job.role, job.id, Some(due_at)).await?;
    }
    tx.commit().await?;
    Ok(if completed == Completed::Lost {
        Settled::Lost
    } else {
        Settled::Done
    })
}

async fn fail(app: &App, job: &Job, error: &anyhow::Error) -> anyhow::Result<Settled> {
    let error = format!("{error:#}");
    tracing::warn!(error, "job {} failed", job.name);
    let dead = job.attempts_limit.is_some_and(|limit| job.attempts >= limit);
    let due_at = app.now() + backoff(job.id, job.attempts);
    let mut tx = app.db.begin().await?;
    let Some(failed) = store::fail(&mut tx, job, &error, due_at, dead).await? else {
        return Ok(Settled::Lost);
    };
    if failed.status == "ready" {
        bus::wake(&mut tx, job.role, job.id, Some(failed.due_at)).await?;
    }
    tx.commit().await?;
    if failed.status == "dead" {
        let detail = format!("it was given up after {} attempts: {error}", job.attempts);
        app.alert(&Alert::new(Code::JobsDead, &job.name, detail));
    } else if job.attempts >= WORRYING {
        let detail = format!("it has failed {} times: {error}", job.attempts);
        app.alert(&Alert::new(Code::JobsFailing, &job.name, detail));
    }
    Ok(Settled::Failed)
}

async fn hand_back(app: &App, job: &Job) -> anyhow::Result<Settled> {
    let mut tx = app.db.begin().await?;
    if !store::release(&mut tx, job, app.now()).await? {
        return Ok(Settled::Lost);
    }
    bus::wake(&mut tx, job.role, job.id, None).await?;
    tx.commit().await?;
    Ok(Settled::HandedBack)
}

/// Ends when the lease is no longer ours. While the database cannot be asked we go on until the lease has
/// surely lapsed.
async fn lease_lost(app: &App, job: &Job) {
    let Pace { lease, heartbeat } = app.pace;
    let mut sure_until = Instant::now() + lease.unsigned_abs();
    loop {
        tokio::time::sleep(heartbeat).await;
        let extended = async {
            let mut conn = app.db.acquire().await?;
            store::extend(&mut conn, job, app.now() + lease).await
        };
        match extended.await {
            Ok(true) => sure_until = Instant::now() + lease.unsigned_abs(),
            Ok(false) => return,
            Err(error) if Instant::now() >= sure_until => {
                tracing::warn!(error = %error, "could not keep the lease");
                return;
            }
            Err(error) => tracing::warn!(error = %error, "could not extend the lease, trying again"),
        }
    }
}

async fn out_of_time(app: &App) {
    app.stopping.cancelled().await;
    tokio::time::sleep(app.config.stop_within.saturating_sub(TO_HAND_BACK)).await;
}

/// Doubles from two seconds up to an hour, and up to a quarter more, which differs by job: what failed
/// together does not come back together.
fn backoff(id: Uuid, attempts: i32) -> Duration {
    let exponent = u32::try_from(attempts.clamp(1, 12)).unwrap_or(1);
    let delay = Duration::seconds(2_i64.pow(exponent)).min(Duration::HOUR);
    let (_, random) = id.as_u64_pair();
    delay + delay * (random % 1_000) as f64 / 4_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backoff_doubles_to_an_hour_with_some_spread() {
        for (attempts, seconds) in [(1, 2), (2, 4), (5, 32), (11, 2_048), (12, 3_600), (1_000, 3_600)] {
            for random in [0, 999, u64::MAX] {
                let delay = backoff(Uuid::from_u64_pair(0, random), attempts);
                let least = Duration::seconds(seconds);
                assert!(delay >= least && delay <= least * 1.25, "{attempts}: {delay}");
            }
        }
    }
}
