//! The port to the queue that brings hits.

use std::time::Duration;

use async_trait::async_trait;

/// A queue that delivers at least once, in any order.
///
/// A received message stays hidden from other receivers for the queue's visibility timeout; unless it is deleted it
/// comes back. After too many returns the queue itself moves it to its dead-letter queue.
#[async_trait]
pub trait HitQueue: Send + Sync {
    /// Up to `max` messages, or up to as many as the queue hands out at once; waits for the first as long as `wait`
    /// at most and may return none. May be dropped while it waits: a message that it had already been given then
    /// comes back like any other that is not deleted.
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>, QueueError>;

    /// Takes messages off the queue for good. An error means that some may come back.
    async fn delete(&self, receipts: &[String]) -> Result<(), QueueError>;

    /// Gives messages back, to be received again at once.
    async fn release(&self, receipts: &[String]) -> Result<(), QueueError>;

    /// How much there is to do, roughly: for people, not for decisions.
    async fn depth(&self) -> Result<Depth, QueueError>;
}

/// Messages, by where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// To be received.
    pub waiting: u64,
    /// Received, and neither deleted nor back yet.
    pub in_flight: u64,
    /// Given up; `None`: the queue has no dead-letter queue.
    pub dead: Option<u64>,
}

/// One delivery of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Names this delivery, not the message.
    pub receipt: String,
    pub body: Vec<u8>,
}

/// The queue could not be asked, or refused. Every operation may be tried again.
#[derive(Debug, thiserror::Error)]
#[error("{action}")]
pub struct QueueError {
    /// What failed: "receiving from the hit queue".
    pub action: &'static str,
    #[source]
    pub source: anyhow::Error,
}
