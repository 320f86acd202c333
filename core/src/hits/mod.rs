//! Hits: what the edge decided, stored once each and counted.
//!
//! The edge sends every decision, misses included, through a queue that delivers at least once, late and out of
//! order. [`accept`] stores and counts each exactly once: a hit's id is a UUIDv7 made at the edge, its UTC day is the
//! partition, `(day, id)` is unique, and counters grow only by the rows that an insert really added, in the same
//! transaction. A message leaves the queue after that commit only. What cannot be read or believed goes to
//! quarantine with a reason, so nothing blocks the queue.
//!
//! | kept | how long | for |
//! |---|---|---|
//! | raw hits | 30 days | looking at single decisions |
//! | counts per minute, hour, day | 48 hours, 90 days, 25 months | totals, series, shares |
//! | the same by few columns, per hour and day | 90 days, 25 months | totals and series of all brands, of rules |
//! | cells (ZIP, language, device, media of a day) | 35 days | lost ZIPs, replaying traffic against a draft |
//! | hits of a canary and of those beside it, per minute | 35 days | judging a canary |
//! | quarantine | 30 days, newest 100,000 | mending the sender |
//!
//! Each ends by dropping a partition. Bots are stored and flagged, and left out of totals unless asked for.

mod commands;
pub mod domain;
pub mod http;
mod ingest;
pub mod jobs;
pub mod queries;
mod queue;
pub mod sheets;
mod store;
mod traffic;
mod watch;

pub use commands::{Error, Receipt, accept};
pub use ingest::{Pace, ingest};
pub use queue::{Depth, HitQueue, Message, QueueError};
pub use traffic::RecentHits;
