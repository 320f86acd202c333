use sqlx::PgConnection;
use sqlx::types::Json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Job, Role};
use crate::platform::telemetry::Origin;

/// Takes the job if it is due and free: ready, or leased by somebody whose lease has lapsed.
pub(super) async fn claim(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
    lease: Duration,
) -> sqlx::Result<Option<Job>> {
    sqlx::query_as!(
        Job,
        r#"update platform.job
        set status = 'leased',
            leased_until = $3,
            generation = generation + 1,
            attempts = attempts + 1,
            again = false
        where id = (
            select id from platform.job
            where id = $1
                and ((status = 'ready' and due_at <= $2) or (status = 'leased' and leased_until <= $2))
            for update skip locked
        )
        returning id, name, role as "role: Role", key, payload, generation, attempts, attempts_limit, created_at,
            origin as "origin: Json<Origin>""#,
        id,
        now,
        now + lease,
    )
    .fetch_optional(conn)
    .await
}

/// Whether the claim still holds. Locks the job, so that until the caller's transaction ends nobody else can
/// take it: what is written beside this is written by the one holder.
pub async fn still_ours(conn: &mut PgConnection, job: &Job) -> sqlx::Result<bool> {
    let held = sqlx::query!(
        "select id from platform.job
        where id = $1 and generation = $2 and status = 'leased'
        for update",
        job.id,
        job.generation,
    )
    .fetch_optional(conn)
    .await?;
    Ok(held.is_some())
}

/// The jobs of `roles` that could be claimed at `now`, those due longest first.
pub(super) async fn due(
    conn: &mut PgConnection,
    roles: &[Role],
    now: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<Uuid>> {
    let roles: Vec<String> = roles.iter().map(|role| role.name().to_owned()).collect();
    sqlx::query_scalar!(
        "select id from platform.job
        where role = any($1)
            and ((status = 'ready' and due_at <= $2) or (status = 'leased' and leased_until <= $2))
        order by due_at, id
        limit $3",
        &roles,
        now,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// What became of a job that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completed {
    Gone,
    /// It was asked for again meanwhile and is ready once more.
    Again {
        due_at: OffsetDateTime,
    },
    /// The lease was lost, and nothing was changed.
    Lost,
}

pub(super) async fn complete(conn: &mut PgConnection, job: &Job) -> sqlx::Result<Completed> {
    if !still_ours(&mut *conn, job).await? {
        return Ok(Completed::Lost);
    }
    let again = sqlx::query_scalar!(
        "update platform.job
        set status = 'ready', leased_until = null, attempts = 0, again = false, last_error = null
        where id = $1 and again
        returning due_at",
        job.id,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(due_at) = again {
        return Ok(Completed::Again { due_at });
    }
    sqlx::query!("delete from platform.job where id = $1", job.id)
        .execute(conn)
        .await?;
    Ok(Completed::Gone)
}

/// What became of a failed job.
pub(super) struct Failed {
    pub(super) status: String,
    pub(super) due_at: OffsetDateTime,
}

/// Notes a failure: dead, or ready again at `due_at`; asked for again meanwhile it begins anew. `None`: the
/// lease was lost, and nothing was changed.
pub(super) async fn fail(
    conn: &mut PgConnection,
    job: &Job,
    error: &str,
    due_at: OffsetDateTime,
    dead: bool,
) -> sqlx::Result<Option<Failed>> {
    sqlx::query_as!(
        Failed,
        "update platform.job
        set status = case when again or not $5 then 'ready' else 'dead' end,
            due_at = case when again then least(due_at, $3) else $3 end,
            attempts = case when again and $5 then 0 else attempts end,
            leased_until = null,
            again = false,
            last_error = $4
        where id = $1 and generation = $2 and status = 'leased'
        returning status, due_at",
        job.id,
        job.generation,
        due_at,
        error,
        dead,
    )
    .fetch_optional(conn)
    .await
}

/// Gives the job back as if it had not been tried. `false`: the lease was lost.
pub(super) async fn release(conn: &mut PgConnection, job: &Job, now: OffsetDateTime) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update platform.job
        set status = 'ready', due_at = $3, leased_until = null, again = false,
            attempts = greatest(attempts - 1, 0)
        where id = $1 and generation = $2 and status = 'leased'",
        job.id,
        job.generation,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps the lease. `false`: it is lost, somebody else may be at work.
pub(super) async fn extend(conn: &mut PgConnection, job: &Job, until: OffsetDateTime) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update platform.job set leased_until = $3
        where id = $1 and generation = $2 and status = 'leased'",
        job.id,
        job.generation,
        until,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
