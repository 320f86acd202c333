use marquee_shared::rules::Settings;
use serde_json::json;

use super::{claim_hosts, locked_draft, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::redirects::Error;

/// Puts other settings in the draft; its new version. `seen` is the version the caller has in mind.
pub async fn change_settings(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    settings: Settings,
) -> Result<i64, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let draft = locked_draft(&mut tx, brand, seen).await?;
    let version = store::change_draft(&mut tx, brand, &settings, &principal.id, now).await?;
    claim_hosts(&mut tx, brand, &settings).await?;
    store::release_hosts(&mut tx, brand).await?;
    audit::record(
        &mut tx,
        now,
        principal,
        "redirects.change_settings",
        &format!("brand/{brand}"),
        Some(json!({ "version": draft.version, "settings": draft.settings })),
        Some(json!({ "version": version, "settings": settings })),
    )
    .await?;
    tx.commit().await?;
    Ok(version)
}
