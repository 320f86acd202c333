//! The edge's key-value store, as publishing sees it.

use std::time::Duration;

use async_trait::async_trait;

/// Where the Worker reads the manifest, tables and cities. Keys are those of [`marquee_shared::manifest`].
///
/// There is no compare-and-set and no order between keys: what is put may be seen late, and a read may show
/// what was there before. Publishing is built for that; an adapter need not hide it.
#[async_trait]
pub trait EdgeKv: Send + Sync {
    /// The value, or `None` where there is none.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError>;
    async fn put(&self, key: &str, value: Vec<u8>) -> Result<(), KvError>;
    /// Deleting what is not there is no error.
    async fn delete(&self, key: &str) -> Result<(), KvError>;
}

#[derive(Debug, thiserror::Error)]
pub enum KvError {
    /// One write a second and key, or too many calls altogether: the same call may succeed after a while.
    #[error("the edge's KV asks us to slow down")]
    Throttled { retry_after: Option<Duration> },
    /// It may or may not have happened, and may succeed later.
    #[error("the edge's KV cannot be reached")]
    Unavailable(#[source] anyhow::Error),
    /// The same call will be refused again: a wrong token, account or namespace.
    #[error("the edge's KV refuses: {0}")]
    Refused(String),
}

impl KvError {
    /// Whether the same call may succeed later. Every call is safe to repeat.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}
