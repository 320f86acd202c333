use serde_json::json;

use super::live::{advance, read_edge_sequence};
use super::{checked_note, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::{audit, bus};
use crate::redirects::Error;
use crate::redirects::jobs::SYNC;

/// Has the edge follow a database that was restored from a backup: what is live here is signed under a sequence above
/// the edge's, whatever it has. That sequence. No brand's revision changes, so nobody is asked.
///
/// # Errors
/// The edge has nothing newer; or KV cannot be read, and no worker has seen since that it has.
pub async fn take_over(app: &App, principal: &Principal, note: &str) -> Result<i64, Error> {
    checked_note(note)?;
    let edge = read_edge_sequence(app).await;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let row = store::lock_manifest(&mut tx).await?;
    let (edge, unread) = match edge {
        Ok(edge) => (edge, None),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    let newest = edge.max(row.edge_sequence);
    if newest.is_none_or(|newest| newest <= row.sequence) {
        return Err(unread.map_or(Error::NotBehind, Error::EdgeUnknown));
    }
    let sequence = advance(&mut tx, app, edge).await?;
    let (before, after) = (
        json!({ "sequence": row.sequence, "edge_sequence": newest }),
        json!({ "sequence": sequence, "note": note }),
    );
    let verb = "redirects.take_over";
    audit::record(
        &mut tx,
        now,
        principal,
        verb,
        "manifest",
        Some(before),
        Some(after),
    )
    .await?;
    bus::enqueue(&mut tx, now, &SYNC, json!({}), Some(SYNC.name), None).await?;
    tx.commit().await?;
    Ok(sequence)
}
