use std::collections::BTreeMap;

use sqlx::PgConnection;
use sqlx::types::Json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Severity;
use super::raised::Raised;

/// How long an alert is kept that is raised no more.
const KEPT: Duration = Duration::days(90);

/// Adds to the open alert of its code and subject, or opens one as `id`; its id.
pub(super) async fn add(conn: &mut PgConnection, id: Uuid, raised: &Raised) -> sqlx::Result<Uuid> {
    sqlx::query_scalar!(
        "insert into platform.alert (id, code, severity, subject, detail, about, first_at, last_at, count)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (code, subject) where acknowledged_at is null do update
        set severity = excluded.severity,
            detail = case when excluded.last_at >= alert.last_at then excluded.detail else alert.detail end,
            about = case when excluded.last_at >= alert.last_at then excluded.about else alert.about end,
            first_at = least(alert.first_at, excluded.first_at),
            last_at = greatest(alert.last_at, excluded.last_at),
            count = alert.count + excluded.count
        returning id",
        id,
        raised.code.name(),
        raised.code.severity() as Severity,
        raised.subject,
        raised.detail,
        Json(&raised.about) as _,
        raised.first_at,
        raised.last_at,
        raised.count,
    )
    .fetch_one(conn)
    .await
}

/// When a place was told of it last.
pub(super) async fn told_at(
    conn: &mut PgConnection,
    alert: Uuid,
    place: &str,
) -> sqlx::Result<Option<OffsetDateTime>> {
    let told = sqlx::query_scalar!(
        "select told_at from platform.alert_told where alert_id = $1 and place = $2",
        alert,
        place,
    )
    .fetch_optional(conn)
    .await?;
    Ok(told.flatten())
}

/// An alert, and what of it a place does not know yet.
pub(super) struct Untold {
    pub(super) code: String,
    pub(super) severity: Severity,
    pub(super) subject: String,
    pub(super) detail: String,
    pub(super) about: Json<BTreeMap<String, String>>,
    pub(super) first_at: OffsetDateTime,
    pub(super) last_at: OffsetDateTime,
    pub(super) count: i64,
    pub(super) told_at: Option<OffsetDateTime>,
    pub(super) told_count: i64,
}

/// `None`: there is nothing to tell, or somebody knows already.
pub(super) async fn untold(
    conn: &mut PgConnection,
    alert: Uuid,
    place: &str,
) -> sqlx::Result<Option<Untold>> {
    sqlx::query_as!(
        Untold,
        r#"select code, severity as "severity: Severity", subject, detail,
            about as "about: Json<BTreeMap<String, String>>", first_at, last_at, count,
            told.told_at as "told_at?", coalesce(told.told_count, 0) as "told_count!"
        from platform.alert
        left join platform.alert_told told on told.alert_id = alert.id and told.place = $2
        where alert.id = $1 and acknowledged_at is null and count > coalesce(told.told_count, 0)"#,
        alert,
        place,
    )
    .fetch_optional(conn)
    .await
}

/// A place was told of the first `count`.
pub(super) async fn note_told(
    conn: &mut PgConnection,
    alert: Uuid,
    place: &str,
    count: i64,
    at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into platform.alert_told (alert_id, place, told_at, told_count)
        -- What is gone meanwhile is of no interest.
        select id, $2, $4, $3 from platform.alert where id = $1
        on conflict (alert_id, place) do update
        set told_at = excluded.told_at, told_count = excluded.told_count, last_error = null",
        alert,
        place,
        count,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A place could not be told.
pub(super) async fn note_failure(
    conn: &mut PgConnection,
    alert: Uuid,
    place: &str,
    error: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into platform.alert_told (alert_id, place, last_error)
        select id, $2, $3 from platform.alert where id = $1
        on conflict (alert_id, place) do update set last_error = excluded.last_error",
        alert,
        place,
        error,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The open alert of a code and subject.
pub(super) async fn open(conn: &mut PgConnection, code: &str, subject: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select id from platform.alert where code = $1 and subject = $2 and acknowledged_at is null",
        code,
        subject,
    )
    .fetch_optional(conn)
    .await
}

/// Whether it was open, and is acknowledged now.
pub(super) async fn acknowledge(
    conn: &mut PgConnection,
    id: Uuid,
    by: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update platform.alert set acknowledged_at = $3, acknowledged_by = $2
        where id = $1 and acknowledged_at is null",
        id,
        by,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The newest dead job of each name of which no alert tells, and the name.
pub(super) async fn dead_jobs_untold(conn: &mut PgConnection) -> sqlx::Result<Vec<(String, Uuid)>> {
    let rows = sqlx::query!(
        "select distinct on (name) name, id
        from platform.job
        where status = 'dead' and not exists (
            select from platform.alert
            where code = 'jobs.dead' and subject = job.name and last_at >= job.created_at
        )
        order by name, id desc",
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

/// Forgets alerts that were not raised for long.
pub(in crate::platform) async fn forget(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!("delete from platform.alert where last_at < $1", now - KEPT)
        .execute(conn)
        .await?;
    Ok(())
}
