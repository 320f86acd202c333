use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::files_of_a_job;
use super::proving::{Made, prove};
use crate::app::App;
use crate::ids;
use crate::platform::bus;
use crate::platform::files::{self, Area, Key};
use crate::platform::jobs::{self, Job};
use crate::platform::telemetry;
use crate::videos::domain::{Plan, Progress, Reason, Unreadable};
use crate::videos::store::{self, Rendition, Unmade};
use crate::videos::transcoder::{MARK, SOURCE};
use crate::videos::{Outcome, Work, events, source};

const VIDEOS: Area = Area("videos");
/// Our own mark, as `mark.svg` has it.
const OUR_MARK: &[u8] = include_bytes!("../mark.png");
/// Whoever looks on need not know it better than this.
const BETWEEN_NOTES: Duration = Duration::from_secs(1);

/// Makes what is shown of one upload: always from what was sent or, once more, from what was kept without our mark, so that
/// nothing is marked twice.
pub async fn transcode(app: &App, job: &Job) -> anyhow::Result<()> {
    let id = job.payload.get("video").and_then(|id| id.as_str());
    let id: Uuid = id.context("which video?")?.parse()?;
    let unmade = store::begin_making(&mut *app.db.acquire().await?, id).await?;
    let Some(unmade) = unmade else {
        return Ok(());
    };
    let folder = files_of_a_job()?;
    let began = Instant::now();
    match make(app, job, id, &unmade, folder.path()).await? {
        Making::Made(plan, made) => {
            let length = Duration::from_millis(plan.duration_ms.max(1));
            metrics::histogram!("marquee_transcode_ratio").record(began.elapsed().div_duration_f64(length));
            app.faults.hit("videos.made");
            let renditions = put(app, made).await?;
            app.faults.hit("videos.made_and_put");
            if unmade.remaking {
                replace(app, job, id, &plan, &renditions).await
            } else {
                keep(app, job, id, &unmade, &plan, &renditions).await
            }
        }
        // What is shown can still be played: this is not its sender's fault.
        Making::Unplayable(why) if unmade.remaking => bail!("what we made ourselves cannot be read: {why}"),
        Making::Unplayable(why) => {
            tracing::info!(video.id = %id, "no video can be made of the upload {}: {why}", unmade.upload);
            refuse(app, job, id, &unmade).await
        }
        Making::Lost => Ok(()),
    }
}

enum Making {
    Made(Plan, Vec<Made>),
    Unplayable(String),
    /// Somebody else makes it.
    Lost,
}

async fn make(app: &App, job: &Job, id: Uuid, unmade: &Unmade, folder: &Path) -> anyhow::Result<Making> {
    let sent = folder.join(SOURCE);
    let keeps_clean = if unmade.remaking {
        source::download_master(app, id, &sent).await?
    } else {
        source::download(app, unmade.upload, &sent).await?;
        false
    };
    let probing = telemetry::call("ffprobe", "probe", app.video_probe.probe(&sent), telemetry::ended);
    let found = match probing.await.context("looking into it")? {
        Ok(found) => found,
        // It was fine a moment ago.
        Err(Unreadable::TooMuchWork) => bail!("looking into it takes too long"),
        Err(unreadable) => return Ok(Making::Unplayable(format!("{unreadable:?}"))),
    };
    let Some(mut plan) = Plan::of(&found, unmade.marked) else {
        return Ok(Making::Unplayable("there is no picture in it".to_owned()));
    };
    plan.clean &= !keeps_clean;
    if plan.marked {
        tokio::fs::write(folder.join(MARK), OUR_MARK).await?;
    }
    let work = Work {
        folder,
        plan: &plan,
        within: plan.within().min(app.config.transcode_within),
    };
    let (tell, told) = watch::channel(None);
    let tell = |progress| {
        tell.send_replace(Some(progress));
    };
    let transcoding = app.transcoder.transcode(work, &tell);
    let outcome = tokio::select! {
        outcome = telemetry::call("ffmpeg", "transcode", transcoding, telemetry::ended) => outcome?,
        lost = note(app, job, id, told) => {
            lost?;
            return Ok(Making::Lost);
        }
    };
    let complaints = match outcome {
        Outcome::Made => None,
        Outcome::MadeOfTheRest(complaints) => Some(complaints),
        Outcome::Unplayable(why) => return Ok(Making::Unplayable(why)),
    };
    tokio::fs::remove_file(&sent).await?;
    match (prove(app, folder, &plan).await?, complaints) {
        (Ok(made), _) => Ok(Making::Made(plan, made)),
        (Err(flaw), Some(complaints)) => Ok(Making::Unplayable(format!("{flaw}: {complaints}"))),
        (Err(flaw), None) => bail!("what was made is not what should have been: {flaw}"),
    }
}

