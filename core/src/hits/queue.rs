use async_trait::async_trait;

/// The queue that brings hits from the edge: at least once, in any order. What is received and neither
/// deleted nor released comes back after a while.
#[async_trait]
pub trait HitQueue: Send + Sync {
    /// Up to `max` (1–10) messages, waiting a while for the first.
    async fn receive(&self, max: usize) -> Result<Vec<Message>, QueueError>;

    async fn delete(&self, receipts: &[String]) -> Result<(), QueueError>;

    /// Gives messages back at once, for somebody else.
    async fn release(&self, receipts: &[String]) -> Result<(), QueueError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub receipt: String,
    pub body: String,
}

#[derive(Debug, thiserror::Error)]
#[error("hit queue: {message}")]
pub struct QueueError {
    pub message: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
}
