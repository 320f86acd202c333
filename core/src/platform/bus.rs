//! What is to be done later, and what happened: both are rows written in the caller's transaction, so they
//! come true exactly when it commits.
//!
//! graphile_worker is wrapped here and nowhere else. It only *wakes*: the work itself is a row of
//! [`super::jobs`], and a lost, doubled or stale wake-up does no harm. Payloads hold ids, never secrets or
//! personal data: they may end up in logs.

use graphile_worker::sql::add_job::single::add_job;
use graphile_worker::{JobSpec, WorkerUtils};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::jobs::{self, Role};
use crate::app::App;
use crate::worker;

/// Where graphile_worker keeps its own tables.
pub(super) const SCHEMA: &str = "graphile_worker";

/// Asks for a job, in the caller's transaction.
///
/// `job` is a name in [`worker::JOBS`]. Jobs of one `key` are one: a second request while the first waits
/// replaces its payload and never puts it off; while it runs, makes it run once more with the new payload.
/// Without `run_at` it is due at once. `now` is [`App::now`](crate::app::App::now).
pub async fn enqueue(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    job: &str,
    payload: Value,
    key: Option<&str>,
    run_at: Option<OffsetDateTime>,
) -> anyhow::Result<()> {
    let kind = worker::kind(job)?;
    let due_at = run_at.unwrap_or(now);
    let (id, due_at) = jobs::store::request(conn, now, kind, key, &payload, due_at).await?;
    wake(conn, kind.role, id, Some(due_at).filter(|due_at| *due_at > now)).await
}

/// Tells whoever listens that `event` happened, in the caller's transaction: one job per subscriber, so that
/// each is retried alone. The publisher does not know who hears.
pub async fn emit(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    event: &str,
    payload: Value,
) -> anyhow::Result<()> {
    for job in worker::subscribers(event) {
        enqueue(conn, now, job, payload.clone(), None, None).await?;
    }
    Ok(())
}

/// Has a worker of `role` look at the job `id`, now or at `run_at`. A later call replaces an earlier one.
pub(super) async fn wake(
    conn: &mut PgConnection,
    role: Role,
    id: Uuid,
    run_at: Option<OffsetDateTime>,
) -> anyhow::Result<()> {
    let run_at = run_at.and_then(|at| chrono::DateTime::from_timestamp(at.unix_timestamp(), at.nanosecond()));
    let spec = JobSpec {
        job_key: Some(id.to_string()),
        run_at,
        ..JobSpec::default()
    };
    add_job(conn, SCHEMA, role.name(), json!({ "id": id }), spec, false).await?;
    Ok(())
}

/// Brings graphile_worker's own schema up to date.
pub(super) async fn migrate(db: &PgPool) -> anyhow::Result<()> {
    Ok(WorkerUtils::new(db, SCHEMA).migrate().await?)
}

/// Runs what wakes up in `roles` until the process is asked to stop.
pub async fn work(app: &App, roles: &[Role]) -> anyhow::Result<()> {
    while !app.stopping.is_cancelled() {
        jobs::run_due(app, roles).await?;
        tokio::select! {
            () = app.stopping.cancelled() => {}
            () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {}
        }
    }
    Ok(())
}
