use marquee_shared::rules::Mode;
use serde_json::json;

use super::live::{Change, Published, edge_sequence, go_live};
use super::publish::{Move, move_live};
use super::{checked_note, store};
use crate::access::Principal;
use crate::app::App;
use crate::redirects::Error;
use crate::redirects::compare;
use crate::redirects::domain::{mode_name, parse_mode, same_at_the_edge};
use crate::redirects::gates::hex;

pub struct Canary {
    pub revision: i32,
    /// Of the visitors, by hash: 1 to 99.
    pub percent: i16,
    /// Why, for people to read.
    pub note: String,
    /// Go on although it changes a lot; somebody else than the draft's last editor must say so.
    pub force: bool,
}

/// Shows a revision to some of the visitors, or to more or fewer of them than now. Who sees it stays with it
/// while its share grows.
pub async fn start_canary(
    app: &App,
    principal: &Principal,
    brand: &str,
    Canary {
        revision,
        percent,
        note,
        force,
    }: Canary,
) -> Result<Published, Error> {
    checked_note(&note)?;
    if !(1..=99).contains(&percent) {
        return Err(Error::BadPercent);
    }
    let live = live(app, brand).await?;
    if live.revision == revision {
        return Err(Error::AlreadyLive(revision));
    }
    let candidate = compare::load(app, brand, revision).await?;
    if !same_at_the_edge(&candidate.built.set.settings, &live.settings.0) {
        return Err(Error::CanaryChangesSettings(revision));
    }
    // The manifest has one city table a brand, and a canary may not bring another.
    if candidate.built.uses_city && !live.uses_city {
        return Err(Error::CanaryNeedsCities(revision));
    }
    let forced = compare::judge(app, principal, &live, &candidate, force).await?;
    let edge = edge_sequence(app).await;

    let mut tx = app.db.begin().await?;
    store::lock_manifest(&mut tx).await?;
    let now = store::live(&mut tx, brand).await?;
    let now = now
        .filter(|now| now.revision == live.revision)
        .ok_or(Error::LiveChanged)?;
    let salt = match (now.canary_revision, now.canary_salt) {
        (Some(running), _) if running != revision => return Err(Error::CanaryRunning),
        (Some(_), Some(salt)) => salt,
        _ => fresh_salt()?,
    };
    store::set_canary(&mut tx, brand, Some((revision, percent, &salt))).await?;
    let change = Change {
        brand,
        revision,
        action: "canary",
        forced,
        note: &note,
        before: json!({ "canary": now.canary_revision, "percent": now.canary_percent }),
        after: json!({ "canary": revision, "percent": percent, "forced": forced }),
    };
    let published = go_live(&mut tx, app, principal, edge, change).await?;
    tx.commit().await?;
    Ok(published)
}

/// The canary becomes what everybody sees.
pub async fn promote(app: &App, principal: &Principal, brand: &str, note: &str) -> Result<Published, Error> {
    checked_note(note)?;
    let edge = edge_sequence(app).await;
    let mut tx = app.db.begin().await?;
    store::lock_manifest(&mut tx).await?;
    let live = store::live(&mut tx, brand)
        .await?
        .ok_or_else(|| Error::NotLive(brand.to_owned()))?;
    let to = live.canary_revision.ok_or(Error::NoCanary)?;
    let change = Move {
        brand,
        from: Some(live.revision),
        to,
        action: "promote",
        forced: false,
        note,
    };
    let published = move_live(&mut tx, app, principal, edge, change).await?;
    tx.commit().await?;
    Ok(published)
}

/// The canary ends; everybody sees what was live beside it.
pub async fn abort(app: &App, principal: &Principal, brand: &str, note: &str) -> Result<Published, Error> {
    checked_note(note)?;
    let edge = edge_sequence(app).await;
    let mut tx = app.db.begin().await?;
    store::lock_manifest(&mut tx).await?;
    let live = store::live(&mut tx, brand)
        .await?
        .ok_or_else(|| Error::NotLive(brand.to_owned()))?;
    let canary = live.canary_revision.ok_or(Error::NoCanary)?;
    store::set_canary(&mut tx, brand, None).await?;
    let change = Change {
        brand,
        revision: live.revision,
        action: "abort",
        forced: false,
        note,
        before: json!({ "canary": canary, "percent": live.canary_percent }),
        after: json!({ "canary": null }),
    };
    let published = go_live(&mut tx, app, principal, edge, change).await?;
    tx.commit().await?;
    Ok(published)
}

/// The kill switch: `Fallback` sends every visitor of the brand to its fallback, whatever the rules say, until
/// `Rules` is set again. It survives publishing and rolling back.
pub async fn set_mode(
    app: &App,
    principal: &Principal,
    brand: &str,
    mode: Mode,
    note: &str,
) -> Result<Published, Error> {
    checked_note(note)?;
    let edge = edge_sequence(app).await;
    let mut tx = app.db.begin().await?;
    store::lock_manifest(&mut tx).await?;
    let live = store::live(&mut tx, brand)
        .await?
        .ok_or_else(|| Error::NotLive(brand.to_owned()))?;
    if parse_mode(&live.mode) == mode {
        return Err(Error::ModeIsSet);
    }
    store::set_mode(&mut tx, brand, mode_name(mode)).await?;
    let change = Change {
        brand,
        revision: live.revision,
        action: "mode",
        forced: false,
        note,
        before: json!({ "mode": live.mode }),
        after: json!({ "mode": mode_name(mode) }),
    };
    let published = go_live(&mut tx, app, principal, edge, change).await?;
    tx.commit().await?;
    Ok(published)
}

async fn live(app: &App, brand: &str) -> Result<store::LiveRow, Error> {
    let mut conn = app.db.acquire().await?;
    store::live(&mut conn, brand)
        .await?
        .ok_or_else(|| Error::NotLive(brand.to_owned()))
}

/// Another canary draws other visitors.
fn fresh_salt() -> Result<String, Error> {
    let mut salt = [0; 8];
    getrandom::fill(&mut salt).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(hex(&salt))
}
