//! Mechanisms that know no feature: what every feature builds on.
//!
//! - [`bus`]: what is to be done later ([`bus::enqueue`]) and what happened ([`bus::emit`]), both part of the
//!   caller's transaction.
//! - [`jobs`]: how that work is claimed, run, retried and given up. [`cron`]: what runs by the clock.
//! - [`audit`]: who did what. [`idempotency`]: a retried request takes effect once.
//! - [`mail`]: what is written to people. [`files`]: pictures and videos.
//! - [`alerts`]: what a person should look at, and who is told. [`telemetry`]: logs and measurements.
//! - [`paging`]: lists page by page; [`sheet`]: lists as CSV; [`page`]: what is printed; [`wording`]: amounts and times.
//! - [`clock`]: the time, which a machine's clock that jumps does not change.
//! - [`throttle`]: how often something may be asked for. [`settings`]: what the process was told.
//! - [`faults`]: where a test can pull the plug.

pub mod alerts;
pub mod audit;
pub mod bus;
pub mod clock;
pub mod cron;
pub mod database;
pub mod faults;
pub mod files;
pub mod idempotency;
pub mod jobs;
pub mod mail;
pub mod page;
pub mod paging;
pub mod sealed;
pub mod settings;
pub mod sheet;
pub mod supervise;
pub mod telemetry;
pub mod throttle;
pub mod tidy;
pub mod wording;
