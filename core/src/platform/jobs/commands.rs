use serde_json::json;
use uuid::Uuid;

use super::Role;
use crate::access::Principal;
use crate::app::App;
use crate::platform::{audit, bus};

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
pub async fn retry(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
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
    tx.commit().await?;
    Ok(())
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
