//! The SQS emulator. It keeps nothing when it stops: hits on their way then are lost, as no real queue would.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::checkout::Checkout;
use crate::progress::Progress;
use crate::service::Service;

/// What the emulator prints once it is ready.
#[derive(Debug, Deserialize)]
pub(crate) struct Queue {
    pub(crate) endpoint_url: String,
    pub(crate) queue_url: String,
}

pub(crate) fn start(checkout: &Checkout, port: u16, progress: &mut Progress) -> Result<(Service, Queue)> {
    let log = checkout.log("sqs")?;
    progress.step("start the SQS emulator", |_| {
        let mut command = Command::new("node");
        command
            .arg("xtask/local/sqs.mjs")
            .args(["--port", &port.to_string()])
            .current_dir(&checkout.root);
        let mut service =
            Service::spawn("SQS emulator", &mut command, &log)?.recorded(&checkout.records())?;
        service.wait_until(Duration::from_secs(30), || printed(&log).is_some())?;
        let queue = printed(&log).context("the SQS emulator did not say where its queue is")?;
        Ok((service, queue))
    })
}

fn printed(log: &Path) -> Option<Queue> {
    fs::read_to_string(log)
        .ok()?
        .lines()
        .find_map(|line| serde_json::from_str(line).ok())
}
