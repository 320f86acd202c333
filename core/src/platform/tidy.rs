//! Clears away what has served its time.

use time::Duration;

use super::jobs::{Attempts, Kind, Role};
use super::{alerts, bus, throttle};
use crate::app::App;

/// Daily.
pub const TIDY: Kind = Kind {
    name: "platform.tidy",
    role: Role::Cron,
    attempts: Attempts::Limited(5),
};

/// How long an idempotency key is remembered: a client that retries later repeats its request.
const KEYS_KEPT: Duration = Duration::hours(24);

pub async fn tidy(app: &App) -> anyhow::Result<()> {
    sqlx::query!(
        "delete from platform.idempotency_key where created_at < $1",
        app.now() - KEYS_KEPT
    )
    .execute(&app.db)
    .await?;
    alerts::forget(&mut *app.db.acquire().await?, app.now()).await?;
    throttle::forget_whole(&mut *app.db.acquire().await?, app.now()).await?;
    bus::clean_up(&app.db).await
}
