use serde_json::json;

use super::live::{Change, Published, edge_sequence, go_live};
use super::plan::Word;
use super::{checked_note, claim_hosts, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::redirects::Error;

/// Takes a brand out of use: nobody may change or publish it, its hosts are free, and if something of it was
/// live, the edge forgets the brand like after any publish; that change, if there was one. Its history stays.
pub async fn retire_brand(
    app: &App,
    principal: &Principal,
    code: &str,
    note: &str,
) -> Result<Option<Published>, Error> {
    checked_note(note)?;
    let edge = edge_sequence(app).await;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    // First of all locks, as for every change of what is live.
    store::lock_manifest(&mut tx).await?;
    let draft = store::lock_draft(&mut tx, code).await?;
    let draft = draft.ok_or_else(|| Error::NoBrand(code.to_owned()))?;
    if draft.retired_at.is_some() {
        return Err(Error::Retired(code.to_owned()));
    }
    let live = store::live(&mut tx, code).await?;
    store::set_retired(&mut tx, code, Some(now)).await?;
    store::clear_live(&mut tx, code).await?;
    store::free_hosts(&mut tx, code).await?;
    let published = match live {
        Some(live) => {
            let change = Change {
                brand: code,
                revision: live.revision,
                action: "retire",
                word: Word::of(principal, note),
                before: json!({ "revision": live.revision, "canary": live.canary_revision,
                    "hosts": live.settings.hosts }),
                after: json!({ "revision": null }),
            };
            Some(go_live(&mut tx, app, edge, change).await?)
        }
        None => {
            let subject = format!("brand/{code}");
            let (before, after) = (json!({ "revision": null }), json!({ "note": note }));
            let verb = "redirects.retire";
            audit::record(&mut tx, now, principal, verb, &subject, Some(before), Some(after)).await?;
            None
        }
    };
    tx.commit().await?;
    Ok(published)
}

/// Brings a retired brand back, with its draft and nothing live. The hosts that have become another brand's
/// leave the draft; they are answered.
pub async fn reinstate_brand(app: &App, principal: &Principal, code: &str) -> Result<Vec<String>, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let draft = store::lock_draft(&mut tx, code).await?;
    let draft = draft.ok_or_else(|| Error::NoBrand(code.to_owned()))?;
    let Some(retired_at) = draft.retired_at else {
        return Err(Error::NotRetired(code.to_owned()));
    };
    let mut settings = draft.settings.0.clone();
    let lost = store::foreign_hosts(&mut tx, code, &settings.hosts).await?;
    settings.hosts.retain(|host| !lost.contains(host));
    store::set_retired(&mut tx, code, None).await?;
    // Somebody else may claim one of them just now: then it is refused as any change is.
    claim_hosts(&mut tx, code, &settings).await?;
    if !lost.is_empty() {
        store::change_draft(&mut tx, code, &settings, principal, now).await?;
    }
    audit::record(
        &mut tx,
        now,
        principal,
        "redirects.reinstate",
        &format!("brand/{code}"),
        Some(json!({ "retired_at": retired_at.unix_timestamp() })),
        Some(json!({ "hosts": settings.hosts, "lost_hosts": lost })),
    )
    .await?;
    tx.commit().await?;
    Ok(lost)
}
