use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{PublishingView, brand, publishing};
use crate::app::App;
use crate::redirects::commands::SOFT_EXPIRY;
use crate::redirects::{EdgeReport, Error};

/// What each layer has of a brand: the database, KV, the edge.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusView {
    #[schema(example = "acme")]
    pub brand: String,
    /// Whether all layers have the same.
    pub agree: bool,
    pub database: DatabaseLayer,
    pub kv: KvLayer,
    /// Empty if no address of the edge is configured (`MARQUEE_EDGE_URL`).
    pub edges: Vec<EdgeLayer>,
}

/// What should be live.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseLayer {
    /// Over all brands; 0 before the first publish.
    #[schema(example = 1207)]
    pub sequence: i64,
    #[schema(example = 41)]
    pub revision: Option<i32>,
    pub canary_revision: Option<i32>,
    /// Since the brand's last change.
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
}

/// What KV was last seen to hold, by the job that writes it.
#[derive(Debug, Serialize, ToSchema)]
pub struct KvLayer {
    pub agrees: bool,
    #[schema(example = 1207)]
    pub sequence: Option<i64>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub seen_at: Option<OffsetDateTime>,
    /// `synced`, `pending` or `behind`: see `/v1/publishing`.
    #[schema(example = "synced")]
    pub status: String,
    /// Of our manifest's signature.
    #[schema(example = 380)]
    pub age_seconds: Option<i64>,
    /// From then on the edge says that it is stale, and goes on answering.
    #[serde(with = "time::serde::rfc3339::option")]
    pub soft_expires_at: Option<OffsetDateTime>,
    pub error: Option<String>,
}

/// What answers visitors.
#[derive(Debug, Serialize, ToSchema)]
pub struct EdgeLayer {
    pub agrees: bool,
    #[serde(flatten)]
    pub report: EdgeReport,
}

/// How far the edge is: KV as last seen, and the edge asked right now.
#[derive(Debug, Serialize, ToSchema)]
pub struct LayersView {
    #[serde(flatten)]
    pub publishing: PublishingView,
    /// Whether the database, KV and every edge are at the same sequence.
    pub agree: bool,
    #[schema(example = 380)]
    pub age_seconds: Option<i64>,
    /// From then on the edge says that it is stale, and goes on answering.
    #[serde(with = "time::serde::rfc3339::option")]
    pub soft_expires_at: Option<OffsetDateTime>,
    pub edges: Vec<EdgeLayer>,
}

/// Asks the edge, for two seconds at most.
pub async fn layers(app: &App) -> Result<LayersView, Error> {
    let (publishing, reports) = tokio::join!(publishing(app), app.edge_health.look(None));
    let publishing = publishing?;
    let edges = edges(reports, |report| report.sequence == Some(publishing.sequence));
    let signed_at = publishing.signed_at;
    Ok(LayersView {
        agree: in_kv(&publishing) && edges.iter().all(|edge| edge.agrees),
        age_seconds: signed_at.map(|signed_at| (app.now() - signed_at).whole_seconds()),
        soft_expires_at: signed_at.map(|signed_at| signed_at + SOFT_EXPIRY),
        edges,
        publishing,
    })
}

/// Asks the edge, for two seconds at most.
pub async fn status(app: &App, code: &str) -> Result<StatusView, Error> {
    let (brand, publishing) = (brand(app, code).await?, publishing(app).await?);
    let reports = app.edge_health.look(Some(code)).await;
    let live = brand.live.as_ref();
    let (revision, canary) = (
        live.map(|live| live.revision),
        live.and_then(|live| live.canary.as_ref())
            .map(|canary| canary.revision),
    );
    let edges = edges(reports, |report| {
        let wanted = (Some(publishing.sequence), revision, canary);
        (report.sequence, report.revision, report.canary_revision) == wanted
    });
    let signed_at = publishing.signed_at;
    let kv = KvLayer {
        agrees: in_kv(&publishing),
        sequence: publishing.edge_sequence,
        seen_at: publishing.edge_seen_at,
        status: publishing.status,
        age_seconds: signed_at.map(|signed_at| (app.now() - signed_at).whole_seconds()),
        soft_expires_at: signed_at.map(|signed_at| signed_at + SOFT_EXPIRY),
        error: publishing.last_error,
    };
    Ok(StatusView {
        agree: kv.agrees && edges.iter().all(|edge| edge.agrees),
        database: DatabaseLayer {
            sequence: publishing.sequence,
            revision,
            canary_revision: canary,
            since: live.map(|live| live.since),
        },
        kv,
        edges,
        brand: code.to_owned(),
    })
}

fn in_kv(publishing: &PublishingView) -> bool {
    publishing.sequence == 0
        || (publishing.status == "synced" && publishing.edge_sequence == Some(publishing.sequence))
}

fn edges(reports: Vec<EdgeReport>, agrees: impl Fn(&EdgeReport) -> bool) -> Vec<EdgeLayer> {
    let layer = |report: EdgeReport| EdgeLayer {
        agrees: report.status == "ok" && agrees(&report),
        report,
    };
    reports.into_iter().map(layer).collect()
}
