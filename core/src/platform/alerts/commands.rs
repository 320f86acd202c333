use anyhow::Context as _;
use serde_json::json;
use uuid::Uuid;

use super::{Alert, Code, queries, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such alert")]
    Unknown,
    #[error("somebody has acknowledged it already")]
    Acknowledged,
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}

/// Says that somebody looks after it: nobody is told of this one any more. Raised again, it is another one.
///
/// # Errors
/// There is none, or somebody has said so already.
pub async fn acknowledge(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let alert = queries::find(app, id).await?.ok_or(Error::Unknown)?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !store::acknowledge(&mut tx, id, &by.id, now).await? {
        return Err(Error::Acknowledged);
    }
    let before = json!({ "code": alert.code, "subject": alert.subject, "acknowledged": false });
    let after = json!({ "acknowledged": true });
    let subject = format!("alert/{id}");
    audit::record(
        &mut tx,
        now,
        by,
        "alerts.acknowledge",
        &subject,
        Some(before),
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Raises a serious alert that is none, to see whether it arrives; its id. One that was raised before is acknowledged,
/// so that this one is told at once.
///
/// # Errors
/// It could not be kept.
pub async fn send_test(app: &App, by: &Principal) -> Result<Uuid, Error> {
    let code = Code::AlertsTest;
    let mut conn = app.db.acquire().await?;
    if let Some(before) = store::open(&mut conn, code.name(), &by.id).await? {
        store::acknowledge(&mut conn, before, &by.id, app.now()).await?;
    }
    let detail = "nothing is wrong: this only shows that alerts arrive";
    app.alert(&Alert::new(code, &by.id, detail));
    app.settled().await;
    let kept = store::open(&mut conn, code.name(), &by.id).await?;
    Ok(kept.context("the alert could not be kept: the log says why")?)
}
