//! What is to be done later, and what happened: both are rows written in the caller's transaction, so they
//! come true exactly when it commits.
//!
//! graphile_worker is wrapped here and nowhere else. It only *wakes*: the work itself is a row of
//! [`super::jobs`], and a lost, doubled or stale wake-up does no harm.

use graphile_worker::sql::add_job::single::add_job;
use graphile_worker::worker_utils::types::CleanupTask;
use graphile_worker::{
    IntoTaskHandlerResult, JobSpec, TaskHandler, WorkerContext, WorkerOptions, WorkerRecoveryConfig,
    WorkerShutdownConfig, WorkerUtils,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::jobs::{self, Kind, Role};
use super::telemetry::Origin;
use crate::app::App;
use crate::ids;

/// Where graphile_worker keeps its own tables.
const SCHEMA: &str = "graphile_worker";

/// Asks for a job, in the caller's transaction.
///
/// `payload` holds ids, never secrets or personal data: it may end up in logs. Jobs of one kind and `key` are
/// one: a second request while the first waits replaces its payload and never puts it off; while it runs,
/// makes it run once more with the new payload. Without `run_at` it is due at `now`, which is
/// [`App::now`](crate::app::App::now).
pub async fn enqueue(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    kind: &Kind,
    payload: Value,
    key: Option<&str>,
    run_at: Option<OffsetDateTime>,
) -> anyhow::Result<()> {
    enqueue_each(conn, now, kind, vec![(payload, key)], run_at).await
}

/// Asks for several jobs of one kind as [`enqueue`] does for one, in one statement: payloads with their keys, each key
/// once.
pub(super) async fn enqueue_each(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    kind: &Kind,
    jobs: Vec<(Value, Option<&str>)>,
    run_at: Option<OffsetDateTime>,
) -> anyhow::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let new: Vec<Uuid> = jobs.iter().map(|_| ids::fresh(now)).collect();
    let (payloads, keys): (Vec<Value>, Vec<Option<&str>>) = jobs.into_iter().unzip();
    // One statement for the rows and what wakes workers for them. Not checked when this is built, since graphile_worker
    // makes its schema itself; `add_job` is what its own crate calls, too.
    sqlx::query(
        "with job as (
            insert into platform.job (id, name, role, attempts_limit, key, payload, due_at, created_at, origin)
            select id, $2, $3, $4, key, payload, $7, $8, $9
            from unnest($1::uuid[], $5::text[], $6::jsonb[]) as new (id, key, payload)
            on conflict (name, key) where status in ('ready', 'leased') do update
            set payload = excluded.payload,
                origin = excluded.origin,
                again = job.status = 'leased',
                due_at = case when job.status = 'leased' and not job.again then excluded.due_at
                    else least(job.due_at, excluded.due_at) end
            returning id, due_at
        )
        select from job, lateral graphile_worker.add_job(
            identifier => $3,
            payload => json_build_object('id', id),
            run_at => case when due_at > $8 then due_at end,
            job_key => id::text
        )",
    )
    .bind(new)
    .bind(kind.name)
    .bind(kind.role.name())
    .bind(kind.attempts.limit())
    .bind(keys)
    .bind(payloads)
    .bind(run_at.unwrap_or(now))
    .bind(now)
    .bind(Origin::here().map(Json))
    .execute(conn)
    .await?;
    Ok(())
}

/// What a subscriber's job is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// As every subscriber is given it, and however often it runs.
    pub id: Uuid,
    /// `feature.happened`: `redirects.published`.
    pub event: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub data: Value,
}

