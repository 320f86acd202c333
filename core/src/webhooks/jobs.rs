//! From an event to deliveries, and from a delivery to the receiver.

use anyhow::Context as _;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::domain::KEEP;
use super::store;
use crate::app::App;
use crate::ids;
use crate::platform::bus::{self, Event};
use crate::platform::jobs::{Attempts, Job, Kind, Role};

/// Hears every event of [`super::EVENTS`].
pub const FAN_OUT: Kind = Kind {
    name: "webhooks.fan_out",
    role: Role::Mail,
    attempts: Attempts::Limited(12),
};
/// Tries one delivery once; a failure of the receiver's is no failure of the job's.
pub const DELIVER: Kind = Kind {
    name: "webhooks.deliver",
    role: Role::Mail,
    attempts: Attempts::Limited(12),
};
/// Minutely: deliveries whose job was lost.
pub const SWEEP: Kind = Kind {
    name: "webhooks.sweep",
    role: Role::Mail,
    attempts: Attempts::Endless,
};
/// Daily.
pub const FORGET: Kind = Kind {
    name: "webhooks.forget",
    role: Role::Cron,
    attempts: Attempts::Endless,
};

/// One delivery to each endpoint that wants the event. Twice makes one.
pub async fn fan_out(app: &App, job: &Job) -> anyhow::Result<()> {
    let event: Event = serde_json::from_value(job.payload.clone()).context("reading an event")?;
    let brand = event.data.get("brand").and_then(|brand| brand.as_str());
    let body = json!({
        "type": event.event,
        "timestamp": event.at.format(&time::format_description::well_known::Rfc3339)?,
        "data": event.data,
    });
    let body = body.to_string();
    let mut tx = app.db.begin().await?;
    for endpoint in store::listeners(&mut tx, brand, &event.event).await? {
        deliver_to(&mut tx, app, endpoint, event.id, &event.event, &body).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Has a message brought to one endpoint, in the caller's transaction.
pub(super) async fn deliver_to(
    conn: &mut sqlx::PgConnection,
    app: &App,
    endpoint: Uuid,
    message: Uuid,
    event: &str,
    body: &str,
) -> anyhow::Result<Uuid> {
    let now = app.now();
    let id = ids::fresh(now);
    if store::insert_delivery(conn, (id, endpoint, message), event, body, now).await? {
        ask(conn, now, id, None).await?;
    }
    Ok(id)
}

/// Asks for an attempt, now or at a time.
pub(super) async fn ask(
    conn: &mut sqlx::PgConnection,
    now: OffsetDateTime,
    delivery: Uuid,
    at: Option<OffsetDateTime>,
) -> anyhow::Result<()> {
    let key = delivery.to_string();
    bus::enqueue(
        conn,
        now,
        &DELIVER,
        json!({ "delivery": delivery }),
        Some(&key),
        at,
    )
    .await
}

/// Tries a delivery that is due, and notes how it went.
pub async fn deliver(app: &App, job: &Job) -> anyhow::Result<()> {
    let id = job.payload.get("delivery").and_then(|id| id.as_str());
    super::deliver::deliver(app, id.context("which delivery?")?.parse()?).await
}

/// Asks anew for deliveries whose job was lost with a worker.
pub async fn sweep(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    for delivery in store::overdue(&mut tx, now).await? {
        ask(&mut tx, now, delivery, None).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub async fn forget(app: &App) -> anyhow::Result<()> {
    let before = app.now() - KEEP;
    store::forget(&mut *app.db.acquire().await?, before).await?;
    Ok(())
}
