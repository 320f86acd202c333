use super::watch;
use crate::app::App;
use crate::platform::jobs::{Attempts, Kind, Role};

/// Nightly.
pub const CHECK: Kind = Kind {
    name: "books.check",
    role: Role::Cron,
    attempts: Attempts::Endless,
};

pub async fn check(app: &App) -> anyhow::Result<()> {
    watch::watch(app).await
}
