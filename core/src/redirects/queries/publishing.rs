use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::app::App;
use crate::redirects::{Error, KvError, manifest};

/// Whether the edge has what it should.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublishingView {
    /// What KV should hold; 0 before the first publish.
    pub sequence: i64,
    /// What KV was last seen to hold.
    pub edge_sequence: Option<i64>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub edge_seen_at: Option<OffsetDateTime>,
    /// `synced`; `pending`: KV is being made equal; `behind`: KV holds a newer sequence, so the database was
    /// restored and somebody must publish.
    #[schema(example = "synced")]
    pub status: String,
    #[serde(with = "time::serde::rfc3339::option")]
    pub signed_at: Option<OffsetDateTime>,
    /// Failed runs in a row.
    pub attempts: i32,
    pub last_error: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub failing_since: Option<OffsetDateTime>,
}

/// The sequence that KV holds right now, signed by us.
///
/// # Errors
/// KV does not answer, or refuses.
pub async fn edge_sequence(app: &App) -> Result<Option<u64>, KvError> {
    let found = manifest::read(app).await?;
    Ok(found.and_then(|found| Some(found.manifest?.sequence)))
}

/// How far the edge is. Says what the last run saw; asks nobody.
pub async fn publishing(app: &App) -> Result<PublishingView, Error> {
    let view = sqlx::query_as!(
        PublishingView,
        "select sequence, edge_sequence, edge_seen_at, status, signed_at, attempts, last_error, failing_since
        from redirects.manifest",
    )
    .fetch_one(&app.db)
    .await?;
    Ok(view)
}
