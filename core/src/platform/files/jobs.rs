//! What becomes of files later.

use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{Key, store};
use crate::app::App;
use crate::platform::bus;
use crate::platform::jobs::{Attempts, Job, Kind, Role};

/// Removes one object that no row names any more.
pub const REMOVE: Kind = Kind {
    name: "platform.remove_file",
    role: Role::Default,
    attempts: Attempts::Limited(12),
};
/// Hourly: removes what nobody ever named, and what a lost job left behind.
pub const SWEEP: Kind = Kind {
    name: "platform.sweep_files",
    role: Role::Cron,
    attempts: Attempts::Limited(5),
};

/// How long an object may be put without a row that names it: no upload takes longer.
const UNNAMED: Duration = Duration::DAY;

/// Asks for an object to be removed, in the caller's transaction.
pub(super) async fn ask(conn: &mut PgConnection, now: OffsetDateTime, key: &Key) -> anyhow::Result<()> {
    let payload = json!({ "key": key.as_str() });
    bus::enqueue(conn, now, &REMOVE, payload, Some(key.as_str()), None).await
}

pub async fn remove(app: &App, job: &Job) -> anyhow::Result<()> {
    let key = job.payload.get("key").and_then(|key| key.as_str());
    gone(app, &Key::of_row(key.context("which file?")?)?).await
}

pub async fn sweep(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    app.files.remove_unfinished((now - UNNAMED).into()).await?;
    loop {
        let dropped = store::sweep(&mut *app.db.acquire().await?, now, now - UNNAMED).await?;
        if dropped.is_empty() {
            return Ok(());
        }
        for key in dropped {
            gone(app, &Key::of_row(&key)?).await?;
        }
    }
}

/// First the object, then the row that knows of it.
async fn gone(app: &App, key: &Key) -> anyhow::Result<()> {
    if !store::is_dropped(&mut *app.db.acquire().await?, key).await? {
        return Ok(());
    }
    app.files.remove(key).await?;
    app.faults.hit("files.removed");
    store::forget(&mut *app.db.acquire().await?, key, app.now()).await?;
    Ok(())
}
