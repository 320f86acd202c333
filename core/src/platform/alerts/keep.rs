//! Keeps what was raised, and asks for whoever wants to know to be told.

use std::time::Duration;

use tracing::Instrument as _;

use super::raised::Raised;
use super::{jobs, store, tell};
use crate::app::App;
use crate::ids;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Has what waits kept, by one task of this process at a time, which ends when nothing waits.
pub(crate) fn keep(app: &App) {
    if app.alerts.begin_to_keep() {
        let app = app.clone();
        let span = tracing::info_span!("alerts");
        let tracker = app.commands.clone();
        tracker.spawn(async move { until_kept(&app).await }.instrument(span));
    }
}

async fn until_kept(app: &App) {
    let mut pause = FIRST_PAUSE;
    loop {
        let waiting = app.alerts.take();
        if waiting.is_empty() {
            return;
        }
        let mut failed = false;
        for raised in waiting {
            let kept = store_one(app, &raised).await;
            if let Err(error) = kept {
                failed = true;
                tracing::warn!(
                    error = format!("{error:#}"),
                    "the alert {} cannot be kept",
                    raised.code
                );
                tell_at_once(app, raised).await;
            }
        }
        if failed {
            tokio::select! {
                () = app.stopping.cancelled() => return app.alerts.stop_keeping(),
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

async fn store_one(app: &App, raised: &Raised) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let alert = store::add(&mut tx, ids::fresh(now), raised).await?;
    for (place, count) in &raised.told {
        store::note_told(&mut tx, alert, place, *count, raised.last_at).await?;
    }
    for sink in &app.alert_sinks {
        if sink.wants(raised.code.severity()) {
            let told_at = store::told_at(&mut tx, alert, sink.name()).await?;
            jobs::ask(&mut tx, now, alert, sink.name(), told_at).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Postgres is away, which is when people should hear most of all: whoever wants it is told by this process, as well as
/// it can. It waits to be kept all the same.
async fn tell_at_once(app: &App, raised: Raised) {
    if !app.alerts.put_back(raised.clone()) {
        return;
    }
    for sink in &app.alert_sinks {
        if !sink.wants(raised.code.severity()) {
            continue;
        }
        let place = sink.name();
        let told = tell::call(sink.as_ref(), &tell::unkept(app, &raised)).await;
        match told {
            Ok(()) => app.alerts.note_told(&raised, place),
            Err(error) => tracing::warn!(error = %error, code = %raised.code, "{place} cannot be told"),
        }
    }
}
