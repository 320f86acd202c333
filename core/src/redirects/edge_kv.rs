use async_trait::async_trait;

/// The key-value store that the Worker reads. Writes may take a minute to be seen everywhere; what is
/// written under a content-addressed key never changes.
#[async_trait]
pub trait EdgeKv: Send + Sync {
    async fn put(&self, key: &str, value: Vec<u8>) -> Result<(), KvError>;

    /// `None`: there is no such key.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError>;

    /// Deleting what is not there is fine.
    async fn delete(&self, key: &str) -> Result<(), KvError>;
}

#[derive(Debug, thiserror::Error)]
#[error("edge KV: {message}")]
pub struct KvError {
    pub message: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
}
