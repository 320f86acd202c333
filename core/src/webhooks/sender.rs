use async_trait::async_trait;
use url::Url;

/// Whatever carries a message to an endpoint.
///
/// It follows no redirect, gives up after some seconds, and connects to public addresses only: an endpoint is an
/// address that somebody typed, and what answers there must not be one of our own machines.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Posts `body` as JSON with these headers.
    async fn post(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Result<Reply, SendError>;
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// How the body began.
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Before any connection was made.
    #[error("the host has no public address")]
    Private,
    #[error("no answer in time")]
    Timeout,
    /// Whether it arrived is not known.
    #[error("{0}")]
    Failed(String),
}
