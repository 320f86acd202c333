//! What the edge decided, one hit per decision.

pub mod http;
mod queue;

pub use queue::{HitQueue, Message, QueueError};
