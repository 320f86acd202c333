//! What the worker does for the catalogue.

use anyhow::Context as _;

use super::commands;
use crate::app::App;
use crate::platform::bus::Event;
use crate::platform::jobs::{Attempts, Job, Kind, Role};
use crate::videos::Purpose;
use crate::videos::events::Payload;

/// Hears [`videos::events::PLAYABLE`](crate::videos::events::PLAYABLE): shows a talent's presentation.
pub const PRESENT: Kind = Kind {
    name: "catalogue.present",
    role: Role::Default,
    attempts: Attempts::Limited(8),
};

pub async fn present(app: &App, job: &Job) -> anyhow::Result<()> {
    let event: Event = serde_json::from_value(job.payload.clone()).context("reading an event")?;
    let playable: Payload = serde_json::from_value(event.data).context("which upload?")?;
    if playable.purpose == Purpose::Presentation.name() {
        commands::present(app, playable.owner, playable.upload).await?;
    }
    Ok(())
}
