use serde_json::json;
use sqlx::PgConnection;

use super::freeze::{self, Draft};
use super::live::{Change, Published, edge_sequence, go_live};
use super::plan::{Audience, What, Word, carry_out, plan};
use super::{checked_note, claim_hosts, store};
use crate::access::Principal;
use crate::app::App;
use crate::redirects::Error;

pub struct Publish {
    pub what: What,
    /// Why, for people to read.
    pub note: String,
}

pub struct RollBack {
    pub revision: i32,
    /// Why, for people to read.
    pub note: String,
}

/// Makes a revision live for every visitor of the brand, under a new sequence, if one person may do that.
///
/// Compiled and compared outside, then one transaction; what follows is the sync's. On an error the brand
/// keeps what it has, and no other brand notices.
pub async fn publish(
    app: &App,
    principal: &Principal,
    brand: &str,
    Publish { what, note }: Publish,
) -> Result<Published, Error> {
    alone(app, principal, brand, what, Audience::Everybody, &note).await
}

/// On one person's word.
pub(super) async fn alone(
    app: &App,
    principal: &Principal,
    brand: &str,
    what: What,
    audience: Audience,
    note: &str,
) -> Result<Published, Error> {
    checked_note(note)?;
    let plan = plan(app, brand, what, audience).await?;
    if !plan.reasons.is_empty() {
        return Err(Error::ApprovalRequired(plan.reasons));
    }
    let edge = edge_sequence(app).await;
    app.faults.hit("redirects.publish.after_compile");

    let mut tx = app.db.begin().await?;
    // First of all locks: whoever publishes waits here, whatever the brand.
    store::lock_manifest(&mut tx).await?;
    let revision = match &plan.draft {
        Draft::Frozen(number) => *number,
        Draft::Fresh(fresh) => {
            freeze::insert(&mut tx, app, principal, fresh, note)
                .await?
                .revision
        }
    };
    app.faults.hit("redirects.publish.after_freeze");
    let word = Word::of(principal, note);
    let published = carry_out(&mut tx, app, edge, brand, &plan, revision, word).await?;
    app.faults.hit("redirects.publish.before_commit");
    tx.commit().await?;
    app.faults.hit("redirects.publish.after_commit");
    Ok(published)
}

/// Makes a revision live again that was live before, under a new sequence. It was let through once, so
/// nothing is asked again; a canary that is running ends.
pub async fn roll_back(
    app: &App,
    principal: &Principal,
    brand: &str,
    RollBack { revision, note }: RollBack,
) -> Result<Published, Error> {
    checked_note(&note)?;
    let edge = edge_sequence(app).await;
    let mut tx = app.db.begin().await?;
    store::lock_manifest(&mut tx).await?;
    let row = store::revision(&mut tx, brand, revision).await?;
    let row = row.ok_or_else(|| Error::NoRevision {
        brand: brand.to_owned(),
        number: revision,
    })?;
    if !row.was_live {
        return Err(Error::NeverLive(revision));
    }
    let from = store::live(&mut tx, brand).await?.map(|live| live.revision);
    let change = Move {
        brand,
        from,
        to: revision,
        action: "rollback",
        word: Word::of(principal, &note),
    };
    let published = move_live(&mut tx, app, edge, change).await?;
    tx.commit().await?;
    Ok(published)
}

/// One brand's pointer, on its way to another revision.
pub(super) struct Move<'a> {
    pub(super) brand: &'a str,
    /// What the caller has compared with.
    pub(super) from: Option<i32>,
    pub(super) to: i32,
    pub(super) action: &'static str,
    pub(super) word: Word<'a>,
}

/// Moves the live pointer, for everybody. Under the manifest's lock.
pub(super) async fn move_live(
    conn: &mut PgConnection,
    app: &App,
    edge_sequence: Option<i64>,
    Move {
        brand,
        from,
        to,
        action,
        word,
    }: Move<'_>,
) -> Result<Published, Error> {
    // Under the manifest's lock, which whoever retires the brand holds, too.
    if store::draft(conn, brand)
        .await?
        .is_some_and(|draft| draft.retired_at.is_some())
    {
        return Err(Error::Retired(brand.to_owned()));
    }
    let live = store::live(conn, brand).await?;
    let current = live.as_ref().map(|live| live.revision);
    if current == Some(to) {
        return Err(Error::AlreadyLive(to));
    }
    if current != from {
        return Err(Error::LiveChanged);
    }
    let row = store::revision(conn, brand, to).await?;
    let row = row.ok_or_else(|| Error::NoRevision {
        brand: brand.to_owned(),
        number: to,
    })?;
    store::set_live(conn, brand, to).await?;
    // A host of an old revision may have become another brand's since.
    claim_hosts(conn, brand, &row.settings).await?;
    store::release_hosts(conn, brand).await?;
    let canary = live.and_then(|live| live.canary_revision);
    let change = Change {
        brand,
        revision: to,
        action,
        word,
        before: json!({ "revision": current, "canary": canary }),
        after: json!({ "revision": to }),
    };
    go_live(conn, app, edge_sequence, change).await
}
