use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Role;
use crate::app::App;
use crate::platform::paging::{List, Page};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = JobStatus)]
pub enum Status {
    /// Waits until it is due.
    Ready,
    /// A worker has it.
    Leased,
    /// Its attempts are used up: retry or discard it.
    Dead,
}

/// A job that is not done. Jobs that are done leave no row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JobView {
    pub id: Uuid,
    pub name: String,
    pub role: String,
    pub key: Option<String>,
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
    pub status: Status,
    #[serde(with = "time::serde::rfc3339")]
    pub due_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub leased_until: Option<OffsetDateTime>,
    pub attempts: i32,
    pub attempts_limit: Option<i32>,
    pub last_error: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Which jobs; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Option<Status>,
    pub name: Option<String>,
}

/// Newest first.
pub async fn list(conn: &mut PgConnection, filter: &Filter, page: Page) -> sqlx::Result<List<JobView>> {
    let status = filter.status.map(|status| match status {
        Status::Ready => "ready",
        Status::Leased => "leased",
        Status::Dead => "dead",
    });
    let rows = sqlx::query_as!(
        JobView,
        r#"select id, name, role, key, payload, status as "status: Status", due_at, leased_until, attempts,
            attempts_limit, last_error, created_at
        from platform.job
        where ($1::text is null or status = $1)
            and ($2::text is null or name = $2)
            and ($3::uuid is null or id < $3)
        order by id desc
        limit $4"#,
        status,
        filter.name,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(rows, |job| job.id))
}

pub async fn find(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<JobView>> {
    sqlx::query_as!(
        JobView,
        r#"select id, name, role, key, payload, status as "status: Status", due_at, leased_until, attempts,
            attempts_limit, last_error, created_at
        from platform.job
        where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// Sets the gauges of what waits, runs and is dead, and of how long the longest waiting job is overdue.
pub async fn measure(app: &App) -> sqlx::Result<()> {
    let counts = sqlx::query!(
        r#"select role, status, count(*) as "count!", min(due_at) as "due_at!"
        from platform.job
        group by role, status"#,
    )
    .fetch_all(&app.db)
    .await?;
    for role in Role::ALL {
        let of = |status: &str| {
            counts
                .iter()
                .find(|row| row.role == role.name() && row.status == status)
        };
        for status in ["ready", "leased", "dead"] {
            let count = of(status).map_or(0, |row| row.count);
            metrics::gauge!("marquee_jobs", "role" => role.name(), "status" => status).set(count as f64);
        }
        let overdue = of("ready").map_or(0.0, |row| (app.now() - row.due_at).as_seconds_f64().max(0.0));
        metrics::gauge!("marquee_jobs_overdue_seconds", "role" => role.name()).set(overdue);
    }
    Ok(())
}

pub async fn count_dead(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "dead!" from platform.job where status = 'dead'"#)
        .fetch_one(db)
        .await
}
