use std::sync::Arc;

use serde_json::json;
use sqlx::PgConnection;

use super::freeze::{self, Draft, Fresh, look};
use super::live::{Change, Published, edge_sequence, go_live};
use super::{checked_note, claim_hosts, store};
use crate::access::Principal;
use crate::app::App;
use crate::redirects::Error;
use crate::redirects::compare::{self, Candidate};

pub struct Publish {
    pub what: What,
    /// Why, for people to read.
    pub note: String,
    /// Go on although it changes a lot; somebody else than the draft's last editor must say so.
    pub force: bool,
}

pub enum What {
    /// The draft, frozen in the same transaction; `seen` is the version the caller has in mind.
    Draft {
        seen: Option<i64>,
    },
    Revision(i32),
}

pub struct RollBack {
    pub revision: i32,
    /// Why, for people to read.
    pub note: String,
}

/// Makes a revision live for every visitor of the brand, under a new sequence.
///
/// Compiled and compared outside, then one transaction; what follows is the sync's. On an error the brand
/// keeps what it has, and no other brand notices.
pub async fn publish(
    app: &App,
    principal: &Principal,
    brand: &str,
    publish: Publish,
) -> Result<Published, Error> {
    let Publish { what, note, force } = publish;
    checked_note(&note)?;
    let draft = match what {
        What::Draft { seen } => look(app, brand, seen).await?,
        What::Revision(number) => Draft::Frozen(number),
    };
    let live = store::live(&mut *app.db.acquire().await?, brand).await?;
    let mut forced = false;
    if let Some(live) = &live {
        if live.canary_revision.is_some() {
            return Err(Error::CanaryRunning);
        }
        let candidate = candidate(app, brand, &draft).await?;
        forced = compare::judge(app, principal, live, &candidate, force).await?;
    }
    let edge = edge_sequence(app).await;
    app.faults.hit("redirects.publish.after_compile");

    let mut tx = app.db.begin().await?;
    // First of all locks: whoever publishes waits here, whatever the brand.
    store::lock_manifest(&mut tx).await?;
    let revision = match &draft {
        Draft::Frozen(number) => *number,
        Draft::Fresh(fresh) => {
            freeze::insert(&mut tx, app, principal, fresh, &note)
                .await?
                .revision
        }
    };
    app.faults.hit("redirects.publish.after_freeze");
    let from = live.map(|live| live.revision);
    let change = Move {
        brand,
        from,
        to: revision,
        action: "publish",
        forced,
        note: &note,
    };
    let published = move_live(&mut tx, app, principal, edge, change).await?;
    app.faults.hit("redirects.publish.before_commit");
    tx.commit().await?;
    app.faults.hit("redirects.publish.after_commit");
    Ok(published)
}

async fn candidate(app: &App, brand: &str, draft: &Draft) -> Result<Candidate, Error> {
    match draft {
        Draft::Frozen(number) => compare::load(app, brand, *number).await,
        Draft::Fresh(fresh) => {
            let Fresh { built, edited_by, .. } = &**fresh;
            Ok(Candidate {
                built: Arc::clone(built),
                edited_by: edited_by.clone(),
            })
        }
    }
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
        forced: false,
        note: &note,
    };
    let published = move_live(&mut tx, app, principal, edge, change).await?;
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
    pub(super) forced: bool,
    pub(super) note: &'a str,
}

/// Moves the live pointer, for everybody. Under the manifest's lock.
pub(super) async fn move_live(
    conn: &mut PgConnection,
    app: &App,
    principal: &Principal,
    edge_sequence: Option<i64>,
    Move {
        brand,
        from,
        to,
        action,
        forced,
        note,
    }: Move<'_>,
) -> Result<Published, Error> {
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
        forced,
        note,
        before: json!({ "revision": current, "canary": canary }),
        after: json!({ "revision": to, "forced": forced }),
    };
    go_live(conn, app, principal, edge_sequence, change).await
}
