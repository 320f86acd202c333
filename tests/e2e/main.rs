//! The whole platform for real, and faults in every part of it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod brand;
mod console;
mod convergence;
mod crash;
mod exactly_once;
mod foreign_manifest;
mod journey;
mod orders;
mod outage;
mod readme;
mod restored;
mod ten_commands;

use std::time::Duration;

/// How long anything may take that nothing stands in the way of: a full minute until the clock ticks, and as much
/// again as a machine may be busy with other tests.
const SOON: Duration = Duration::from_secs(100);
