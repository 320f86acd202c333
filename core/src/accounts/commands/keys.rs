use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::is_name;
use crate::access::{Forbidden, Permission, Principal};
use crate::accounts::domain::{self, Kind, Token};
use crate::accounts::{Error, store};
use crate::app::App;
use crate::ids;
use crate::platform::audit;

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub permissions: Vec<Permission>,
    /// Where it permits them. `None`: on every brand.
    pub brands: Option<Vec<String>>,
    /// Whose it is: it then permits no more than its owner may. `None`: nobody's.
    pub staff_id: Option<Uuid>,
    pub expires_at: Option<OffsetDateTime>,
}

/// Makes a key and returns its token, which nobody can see again. Nobody grants what they may not do
/// themselves, nor for longer.
pub async fn create_key(app: &App, by: &Principal, key: NewKey) -> Result<Token, Error> {
    let now = app.now();
    let name = key.name.trim();
    if !is_name(name) {
        return Err(Error::KeyName);
    }
    domain::checked_brands(key.brands.as_deref())?;
    if key.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::Expiry);
    }
    if let Some(until) = by
        .until
        .filter(|until| key.expires_at.is_none_or(|at| at > *until))
    {
        return Err(Error::OutlivesMaker(until));
    }
    if domain::whose(by)?.is_some_and(|own| key.staff_id != Some(own)) {
        let permission = Permission::KeysManage;
        return Err(Forbidden {
            permission,
            missing: None,
        }
        .into());
    }
    let mut permissions: Vec<String> = key.permissions.iter().map(ToString::to_string).collect();
    permissions.sort();
    permissions.dedup();
    let grants = domain::key_grants(&permissions, key.brands.clone());
    by.permit_granting(&grants)?;
    let brands = key.brands.map(|mut brands| {
        brands.sort();
        brands.dedup();
        brands
    });
    let token = Token::fresh(Kind::Key, ids::fresh(now))?;

    let mut tx = app.db.begin().await?;
    if let Some(owner) = key.staff_id {
        let found = store::lock_staff(&mut tx, owner)
            .await?
            .ok_or(Error::NoOwner(owner))?;
        if found.suspended_at.is_some() {
            return Err(Error::OwnerSuspended);
        }
    }
    let row = store::NewKey {
        id: token.id,
        name,
        secret_sha256: &token.secret_sha256(),
        permissions: &permissions,
        brands: brands.as_deref(),
        staff_id: key.staff_id,
        created_at: now,
        expires_at: key.expires_at,
    };
    store::insert_key(&mut tx, &row).await?;
    let after = json!({
        "name": name, "permissions": permissions, "brands": brands, "staff_id": key.staff_id,
    });
    let subject = format!("key/{}", token.id);
    audit::record(
        &mut tx,
        now,
        by,
        "accounts.create_key",
        &subject,
        None,
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(token)
}

/// Refuses the key from now on. Once more is fine.
pub async fn revoke_key(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let now = app.now();
    let own = domain::whose(by)?;
    let mut tx = app.db.begin().await?;
    let found = store::lock_key(&mut tx, id).await?;
    // Another's key is, for a person, not there.
    let visible = found.filter(|key| own.is_none() || key.staff_id == own);
    let key = visible.ok_or(Error::Unknown)?;
    if key.revoked_at.is_none() {
        store::revoke_key(&mut tx, id, now).await?;
        let before = json!({ "name": key.name, "staff_id": key.staff_id });
        let subject = format!("key/{id}");
        audit::record(
            &mut tx,
            now,
            by,
            "accounts.revoke_key",
            &subject,
            Some(before),
            None,
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}