/// Writes how far it is where it can be read, until the job is no longer ours.
async fn note(
    app: &App,
    job: &Job,
    id: Uuid,
    mut told: watch::Receiver<Option<Progress>>,
) -> anyhow::Result<()> {
    loop {
        if told.changed().await.is_err() {
            // Nothing more is told; what is being made ends by itself.
            std::future::pending::<()>().await;
        }
        let progress = *told.borrow_and_update();
        if let Some(progress) = progress {
            let mut tx = app.db.begin().await?;
            if !jobs::still_ours(&mut tx, job).await? {
                return Ok(());
            }
            store::note_progress(&mut tx, id, &progress).await?;
            tx.commit().await?;
        }
        tokio::time::sleep(BETWEEN_NOTES).await;
    }
}

async fn put(app: &App, made: Vec<Made>) -> anyhow::Result<Vec<Rendition>> {
    let mut renditions = Vec::new();
    for made in made {
        let file = tokio::fs::File::open(&made.path).await?;
        let body = ReaderStream::with_capacity(file, 64 << 10);
        let (key, size) = files::put(app, VIDEOS, made.format, body, made.size_bytes).await?;
        anyhow::ensure!(size == made.size_bytes, "{} grew or shrank", made.path.display());
        renditions.push(Rendition {
            kind: made.kind,
            file: key,
            size_bytes: i64::try_from(size)?,
            size: made.size,
            stream: made.stream,
        });
    }
    Ok(renditions)
}

/// All of it is there at once, and what was sent goes.
async fn keep(
    app: &App,
    job: &Job,
    id: Uuid,
    unmade: &Unmade,
    plan: &Plan,
    renditions: &[Rendition],
) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let duration_ms = i64::try_from(plan.duration_ms)?;
    // What nobody names goes by itself.
    if !jobs::still_ours(&mut tx, job).await?
        || !store::finish_making(&mut tx, id, duration_ms, plan.shown, now).await?
    {
        return Ok(());
    }
    name(&mut tx, now, id, renditions).await?;
    settle(app, &mut tx, unmade, events::PLAYABLE, None).await?;
    app.faults.hit("videos.playable");
    tx.commit().await?;
    Ok(())
}

/// All of it takes the place of what was there, at once. Nobody is told: it is the same video.
async fn replace(
    app: &App,
    job: &Job,
    id: Uuid,
    plan: &Plan,
    renditions: &[Rendition],
) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !jobs::still_ours(&mut tx, job).await? {
        return Ok(());
    }
    let duration_ms = i64::try_from(plan.duration_ms)?;
    let Some(is_taken_down) = store::finish_remaking(&mut tx, id, duration_ms, plan.shown).await? else {
        return Ok(());
    };
    for file in store::take_out_renditions(&mut tx, id).await? {
        files::discard(&mut tx, now, &Key::of_row(&file)?).await?;
    }
    name(&mut tx, now, id, renditions).await?;
    if is_taken_down {
        for rendition in renditions {
            files::hide(&mut tx, &rendition.file).await?;
        }
    }
    app.faults.hit("videos.remade");
    tx.commit().await?;
    Ok(())
}

async fn name(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    video: Uuid,
    renditions: &[Rendition],
) -> anyhow::Result<()> {
    for rendition in renditions {
        files::keep(conn, &rendition.file).await?;
        store::insert_rendition(conn, ids::fresh(now), video, rendition).await?;
    }
    Ok(())
}

/// It is the file's fault: who sent it is told as if it had been seen at once.
async fn refuse(app: &App, job: &Job, id: Uuid, unmade: &Unmade) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let reason = Reason::Unplayable;
    if !jobs::still_ours(&mut tx, job).await? || !store::fail_making(&mut tx, id, reason, app.now()).await? {
        return Ok(());
    }
    settle(app, &mut tx, unmade, events::REFUSED, Some(reason)).await?;
    tx.commit().await?;
    Ok(())
}

async fn settle(
    app: &App,
    conn: &mut PgConnection,
    unmade: &Unmade,
    event: &str,
    reason: Option<Reason>,
) -> anyhow::Result<()> {
    source::discard(conn, app.now(), unmade.upload).await?;
    let payload = events::Payload {
        upload: unmade.upload,
        owner: unmade.owner,
        purpose: unmade.purpose.clone(),
        reason: reason.map(|reason| reason.code().to_owned()),
    };
    bus::emit(app, conn, event, serde_json::to_value(payload)?).await
}
