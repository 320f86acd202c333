//! What the worker does for videos.

mod proving;
mod transcode;

pub use transcode::transcode;

use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::domain::{Facts, Reason, judge};
use super::store::Unchecked;
use super::{commands, events, source, store};
use crate::app::App;
use crate::ids;
use crate::platform::bus;
use crate::platform::jobs::{self, Attempts, Job, Kind, Role};
use crate::platform::telemetry;

/// Looks into one upload.
pub const CHECK: Kind = Kind {
    name: "videos.check",
    role: Role::Media,
    attempts: Attempts::Limited(8),
};
/// Makes what is shown of one that was accepted. Its role has it alone: it takes minutes, and checks must not wait for it.
pub const TRANSCODE: Kind = Kind {
    name: "videos.transcode",
    role: Role::Transcode,
    attempts: Attempts::Limited(4),
};
/// Minutely: what was sent straight to the store and never completed is, and what was never sent is expired.
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
    let verdict = look(app, id, &upload).await?;
    app.faults.hit("videos.check.looked");
    settle(app, job, id, &upload, verdict).await
}

/// Never at the object where it is: the tool is given a file, alone in a folder that goes with it.
async fn look(app: &App, id: Uuid, upload: &Unchecked) -> anyhow::Result<Result<Facts, Reason>> {
    let folder = files_of_a_job()?;
    let file = folder.path().join("video");
    source::download(app, id, &file).await?;
    let probing = telemetry::call("ffprobe", "probe", app.video_probe.probe(&file), telemetry::ended);
    let found = probing.await.context("looking into it")?;
    Ok(found
        .map_err(Reason::from)
        .and_then(|found| judge(&found, upload.length)))
}

/// In the transaction that accepts it.
async fn ask_for_making(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    upload: (Uuid, Uuid, &str),
) -> anyhow::Result<()> {
    let video = ids::fresh(now);
    store::insert_video(conn, video, upload, now).await?;
    ask_for_transcoding(conn, now, video).await
}

/// In the caller's transaction.
pub(super) async fn ask_for_transcoding(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    video: Uuid,
) -> anyhow::Result<()> {
    let (payload, key) = (json!({ "video": video }), video.to_string());
    bus::enqueue(conn, now, &TRANSCODE, payload, Some(&key), None).await
}

/// A folder that goes with the job, whatever becomes of it.
fn files_of_a_job() -> std::io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("marquee-video-").tempdir()
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
    match &verdict {
        Ok(_) => ask_for_making(&mut tx, now, (id, upload.owner, &upload.purpose)).await?,
        Err(_) => source::discard(&mut tx, now, id).await?,
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
    commands::complete_forgotten(app).await?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    for id in store::expire(&mut tx, now).await? {
        source::discard(&mut tx, now, id).await?;
    }
    tx.commit().await?;
    Ok(())
}
