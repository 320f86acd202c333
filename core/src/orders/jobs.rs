//! What the worker does for orders.

use anyhow::Context as _;
use serde_json::json;
use time::Duration;

use super::{PURPOSE, clock, hear, store};
use crate::app::App;
use crate::payments::events::Payload;
use crate::platform::bus::{self, Event};
use crate::platform::jobs::{Attempts, Job, Kind, Role};
use crate::videos;

/// Hears what happens to payments, see [`payments::events`](crate::payments::events).
pub const HEAR_PAYMENT: Kind = Kind {
    name: "orders.hear_payment",
    role: Role::Default,
    attempts: Attempts::Limited(16),
};
/// Hears what happens to videos, see [`videos::events`].
pub const HEAR_VIDEO: Kind = Kind {
    name: "orders.hear_video",
    role: Role::Default,
    attempts: Attempts::Limited(16),
};
/// Ends the present status of one order.
pub const END: Kind = Kind {
    name: "orders.end",
    role: Role::Default,
    attempts: Attempts::Limited(16),
};
/// Minutely: every order whose time is over.
pub const SWEEP: Kind = Kind {
    name: "orders.sweep",
    role: Role::Cron,
    attempts: Attempts::Endless,
};
/// Hourly: talents who have little time left.
pub const REMIND: Kind = Kind {
    name: "orders.remind",
    role: Role::Cron,
    attempts: Attempts::Endless,
};
/// Hourly: quotes that nobody used.
pub const FORGET: Kind = Kind {
    name: "orders.forget",
    role: Role::Cron,
    attempts: Attempts::Endless,
};

/// Daily: who paid, of orders long past.
pub const SHRED: Kind = Kind {
    name: "orders.shred",
    role: Role::Cron,
    attempts: Attempts::Endless,
};

/// How long it is kept who pays, after it was said last.
const PAYERS_KEPT: Duration = Duration::days(90);
/// So long one can still be told that a quote is over.
const QUOTES_KEPT: Duration = Duration::DAY;

fn heard<T: serde::de::DeserializeOwned>(job: &Job) -> anyhow::Result<(Event, T)> {
    let event: Event = serde_json::from_value(job.payload.clone()).context("reading an event")?;
    let told = serde_json::from_value(event.data.clone()).context("reading what it tells")?;
    Ok((event, told))
}

pub async fn hear_payment(app: &App, job: &Job) -> anyhow::Result<()> {
    let (event, told) = heard::<Payload>(job)?;
    Ok(hear::payment(app, &event, &told).await?)
}

pub async fn hear_video(app: &App, job: &Job) -> anyhow::Result<()> {
    let (event, told) = heard::<videos::events::Payload>(job)?;
    if told.purpose == PURPOSE {
        hear::video(app, &event.event, &told).await?;
    }
    Ok(())
}

pub async fn end(app: &App, job: &Job) -> anyhow::Result<()> {
    let id = job.payload.get("order").and_then(|id| id.as_str());
    Ok(clock::end(app, id.context("which order?")?.parse()?).await?)
}

pub async fn sweep(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    for order in store::due(&mut tx, now).await? {
        let key = order.to_string();
        bus::enqueue(&mut tx, now, &END, json!({ "order": order }), Some(&key), None).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub async fn remind(app: &App) -> anyhow::Result<()> {
    for order in store::unreminded(&mut *app.db.acquire().await?, app.now()).await? {
        clock::remind(app, order).await?;
    }
    Ok(())
}

pub async fn forget(app: &App) -> anyhow::Result<()> {
    let before = app.now() - QUOTES_KEPT;
    Ok(store::forget_quotes(&mut *app.db.acquire().await?, before).await?)
}

pub async fn shred(app: &App) -> anyhow::Result<()> {
    let before = app.now() - PAYERS_KEPT;
    let shredded = store::shred_payers(&mut *app.db.acquire().await?, before).await?;
    if shredded > 0 {
        tracing::info!(shredded, "shredded who paid for {shredded} orders");
    }
    Ok(())
}
