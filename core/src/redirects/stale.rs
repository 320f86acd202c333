//! Tells whoever listens, once, that the edge has had no fresh manifest for too long; and again only after it had
//! one.

use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::commands::SOFT_EXPIRY;
use super::{events, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::alerts::{Alert, Code};
use crate::platform::bus;

/// KV may be behind for so long: a deployment, an outage of Cloudflare's API.
const PATIENCE: Duration = Duration::minutes(15);

pub(super) async fn watch(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let row = store::lock_freshness(&mut tx).await?;
    let why = stale(&row, now);
    match (&why, row.stale_since) {
        (Some(why), None) => {
            store::set_stale(&mut tx, Some(now)).await?;
            let payload = events::Payload {
                brand: None,
                revision: None,
                sequence: row.sequence,
                at: now,
                by: Principal::system().id,
                note: why.clone(),
            };
            bus::emit(app, &mut tx, events::MANIFEST_STALE, json!(payload)).await?;
        }
        (None, Some(_)) => store::set_stale(&mut tx, None).await?,
        _ => {}
    }
    tx.commit().await?;
    if let Some(detail) = why {
        app.alert(&Alert::new(Code::RedirectsManifestStale, "manifest", detail));
    }
    Ok(())
}

/// Why the edge's manifest is not as fresh as it should be.
fn stale(row: &store::Freshness, now: OffsetDateTime) -> Option<String> {
    let signed_at = row.signed_at?;
    if now - signed_at > SOFT_EXPIRY {
        let hours = (now - signed_at).whole_hours();
        return Some(format!(
            "the manifest was signed {hours} hours ago and is past its soft expiry"
        ));
    }
    let waiting = (!row.synced).then_some(signed_at);
    let since = [row.failing_since, waiting].into_iter().flatten().min()?;
    let behind = now - since;
    (behind > PATIENCE).then(|| {
        let minutes = behind.whole_minutes();
        format!("the edge's KV has not followed for {minutes} minutes")
    })
}
