//! What the schedule does for the hits: room for the days to come, and an end to what has been kept long enough.

use anyhow::Context as _;
use time::{Date, Duration, OffsetDateTime};

use super::domain::{
    Grain, KEEP_CELLS, KEEP_HITS, KEEP_POPULATIONS, KEEP_QUARANTINE, MAX_AGE, QUARANTINE_ROWS,
};
use super::{store, watch};
use crate::app::App;
use crate::platform::jobs::{Attempts, Kind, Role};

/// Hourly, and again soon when it fails.
pub const OPEN_PARTITIONS: Kind = Kind {
    name: "hits.open_partitions",
    role: Role::Cron,
    attempts: Attempts::Endless,
};
/// Hourly.
pub const FORGET: Kind = Kind {
    name: "hits.forget",
    role: Role::Cron,
    attempts: Attempts::Endless,
};

/// Every minute: a canary that does worse than its brand's policy allows is ended.
pub const WATCH_CANARIES: Kind = Kind {
    name: "hits.watch_canaries",
    role: Role::Cron,
    attempts: Attempts::Endless,
};

/// How many days ahead there are partitions: a schedule that stands still over a long weekend does no harm.
const AHEAD: Duration = Duration::days(4);

/// Makes room for every hit that may come until this runs again. Hits do not depend on it: what is missing is made
/// when the first hit needs it.
pub async fn open_partitions(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    let mut conn = app.db.acquire().await?;
    store::open_partitions(&mut conn, day(now - MAX_AGE), day(now + AHEAD))
        .await
        .context("opening partitions of hits")
}

/// Drops and deletes what has been kept long enough. What a long query holds on to is left for the next time.
pub async fn forget(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    let mut conn = app.db.acquire().await?;
    let mut failed = None;
    for (parent, keep_from) in [
        ("hit", day(now - KEEP_HITS)),
        ("cell", day(now - KEEP_CELLS)),
        ("population", day(now - KEEP_POPULATIONS)),
        ("rollup_minute", day(now - Grain::Minute.kept())),
        ("rollup_hour", month(now - Grain::Hour.kept())),
        ("rollup_day", month(now - Grain::Day.kept())),
        ("summary_brand_hour", month(now - Grain::Hour.kept())),
        ("summary_brand_day", month(now - Grain::Day.kept())),
        ("summary_state_hour", month(now - Grain::Hour.kept())),
        ("summary_state_day", month(now - Grain::Day.kept())),
        ("summary_brand_state_day", month(now - Grain::Day.kept())),
        ("summary_rule_day", month(now - Grain::Day.kept())),
    ] {
        match store::drop_partitions(&mut conn, parent, keep_from).await {
            Ok(0) => {}
            Ok(dropped) => tracing::info!(parent, dropped, "dropped {dropped} partitions of hits.{parent}"),
            Err(error) => {
                failed = Some(anyhow::Error::new(error).context(format!("dropping partitions of {parent}")))
            }
        }
    }
    store::trim_quarantine(&mut conn, now - KEEP_QUARANTINE, QUARANTINE_ROWS)
        .await
        .context("trimming quarantine")?;
    failed.map_or(Ok(()), Err)
}

pub async fn watch_canaries(app: &App) -> anyhow::Result<()> {
    watch::watch(app).await
}

fn day(at: OffsetDateTime) -> Date {
    at.date()
}

/// The first day of the month, which a monthly partition is named by.
fn month(at: OffsetDateTime) -> Date {
    at.date().replace_day(1).unwrap_or(at.date())
}
