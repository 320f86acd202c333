//! Own artefacts end: blobs that no manifest has named for a while leave KV. Postgres keeps them, for a
//! revision that is rolled back to.

use anyhow::{Context, bail};
use marquee_shared::manifest::{city_key, table_key};
use time::{Duration, OffsetDateTime};

use super::store;
use super::sync::{keeping, lease, renew, sync};
use crate::app::App;

/// Longer than any isolate lives, or any cache in between.
const KEPT: Duration = Duration::days(30);

/// Never one that is live, that a canary shows, or that one of the two revisions live before uses.
///
/// Under the sync's lease: what is named again meanwhile is uploaded after it was deleted, not before.
pub(super) async fn clean(app: &App) -> anyhow::Result<()> {
    let before = app.now() - KEPT;
    let Some(lease) = lease(app).await? else {
        let row = store::manifest(&mut *app.db.acquire().await?).await?;
        if row.sequence == 0 {
            return Ok(());
        }
        bail!("a sync is running");
    };
    let cleaned = keeping(app, &lease, delete(app, &lease, before)).await;
    store::release(&mut *app.db.acquire().await?, lease.generation).await?;
    cleaned?;
    // Whatever was published meanwhile found the lease taken.
    sync(app).await
}

async fn delete(app: &App, lease: &store::Lease, before: OffsetDateTime) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    // Nobody publishes meanwhile: whoever names one of them after this finds it forgotten, and uploads it.
    store::lock_manifest(&mut tx).await?;
    let blobs = store::forget_blobs(&mut tx, before).await?;
    tx.commit().await?;
    for blob in blobs {
        if !renew(app, lease).await? {
            break;
        }
        let key = if blob.kind == "city" {
            city_key(&blob.sha256)
        } else {
            table_key(&blob.sha256)
        };
        app.edge_kv
            .delete(&key)
            .await
            .with_context(|| format!("deleting {key}"))?;
        store::blob_deleted(&mut *app.db.acquire().await?, &blob.sha256, before).await?;
        tracing::info!(key, "{key} has left KV");
    }
    Ok(())
}
