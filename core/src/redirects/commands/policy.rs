use serde_json::json;

use super::store;
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::redirects::{Error, Policy};

/// Sets what publishing needs in the brand, from now on: what was approved or scheduled before is judged by it when
/// its time comes.
pub async fn set_policy(app: &App, principal: &Principal, brand: &str, policy: &Policy) -> Result<(), Error> {
    policy.check()?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    // Whoever publishes holds this lock while the policy is looked at.
    store::lock_manifest(&mut tx).await?;
    store::draft(&mut tx, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    let before = store::policy(&mut tx, brand).await?;
    store::set_policy(&mut tx, brand, policy, now).await?;
    audit::record(
        &mut tx,
        now,
        principal,
        "redirects.set_policy",
        &format!("brand/{brand}"),
        Some(json!(before)),
        Some(json!(policy)),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
