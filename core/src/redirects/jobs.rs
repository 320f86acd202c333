//! What the worker does for us: KV is made equal to the database, never the other way round; and what people asked
//! for happens at its time.

use time::Duration;

use super::{commands, retention, stale, sync};
use crate::app::App;
use crate::platform::jobs::{Attempts, Kind, Role};

/// After every publish, and every minute: KV is made equal to the database.
pub const SYNC: Kind = Kind {
    name: "redirects.sync",
    role: Role::Default,
    attempts: Attempts::Endless,
};

/// Daily: tables that nobody needs any more leave KV.
pub const CLEAN: Kind = Kind {
    name: "redirects.clean",
    role: Role::Default,
    attempts: Attempts::Limited(5),
};

/// When a scheduled request's time comes, and every minute for what was missed.
pub const RUN_REQUESTS: Kind = Kind {
    name: "redirects.run_requests",
    role: Role::Default,
    attempts: Attempts::Endless,
};

/// Every minute: whether the edge has a fresh manifest.
pub const WATCH: Kind = Kind {
    name: "redirects.watch",
    role: Role::Cron,
    attempts: Attempts::Endless,
};

/// A manifest is signed anew when it is older than this, long before its soft expiry.
const RESIGN_AFTER: Duration = Duration::hours(12);

/// Level-triggered: it looks at what is, not at what happened, so lost, doubled and late calls do no harm.
pub async fn sync(app: &App) -> anyhow::Result<()> {
    commands::resign(app, RESIGN_AFTER).await?;
    sync::sync(app).await
}

pub async fn clean(app: &App) -> anyhow::Result<()> {
    retention::clean(app).await
}

pub async fn run_requests(app: &App) -> anyhow::Result<()> {
    commands::run_requests(app).await
}

pub async fn watch(app: &App) -> anyhow::Result<()> {
    stale::watch(app).await
}
