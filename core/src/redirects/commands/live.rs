//! What every change of the live set ends with: a sequence, a manifest, a trace and a job.

use std::time::Duration;

use anyhow::Context as _;
use marquee_shared::manifest::{FORMAT, Manifest};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::plan::Word;
use super::store;
use crate::app::App;
use crate::platform::{audit, bus};
use crate::redirects::jobs::SYNC;
use crate::redirects::manifest::{blobs, brand, read};
use crate::redirects::{Error, events};

/// The edge complains, and we alert, about a manifest that is older than this.
pub(in crate::redirects) const SOFT_EXPIRY: time::Duration = time::Duration::hours(48);
/// For reading KV's sequence before a publish: a slow KV must not keep a kill switch from being thrown.
const PATIENCE: Duration = Duration::from_secs(5);

/// A change that is on its way to the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// What the edge will report once it has it.
    pub sequence: i64,
    pub revision: i32,
}

/// What changed, for the record.
pub(super) struct Change<'a> {
    pub(super) brand: &'a str,
    pub(super) revision: i32,
    /// As in `redirects.publication`.
    pub(super) action: &'static str,
    pub(super) word: Word<'a>,
    pub(super) before: Value,
    pub(super) after: Value,
}

/// Takes the next sequence for what is live now, asks for KV to be made equal, and tells whoever listens. In the
/// caller's transaction, which holds the manifest's lock since before it looked at what is live.
pub(super) async fn go_live(
    conn: &mut PgConnection,
    app: &App,
    edge_sequence: Option<i64>,
    change: Change<'_>,
) -> Result<Published, Error> {
    let sequence = advance(conn, app, edge_sequence).await?;
    let now = app.now();
    let Change {
        brand,
        revision,
        action,
        word: Word {
            principal,
            request,
            note,
        },
        before,
        mut after,
    } = change;
    let author = request.map_or(&principal.id, |request| &request.requested_by);
    let publication = store::NewPublication {
        sequence,
        brand,
        revision,
        action,
        author,
        note,
    };
    store::insert_publication(conn, &publication, now).await?;
    after["sequence"] = json!(sequence);
    after["note"] = json!(note);
    if let Some(request) = request {
        after["request"] = json!(request.id);
        after["requested_by"] = json!(request.requested_by);
    }
    let verb = format!("redirects.{action}");
    let subject = format!("brand/{brand}");
    audit::record(conn, now, principal, &verb, &subject, Some(before), Some(after)).await?;
    bus::enqueue(conn, now, &SYNC, json!({}), Some(SYNC.name), None).await?;
    let payload = events::Payload {
        brand: Some(brand.to_owned()),
        revision: Some(revision),
        sequence,
        at: now,
        by: author.clone(),
        note: note.to_owned(),
    };
    bus::emit(app, conn, events::of(action), json!(payload)).await?;
    Ok(Published { sequence, revision })
}

/// Signs what is live anew if its signature is older than `age`: the soft expiry is the edge's sign of life.
/// Not while KV is ahead of us: a restored database must not overwrite what is live before somebody publishes.
pub(in crate::redirects) async fn resign(app: &App, age: time::Duration) -> Result<bool, Error> {
    let old = |row: &store::ManifestRow| {
        row.status != "behind" && row.signed_at.is_some_and(|signed_at| signed_at < app.now() - age)
    };
    let mut conn = app.db.acquire().await?;
    if !old(&store::manifest(&mut conn).await?) {
        return Ok(false);
    }
    drop(conn);
    // A KV that is ahead would be found here; the sync that follows says so.
    let edge_sequence = edge_sequence(app).await;
    let mut tx = app.db.begin().await?;
    let row = store::lock_manifest(&mut tx).await?;
    if !old(&row) || edge_sequence.is_some_and(|edge| edge > row.sequence) {
        return Ok(false);
    }
    advance(&mut tx, app, None).await?;
    tx.commit().await?;
    Ok(true)
}

/// The sequence that KV holds, if it can be told: read outside any transaction.
pub(super) async fn edge_sequence(app: &App) -> Option<i64> {
    // Publishing goes on without: the database's own sequence is right unless it was restored, and the sync tells.
    read_edge_sequence(app).await.unwrap_or_else(|error| {
        tracing::warn!(error = format!("{error:#}"), "the edge's sequence cannot be read");
        None
    })
}

/// The sequence that KV holds; none where there is no manifest of ours.
pub(super) async fn read_edge_sequence(app: &App) -> anyhow::Result<Option<i64>> {
    let found = tokio::time::timeout(PATIENCE, read(app)).await;
    let found = found.context("KV does not answer in time")??;
    Ok(found.and_then(|found| i64::try_from(found.manifest?.sequence).ok()))
}

pub(super) async fn advance(
    conn: &mut PgConnection,
    app: &App,
    edge_sequence: Option<i64>,
) -> Result<i64, Error> {
    let row = store::lock_manifest(conn).await?;
    let seen = [Some(row.sequence), row.edge_sequence, edge_sequence];
    let sequence = seen.into_iter().flatten().max().unwrap_or(0) + 1;
    if sequence > row.sequence + 1 {
        // The database was restored: what left KV since its backup is not known here.
        store::doubt_blobs(conn).await?;
    }
    let now = app.now();
    let brands: Vec<_> = store::live_brands(conn).await?.into_iter().map(brand).collect();
    let manifest = Manifest {
        format: FORMAT,
        min_reader: FORMAT,
        env: app.config.env.clone(),
        sequence: u64::try_from(sequence).unwrap_or(0),
        created_at: now.unix_timestamp(),
        soft_expires_at: (now + SOFT_EXPIRY).unix_timestamp(),
        brands,
    };
    store::name_blobs(conn, &blobs(&manifest), now).await?;
    store::set_manifest(conn, sequence, &manifest, now).await?;
    Ok(sequence)
}
