use marquee_shared::rules::Mode;
use serde_json::json;

use super::live::{Change, Published, edge_sequence, go_live};
use super::plan::{Audience, What, Word};
use super::publish::{Move, alone, move_live};
use super::{checked_note, store};
use crate::access::Principal;
use crate::app::App;
use crate::redirects::Error;
use crate::redirects::domain::{mode_name, parse_mode};

pub struct Canary {
    pub revision: i32,
    /// Of the visitors, by hash: 1 to 99.
    pub percent: i16,
    /// Why, for people to read.
    pub note: String,
}

/// Shows a revision to some of the visitors, or to more or fewer of them than now, if one person may do that. Who
/// sees it stays with it while its share grows.
pub async fn start_canary(
    app: &App,
    principal: &Principal,
    brand: &str,
    Canary {
        revision,
        percent,
        note,
    }: Canary,
) -> Result<Published, Error> {
    let (what, audience) = (What::Revision(revision), Audience::Some(percent));
    alone(app, principal, brand, what, audience, &note).await
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
        word: Word::of(principal, note),
    };
    let published = move_live(&mut tx, app, edge, change).await?;
    tx.commit().await?;
    Ok(published)
}

/// The canary ends; everybody sees what was live beside it. With `only`, no other canary than that revision ends.
pub async fn abort(
    app: &App,
    principal: &Principal,
    brand: &str,
    only: Option<i32>,
    note: &str,
) -> Result<Published, Error> {
    checked_note(note)?;
    let edge = edge_sequence(app).await;
    let mut tx = app.db.begin().await?;
    store::lock_manifest(&mut tx).await?;
    let live = store::live(&mut tx, brand)
        .await?
        .ok_or_else(|| Error::NotLive(brand.to_owned()))?;
    let running = live
        .canary_revision
        .filter(|running| only.is_none_or(|only| only == *running));
    let canary = running.ok_or(Error::NoCanary)?;
    store::set_canary(&mut tx, brand, None).await?;
    let change = Change {
        brand,
        revision: live.revision,
        action: "abort",
        word: Word::of(principal, note),
        before: json!({ "canary": canary, "percent": live.canary_percent }),
        after: json!({ "canary": null }),
    };
    let published = go_live(&mut tx, app, edge, change).await?;
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
        word: Word::of(principal, note),
        before: json!({ "mode": live.mode }),
        after: json!({ "mode": mode_name(mode) }),
    };
    let published = go_live(&mut tx, app, edge, change).await?;
    tx.commit().await?;
    Ok(published)
}
