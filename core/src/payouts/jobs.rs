//! What the worker does for payouts.

use super::remind;
use crate::app::App;
use crate::platform::jobs::{Attempts, Kind, Role};

/// Daily: who may make payouts, once work has begun in a month.
pub const REMIND: Kind = Kind {
    name: "payouts.remind",
    role: Role::Cron,
    attempts: Attempts::Endless,
};

pub async fn remind(app: &App) -> anyhow::Result<()> {
    remind::remind(app).await
}
