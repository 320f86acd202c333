//! What the worker does for videos.

use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::domain::{Facts, Reason, judge};
use super::store::Unchecked;
use super::{events, store};
use crate::app::App;
use crate::platform::jobs::{self, Attempts, Job, Kind, Role};
use crate::platform::{bus, files};

/// Looks into one upload.
pub const CHECK: Kind = Kind {
    name: "videos.check",
    role: Role::Media,
    attempts: Attempts::Limited(8),
};
/// Minutely: what was never sent is expired.
pub const EXPIRE: Kind = Kind {
    name: "videos.expire",
    role: Role::Cron,
    attempts: Attempts::Limited(5),
};

/// Asks for a check, in the caller's transaction.
pub(super) async fn ask(conn: &mut PgConnection, now: OffsetDateTime, id: Uuid) -> anyhow::Result<()> {
    let key = id.to_string();
    bus::enqueue(conn, now, &CHECK, json!({ "upload": id }), Some(&key), None).await
}

pub async fn check(app: &App, job: &Job) -> anyhow::Result<()> {
    let id = job.payload.get("upload").and_then(|id| id.as_str());
    let id: Uuid = id.context("which upload?")?.parse()?;
    let upload = store::begin_check(&mut *app.db.acquire().await?, id).await?;
    let Some(upload) = upload else {
        return Ok(());
    };
    let verdict = look(app, &upload).await?;
    app.faults.hit("videos.check.looked");
    settle(app, job, id, &upload, verdict).await
}

/// Never at the object where it is: the tool is given a file, alone in a folder that goes with it.
async fn look(app: &App, upload: &Unchecked) -> anyhow::Result<Result<Facts, Reason>> {
    let folder = tempfile::Builder::new().prefix("marquee-video-").tempdir()?;
    let file = folder.path().join("video");
    app.files.download(&upload.file, &file).await?;
    let found = app.video_probe.probe(&file).await.context("looking into it")?;
    Ok(found
        .map_err(Reason::from)
        .and_then(|found| judge(&found, upload.length)))
}

async fn settle(
    app: &App,
    job: &Job,
    id: Uuid,
    upload: &Unchecked,
    verdict: Result<Facts, Reason>,
) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    // Whoever took the job over says it.
    if !jobs::still_ours(&mut tx, job).await? {
        return Ok(());
    }
    let (settled, event) = match &verdict {
        Ok(facts) => (store::accept(&mut tx, id, facts, now).await?, events::ACCEPTED),
        Err(reason) => (store::refuse(&mut tx, id, *reason, now).await?, events::REFUSED),
    };
    if !settled {
        return Ok(());
    }
    if verdict.is_err() {
        files::discard(&mut tx, now, &upload.file).await?;
    }
    let payload = events::Payload {
        upload: id,
        owner: upload.owner,
        purpose: upload.purpose.clone(),
        reason: verdict.err().map(|reason| reason.code().to_owned()),
    };
    bus::emit(app, &mut tx, event, serde_json::to_value(payload)?).await?;
    tx.commit().await?;
    Ok(())
}

pub async fn expire(app: &App) -> anyhow::Result<()> {
    Ok(store::expire(&mut *app.db.acquire().await?, app.now()).await?)
}
