use marquee_shared::code::is_code;
use marquee_shared::rules::Settings;
use serde_json::json;

use super::settings::checked;
use super::{claim_hosts, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::redirects::Error;

pub struct NewBrand {
    /// `[a-z0-9][a-z0-9-]{0,39}`; part of every URL, never changed.
    pub code: String,
    /// For people to read.
    pub name: String,
    pub settings: Settings,
}

/// A brand with an empty draft. Nothing of it is live.
pub async fn create_brand(app: &App, principal: &Principal, brand: NewBrand) -> Result<(), Error> {
    let NewBrand { code, name, settings } = brand;
    if !is_code(&code) {
        return Err(Error::NotACode(code));
    }
    let name = checked_name(&name)?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    match store::insert_brand(&mut tx, &code, name, now).await {
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("brand_code_is_free") => {
            return Err(Error::BrandExists(code));
        }
        inserted => inserted?,
    }
    checked(&mut tx, &code, &Settings::default(), &settings, "/settings").await?;
    store::insert_draft(&mut tx, &code, &settings, principal, now).await?;
    claim_hosts(&mut tx, &code, &settings).await?;
    let after = json!({ "name": name, "settings": settings });
    let subject = format!("brand/{code}");
    audit::record(
        &mut tx,
        now,
        principal,
        "redirects.create_brand",
        &subject,
        None,
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a brand another name; its code stays.
pub async fn rename_brand(app: &App, principal: &Principal, code: &str, name: &str) -> Result<(), Error> {
    let name = checked_name(name)?;
    let mut tx = app.db.begin().await?;
    let brand = store::lock_brand(&mut tx, code).await?;
    let brand = brand.ok_or_else(|| Error::NoBrand(code.to_owned()))?;
    if brand.retired_at.is_some() {
        return Err(Error::Retired(code.to_owned()));
    }
    if brand.name == name {
        return Ok(());
    }
    store::rename_brand(&mut tx, code, name).await?;
    audit::record(
        &mut tx,
        app.now(),
        principal,
        "redirects.rename_brand",
        &format!("brand/{code}"),
        Some(json!({ "name": brand.name })),
        Some(json!({ "name": name })),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

fn checked_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    let fine = (1..=120).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    fine.then_some(name).ok_or(Error::BadName)
}
