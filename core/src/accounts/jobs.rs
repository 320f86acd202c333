//! What the worker does for accounts.

use super::store;
use crate::app::App;
use crate::platform::jobs::{Attempts, Kind, Role};

/// Hourly: sessions, links and sign-ups that nobody can use any more go.
pub const FORGET: Kind = Kind {
    name: "accounts.forget",
    role: Role::Cron,
    attempts: Attempts::Limited(5),
};

pub async fn forget(app: &App) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    Ok(store::forget(&mut conn, app.now()).await?)
}
