use serde_json::Value;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Job, Kind, Role};
use crate::ids;

/// Inserts the job or joins it to the one of the same key. Returns its id and when it is due.
pub(in crate::platform) async fn request(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    kind: &Kind,
    key: Option<&str>,
    payload: &Value,
    due_at: OffsetDateTime,
) -> sqlx::Result<(Uuid, OffsetDateTime)> {
    let row = sqlx::query!(
        "insert into platform.job (id, name, role, key, payload, due_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (key) where status in ('ready', 'leased') do update
        set payload = excluded.payload,
            again = job.status = 'leased',
            due_at = case when job.status = 'leased' then excluded.due_at
                else least(job.due_at, excluded.due_at) end
        returning id, due_at",
        ids::fresh(now),
        kind.name,
        kind.role.name(),
        key,
        payload,
        due_at,
        now,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.id, row.due_at))
}

/// Takes the job if it is due and free: ready, or leased by somebody whose lease has lapsed.
pub(super) async fn claim(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
    lease: Duration,
) -> sqlx::Result<Option<Job>> {
    sqlx::query_as!(
        Job,
        "update platform.job
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
        returning id, name, key, payload, generation, attempts, created_at",
        id,
        now,
        now + lease,
    )
    .fetch_optional(conn)
    .await
}

/// The jobs of `roles` that could be claimed now, those due longest first.
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

/// Notes that the work is done, unless the lease was lost. Asked for again meanwhile, it is ready once more.
/// Returns when it is due then.
pub(super) async fn complete(conn: &mut PgConnection, job: &Job) -> sqlx::Result<Option<OffsetDateTime>> {
    let again = sqlx::query_scalar!(
        "update platform.job
        set status = 'ready', leased_until = null, attempts = 0, again = false, last_error = null
        where id = $1 and generation = $2 and status = 'leased' and again
        returning due_at",
        job.id,
        job.generation,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if again.is_none() {
        sqlx::query!(
            "delete from platform.job where id = $1 and generation = $2 and status = 'leased' and not again",
            job.id,
            job.generation,
        )
        .execute(conn)
        .await?;
    }
    Ok(again)
}

/// Notes a failure, unless the lease was lost: ready again at `due_at`, or dead when there is none.
/// Returns whether the lease was still ours.
pub(super) async fn fail(
    conn: &mut PgConnection,
    job: &Job,
    error: &str,
    due_at: Option<OffsetDateTime>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update platform.job
        set status = case when $3::timestamptz is null then 'dead' else 'ready' end,
            due_at = coalesce(case when again then least(due_at, $3) else $3 end, due_at),
            leased_until = null,
            again = false,
            last_error = $4
        where id = $1 and generation = $2 and status = 'leased'",
        job.id,
        job.generation,
        due_at,
        error,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the job back untried.
#[expect(dead_code, reason = "used when a worker stops; next commit")]
pub(super) async fn release(conn: &mut PgConnection, job: &Job, now: OffsetDateTime) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update platform.job
        set status = 'ready', due_at = $3, leased_until = null, attempts = greatest(attempts - 1, 0),
            again = false
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
#[expect(dead_code, reason = "used by the heartbeat; next commit")]
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
