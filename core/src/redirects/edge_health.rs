//! The edge, asked how it is.

use async_trait::async_trait;
use serde::Serialize;
use utoipa::ToSchema;

/// The Worker's `/healthz`, at every address that we were told.
#[async_trait]
pub trait EdgeHealth: Send + Sync {
    /// What each address answers, of one brand too if `brand` is given; soon, whatever happens. That one cannot be
    /// reached is an answer. Empty if no address is configured.
    async fn look(&self, brand: Option<&str>) -> Vec<EdgeReport>;
}

/// What one isolate behind an address said. Another may say something else for as long as it takes to follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct EdgeReport {
    #[schema(example = "https://go.acme.example")]
    pub url: String,
    /// `ok`; `stale` past the manifest's soft expiry; `unavailable` without a manifest; `unreachable`: no answer of
    /// ours came.
    #[schema(example = "ok")]
    pub status: String,
    #[schema(example = 1207)]
    pub sequence: Option<i64>,
    /// Of the manifest.
    #[schema(example = 380)]
    pub age_seconds: Option<i64>,
    #[schema(example = "2026.11.1")]
    pub build: Option<String>,
    /// What answers for the brand that was asked about; `null` if the edge does not know it.
    #[schema(example = 41)]
    pub revision: Option<i32>,
    #[schema(example = 42)]
    pub canary_revision: Option<i32>,
    /// Why it cannot be reached, or keeps to an older manifest.
    pub error: Option<String>,
}
