//! What becomes of mails later.

use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::store;
use crate::app::App;
use crate::platform::bus;
use crate::platform::jobs::{Attempts, Job, Kind, Role};

/// Sends one mail. Its attempts take about half a day: mail servers are away for hours, and a confirmation that comes
/// a day late is worth nothing.
pub const SEND: Kind = Kind {
    name: "platform.send_mail",
    role: Role::Mail,
    attempts: Attempts::Limited(24),
};
/// Daily.
pub const FORGET: Kind = Kind {
    name: "platform.forget_mail",
    role: Role::Cron,
    attempts: Attempts::Limited(5),
};

/// How long a mail that was given up can be tried again.
const CONTEXT_KEPT: Duration = Duration::days(30);
/// How long it is known who was written to.
const MAIL_KEPT: Duration = Duration::days(365);

/// Asks for mails to be sent, in the caller's transaction.
pub(super) async fn ask(conn: &mut PgConnection, now: OffsetDateTime, mails: &[Uuid]) -> anyhow::Result<()> {
    let keys: Vec<String> = mails.iter().map(Uuid::to_string).collect();
    let jobs = mails.iter().zip(&keys);
    let jobs = jobs.map(|(mail, key)| (json!({ "mail": mail }), Some(key.as_str())));
    bus::enqueue_each(conn, now, &SEND, jobs.collect(), None).await
}

/// Sends a mail that waits, and notes how that went.
pub async fn send(app: &App, job: &Job) -> anyhow::Result<()> {
    let id = job.payload.get("mail").and_then(|id| id.as_str());
    super::deliver::deliver(app, job, id.context("which mail?")?.parse()?).await
}

pub async fn forget(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    let mut conn = app.db.acquire().await?;
    store::shred(&mut conn, now - CONTEXT_KEPT).await?;
    store::forget(&mut conn, now - MAIL_KEPT).await?;
    Ok(())
}
