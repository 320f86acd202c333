use std::path::Path;

use async_trait::async_trait;

use super::domain::{Found, Unreadable};

/// Whatever can say what is in a file.
///
/// The file is hostile. An implementation reads it and nothing else, reaches no network, and gives up after some time
/// and memory of its own.
#[async_trait]
pub trait VideoProbe: Send + Sync {
    /// An error means that it could not look; what is wrong with the file is an answer.
    async fn probe(&self, file: &Path) -> anyhow::Result<Result<Found, Unreadable>>;

    /// Whether it could look now, and how well it is walled in, in words.
    async fn check(&self) -> anyhow::Result<String>;
}