/// Tells whoever listens that `event` happened, in the caller's transaction: one job per subscriber, with an
/// [`Event`] as payload, so that each is retried alone. The publisher does not know who hears; `worker.rs` does.
pub async fn emit(app: &App, conn: &mut PgConnection, event: &str, data: Value) -> anyhow::Result<()> {
    let now = app.now();
    let event = Event {
        id: ids::fresh(now),
        event: event.to_owned(),
        at: now,
        data,
    };
    metrics::counter!("marquee_events_total", "event" => event.event.clone()).increment(1);
    let payload = serde_json::to_value(&event)?;
    for kind in app.handler.subscribers(&event.event) {
        enqueue(conn, now, kind, payload.clone(), None, None).await?;
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

/// Clears away wake-ups that were given up; the jobs they were for are woken by the sweep.
pub(super) async fn clean_up(db: &PgPool) -> anyhow::Result<()> {
    Ok(WorkerUtils::new(db, SCHEMA)
        .cleanup(&[CleanupTask::DeletePermanentlyFailedJobs])
        .await?)
}

/// Does the jobs that wake up in `role` until the process is asked to stop. An error means that the queue
/// itself failed; what ran is then retried by whoever works next.
pub(crate) async fn work(app: &App, role: Role) -> anyhow::Result<()> {
    match role {
        Role::Default => work_as::<{ Role::Default as usize }>(app, 4).await,
        Role::Mail => work_as::<{ Role::Mail as usize }>(app, 4).await,
        Role::Media => work_as::<{ Role::Media as usize }>(app, 1).await,
        Role::Ingest => work_as::<{ Role::Ingest as usize }>(app, 2).await,
        Role::Cron => work_as::<{ Role::Cron as usize }>(app, 2).await,
        Role::Payments => work_as::<{ Role::Payments as usize }>(app, 4).await,
        Role::Transcode => work_as::<{ Role::Transcode as usize }>(app, 1).await,
    }
}

async fn work_as<const ROLE: usize>(app: &App, concurrency: usize) -> anyhow::Result<()> {
    let stopping = app.stopping.clone();
    let shutdown = WorkerShutdownConfig::default()
        .listen_os_shutdown_signals(false)
        // Longer than jobs get: what is unfinished, we hand back ourselves.
        .grace_period(app.config.stop_within)
        .shutdown_signal(async move { stopping.cancelled().await });
    let worker = WorkerOptions::default()
        .pg_pool(app.db.clone())
        .schema(SCHEMA)
        .concurrency(concurrency)
        .worker_shutdown(shutdown)
        .worker_recovery(WorkerRecoveryConfig::default().enabled(true))
        .add_extension(app.clone())
        .define_job::<WakeUp<ROLE>>()
        .init()
        .await?;
    Ok(worker.run().await?)
}

/// A role is one kind of task to graphile_worker: a worker is woken for the roles it registered.
#[derive(Serialize, Deserialize)]
struct WakeUp<const ROLE: usize> {
    id: Uuid,
}

impl<const ROLE: usize> TaskHandler for WakeUp<ROLE> {
    const IDENTIFIER: &'static str = Role::ALL[ROLE].name();

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let Some(app) = context.get_ext::<App>() else {
            return Err("no app".to_owned());
        };
        if app.stopping.is_cancelled() {
            // The wake-up is lost, the row is not: the sweep wakes another worker for it.
            return Ok(());
        }
        // A job that fails is settled in its row. An error here means the row could not even be read or
        // written, and graphile_worker is to try again.
        jobs::run_one(app, self.id)
            .await
            .map(drop)
            .map_err(|error| format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_task_of_its_name() {
        assert_eq!(WakeUp::<{ Role::Default as usize }>::IDENTIFIER, "default");
        assert_eq!(WakeUp::<{ Role::Mail as usize }>::IDENTIFIER, "mail");
        assert_eq!(WakeUp::<{ Role::Media as usize }>::IDENTIFIER, "media");
        assert_eq!(WakeUp::<{ Role::Ingest as usize }>::IDENTIFIER, "ingest");
        assert_eq!(WakeUp::<{ Role::Cron as usize }>::IDENTIFIER, "cron");
        assert_eq!(WakeUp::<{ Role::Payments as usize }>::IDENTIFIER, "payments");
        assert_eq!(WakeUp::<{ Role::Transcode as usize }>::IDENTIFIER, "transcode");
    }
}
