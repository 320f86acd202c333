use std::sync::Arc;

use anyhow::Context as _;
use futures::TryStreamExt as _;
use futures::stream::TryChunksError;
use serde::Serialize;
use time::{Date, OffsetDateTime};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use crate::app::App;
use crate::hits::domain::{Blast, Blaster, Cell};
use crate::redirects;
use crate::redirects::queries::{Of, Which, stage};
use crate::redirects::simulation::{Replay, Stage};

/// Cells handed over at once.
const CHUNK: usize = 5_000;
/// Chunks read before they are replayed.
const AHEAD: usize = 4;

/// Which traffic, and against which rule sets.
#[derive(Clone, Copy, Debug)]
pub struct BlastRadius {
    pub from: Which,
    pub to: Which,
    /// The first day, UTC.
    pub since: Date,
    /// When everybody comes; now unless given.
    pub at: Option<OffsetDateTime>,
}

/// What putting one rule set in the place of another would have done to the traffic of the last days.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BlastView {
    pub from: Of,
    pub to: Of,
    /// The first day of the traffic, UTC
    #[serde(serialize_with = "super::day::serialize")]
    #[schema(value_type = String, format = Date, example = "2026-11-15")]
    pub since: Date,
    /// When everybody comes to both
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    #[serde(flatten)]
    pub blast: Blast,
}

/// Replays the real hits of the last days against two rule sets, bots left out. Both are asked as if everybody came
/// at one time, so that what differs is the rules' doing alone.
pub async fn blast_radius(app: &App, brand: &str, asked: BlastRadius) -> Result<BlastView, redirects::Error> {
    let at = asked.at.unwrap_or_else(|| app.now());
    let (from, before) = stage(app, brand, asked.from).await?;
    let (to, after) = stage(app, brand, asked.to).await?;
    let sides = (Arc::new(before), Arc::new(after));
    let blast = replay(app, brand, asked.since, sides, at).await?;
    Ok(BlastView {
        from,
        to,
        since: asked.since,
        at,
        blast,
    })
}

/// The traffic since a day against two rule sets, as if everybody came at `at`.
///
/// A busy brand has millions of cells, and whoever publishes asks for them, too: they are replayed as they come, so
/// that few are held at a time.
pub(in crate::hits) async fn replay(
    app: &App,
    brand: &str,
    since: Date,
    (before, after): (Arc<Stage>, Arc<Stage>),
    at: OffsetDateTime,
) -> anyhow::Result<Blast> {
    let (sender, mut received) = mpsc::channel::<Vec<Cell>>(AHEAD);
    let replay = tokio::task::spawn_blocking(move || {
        let seconds = at.unix_timestamp();
        let mut blaster = Blaster::new(Replay::new(&before, seconds), Replay::new(&after, seconds));
        while let Some(cells) = received.blocking_recv() {
            for cell in &cells {
                blaster.replay(cell);
            }
        }
        blaster.finish()
    });
    let rows = sqlx::query_as!(
        Cell,
        r#"
        select
            product,
            language,
            device,
            media,
            zip as "zip!",
            sum(hits)::bigint as "hits!"
        from hits.cell
        where brand = $1
            and day >= $2
            and zip is not null
            and not bot
        group by product, language, device, media, zip
        "#,
        brand,
        since,
    );
    let mut chunks = rows.fetch(&app.db).try_chunks(CHUNK);
    while let Some(cells) = chunks
        .try_next()
        .await
        .map_err(|TryChunksError(_, error)| error)?
    {
        // Nobody receives once the replay has panicked, which is told below.
        if sender.send(cells).await.is_err() {
            break;
        }
    }
    drop(sender);
    replay.await.context("replaying hits")
}
