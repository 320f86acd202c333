//! Finds work that nobody was woken for.

use time::{Duration, OffsetDateTime};

use super::Role;
use crate::app::App;
use crate::platform::bus;

/// How long a job may be overdue before its wake-up counts as lost.
const OVERDUE: Duration = Duration::seconds(10);
const AT_ONCE: i64 = 1_000;

/// Wakes workers for every job that is overdue or whose lease has lapsed: a wake-up that was lost, or a
/// worker that died. Returns how many.
pub(in crate::platform) async fn sweep(app: &App) -> anyhow::Result<usize> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let forgotten = forgotten(&mut tx, now).await?;
    for job in &forgotten {
        bus::wake(&mut tx, job.role, job.id, None).await?;
    }
    tx.commit().await?;
    Ok(forgotten.len())
}

struct Forgotten {
    id: uuid::Uuid,
    role: Role,
}

async fn forgotten(conn: &mut sqlx::PgConnection, now: OffsetDateTime) -> sqlx::Result<Vec<Forgotten>> {
    sqlx::query_as!(
        Forgotten,
        r#"select id, role as "role: Role"
        from platform.job
        where (status = 'ready' and due_at <= $1) or (status = 'leased' and leased_until <= $2)
        order by due_at, id
        limit $3"#,
        now - OVERDUE,
        now,
        AT_ONCE,
    )
    .fetch_all(conn)
    .await
}
