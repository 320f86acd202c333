//! Who is told later.

use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Alert, Code, QUIET, store, tell};
use crate::app::App;
use crate::platform::bus;
use crate::platform::jobs::{Attempts, Job, Kind, Role};

/// Tells one place of one alert. Its attempts take about half a day.
pub const TELL: Kind = Kind {
    name: "platform.tell_alert",
    role: Role::Default,
    attempts: Attempts::Limited(24),
};
/// Hourly.
pub const WATCH: Kind = Kind {
    name: "platform.watch_alerts",
    role: Role::Cron,
    attempts: Attempts::Limited(3),
};

/// Asks for a place to be told, in the caller's transaction: at once, or when it has had its quiet.
pub(super) async fn ask(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    alert: Uuid,
    place: &str,
    told_at: Option<OffsetDateTime>,
) -> anyhow::Result<()> {
    let run_at = told_at.map(|told_at| told_at + QUIET).filter(|at| *at > now);
    enqueue(conn, now, alert, place, run_at).await
}

/// The same, later, in a transaction of its own.
pub(super) async fn ask_alone(
    app: &App,
    alert: Uuid,
    place: &str,
    run_at: OffsetDateTime,
) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    enqueue(&mut tx, app.now(), alert, place, Some(run_at)).await?;
    tx.commit().await?;
    Ok(())
}

async fn enqueue(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    alert: Uuid,
    place: &str,
    run_at: Option<OffsetDateTime>,
) -> anyhow::Result<()> {
    let key = format!("{place}/{alert}");
    let payload = json!({ "alert": alert, "place": place });
    bus::enqueue(conn, now, &TELL, payload, Some(&key), run_at).await
}

/// Tells one place of one alert.
pub async fn tell(app: &App, job: &Job) -> anyhow::Result<()> {
    let of = |name| job.payload.get(name).and_then(|value| value.as_str());
    let alert = of("alert").context("which alert?")?.parse()?;
    tell::tell(app, job, alert, of("place").context("whom?")?).await
}

/// Raises what a process was killed too soon to tell: jobs that are dead, and nobody knows.
pub async fn watch(app: &App) -> anyhow::Result<()> {
    let untold = store::dead_jobs_untold(&mut *app.db.acquire().await?).await?;
    for (name, id) in untold {
        let detail = "it was given up, and whoever gave it up did not come to say so";
        app.alert(&Alert::new(Code::JobsDead, &name, detail).about("job", id));
    }
    Ok(())
}
