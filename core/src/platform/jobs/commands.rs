use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Role;
use super::queries::{self, JobView};
use crate::access::Principal;
use crate::app::App;
use crate::platform::{audit, bus};

/// How many are tried again by one call.
const AT_ONCE: i64 = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such job")]
    Unknown,
    #[error("the job is not dead")]
    NotDead,
    #[error("the same job has been asked for again and is waiting already; discard this one")]
    AskedForAgain,
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|error| error.constraint()) {
            Some("job_name_key") => Self::AskedForAgain,
            _ => Self::Unexpected(error.into()),
        }
    }
}

/// Has a dead job tried again, with all its attempts.
pub async fn retry(app: &App, by: &Principal, id: Uuid) -> Result<JobView, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let revived = sqlx::query!(
        r#"update platform.job set status = 'ready', due_at = $2, attempts = 0
        where id = $1 and status = 'dead'
        returning name, role as "role: Role""#,
        id,
        now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(job) = revived else {
        return Err(absent(&mut tx, id).await?);
    };
    let after = json!({ "name": job.name });
    audit::record(
        &mut tx,
        now,
        by,
        "jobs.retry",
        &format!("job/{id}"),
        None,
        Some(after),
    )
    .await?;
    bus::wake(&mut tx, job.role, id, None).await?;
    // A moment later it may be done, and gone.
    let view = queries::find(&mut tx, id).await?.ok_or(Error::Unknown)?;
    tx.commit().await?;
    Ok(view)
}

/// What became of the dead jobs of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Retried {
    /// Are tried again
    #[schema(example = 12)]
    pub retried: i64,
    /// Are dead still: the same has been asked for again and is waiting already, or there are more than a thousand
    #[schema(example = 0)]
    pub left: i64,
}

/// Has all dead jobs of one kind tried again, each with all its attempts: what they died of is mended. Of those that were
/// asked for under the same key the newest is.
pub async fn retry_all(app: &App, by: &Principal, name: &str) -> Result<Retried, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let revived = sqlx::query!(
        r#"with chosen as (
            select distinct on (coalesce(key, id::text)) id
            from platform.job as dead
            where name = $1 and status = 'dead' and not exists (
                select from platform.job as live
                where live.name = dead.name and live.key = dead.key and live.status in ('ready', 'leased')
            )
            order by coalesce(key, id::text), id desc
            limit $3
        )
        update platform.job set status = 'ready', due_at = $2, attempts = 0
        from chosen
        where job.id = chosen.id and job.status = 'dead'
        returning job.id, role as "role: Role""#,
        name,
        now,
        AT_ONCE,
    )
    .fetch_all(&mut *tx)
    .await?;
    for job in &revived {
        bus::wake(&mut tx, job.role, job.id, None).await?;
    }
    let left = sqlx::query_scalar!(
        r#"select count(*) as "left!" from platform.job where name = $1 and status = 'dead'"#,
        name
    )
    .fetch_one(&mut *tx)
    .await?;
    let retried = Retried {
        retried: i64::try_from(revived.len()).map_err(anyhow::Error::from)?,
        left,
    };
    let after = json!(retried);
    audit::record(
        &mut tx,
        now,
        by,
        "jobs.retry_all",
        &format!("job/{name}"),
        None,
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(retried)
}

/// Gives a dead job up for good.
pub async fn discard(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let gone = sqlx::query!(
        "delete from platform.job where id = $1 and status = 'dead' returning name, payload, last_error",
        id,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(job) = gone else {
        return Err(absent(&mut tx, id).await?);
    };
    let before = json!({ "name": job.name, "payload": job.payload, "last_error": job.last_error });
    audit::record(
        &mut tx,
        app.now(),
        by,
        "jobs.discard",
        &format!("job/{id}"),
        Some(before),
        None,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn absent(conn: &mut sqlx::PgConnection, id: Uuid) -> sqlx::Result<Error> {
    let known = super::find(conn, id).await?;
    Ok(if known.is_some() {
        Error::NotDead
    } else {
        Error::Unknown
    })
}
