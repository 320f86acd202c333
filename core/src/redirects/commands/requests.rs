//! Asking for something to go live, and deciding about it. What was asked for is frozen, so approving it, or running
//! it at its time, only moves the pointer.

use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::freeze::{self, Draft};
use super::live::Published;
use super::plan::{Audience, What, plan};
use super::run::execute;
use super::{checked_note, store};
use crate::access::Principal;
use crate::app::App;
use crate::ids;
use crate::platform::{audit, bus};
use crate::redirects::Error;
use crate::redirects::jobs::RUN_REQUESTS;
use crate::redirects::policy::Reason;
use store::{RequestRow, Step};

pub struct Ask {
    pub what: What,
    pub audience: Audience,
    /// Why, for people to read.
    pub note: String,
    /// `None`: as soon as it is approved.
    pub run_at: Option<OffsetDateTime>,
}

/// Records that somebody wants this live. It waits for another person's approval, or for its time if one person's
/// word is enough.
pub async fn request(app: &App, principal: &Principal, brand: &str, ask: Ask) -> Result<Uuid, Error> {
    let Ask {
        what,
        audience,
        note,
        run_at,
    } = ask;
    checked_note(&note)?;
    if run_at.is_some_and(|run_at| run_at <= app.now()) {
        return Err(Error::RunAtPassed);
    }
    let plan = plan(app, brand, what, audience).await?;
    let now = app.now();
    let reasons: Vec<Reason> = plan.reasons.iter().map(Reason::from).collect();
    let status = if reasons.is_empty() && run_at.is_some() {
        "scheduled"
    } else {
        "pending"
    };
    let id = ids::fresh(now);
    let mut tx = app.db.begin().await?;
    let revision = match &plan.draft {
        Draft::Frozen(number) => {
            let row = store::revision(&mut tx, brand, *number).await?;
            row.map(|_| *number).ok_or_else(|| Error::NoRevision {
                brand: brand.to_owned(),
                number: *number,
            })?
        }
        Draft::Fresh(fresh) => {
            freeze::insert(&mut tx, app, principal, fresh, &note)
                .await?
                .revision
        }
    };
    let row = store::NewRequest {
        id,
        brand,
        revision,
        percent: audience.percent(),
        note: &note,
        reasons: &reasons,
        compared_with: plan.from,
        run_at,
        status,
        requested_by: &principal.id,
    };
    store::insert_request(&mut tx, &row, now).await?;
    if status == "scheduled" {
        wake(&mut tx, now, id, run_at).await?;
    }
    let after = json!({
        "request": id, "revision": revision, "percent": audience.percent(), "run_at": run_at.map(unix),
        "status": status, "reasons": reasons, "note": note,
    });
    record(&mut tx, app, principal, brand, "redirects.request", None, after).await?;
    app.faults.hit("redirects.request.before_commit");
    tx.commit().await?;
    Ok(id)
}

/// Lets through what another person asked for: at once, or at its time. Of two who approve at once one does.
///
/// `Some`: it is live now.
///
/// # Errors
/// Nothing is changed, and the request goes on waiting.
pub async fn approve(
    app: &App,
    principal: &Principal,
    brand: &str,
    id: Uuid,
) -> Result<Option<Published>, Error> {
    let request = pending(app, brand, id).await?;
    let revision = store::revision(&mut *app.db.acquire().await?, brand, request.revision).await?;
    let edited_by = revision.map(|revision| revision.edited_by);
    if principal.id == request.requested_by || edited_by.as_ref() == Some(&principal.id) {
        return Err(Error::NeedsSecondPerson);
    }
    if request.run_at.is_some_and(|run_at| run_at > app.now()) {
        schedule(app, principal, &request).await?;
        return Ok(None);
    }
    let step = Step::Approve(&principal.id);
    execute(app, principal, &request, step).await.map(Some)
}

async fn schedule(app: &App, principal: &Principal, request: &RequestRow) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    step(&mut tx, request, Step::Schedule(&principal.id), now).await?;
    wake(&mut tx, now, request.id, request.run_at).await?;
    let after = json!({ "request": request.id, "status": "scheduled" });
    let verb = "redirects.approve";
    record(
        &mut tx,
        app,
        principal,
        &request.brand,
        verb,
        Some(request),
        after,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Refuses what another person asked for, for good.
pub async fn reject(
    app: &App,
    principal: &Principal,
    brand: &str,
    id: Uuid,
    reason: &str,
) -> Result<(), Error> {
    checked_note(reason)?;
    let request = pending(app, brand, id).await?;
    let mut tx = app.db.begin().await?;
    let rejected = Step::Reject(&principal.id, reason);
    step(&mut tx, &request, rejected, app.now()).await?;
    let after = json!({ "request": id, "status": "rejected", "reason": reason });
    record(
        &mut tx,
        app,
        principal,
        brand,
        "redirects.reject",
        Some(&request),
        after,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Takes back what waits for approval or for its time, for good.
pub async fn cancel(app: &App, principal: &Principal, brand: &str, id: Uuid) -> Result<(), Error> {
    let request = find(app, brand, id).await?;
    let mut tx = app.db.begin().await?;
    step(&mut tx, &request, Step::Cancel(&principal.id), app.now()).await?;
    let after = json!({ "request": id, "status": "cancelled" });
    record(
        &mut tx,
        app,
        principal,
        brand,
        "redirects.cancel",
        Some(&request),
        after,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn find(app: &App, brand: &str, id: Uuid) -> Result<RequestRow, Error> {
    let mut conn = app.db.acquire().await?;
    let request = store::request(&mut conn, brand, id).await?;
    request.ok_or(Error::NoRequest(id))
}

async fn pending(app: &App, brand: &str, id: Uuid) -> Result<RequestRow, Error> {
    let request = find(app, brand, id).await?;
    if request.status == "pending" {
        Ok(request)
    } else {
        Err(Error::RequestDecided(request.status))
    }
}

pub(super) async fn step(
    conn: &mut sqlx::PgConnection,
    request: &RequestRow,
    step: Step<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    if store::step_request(conn, request.id, step, now).await? {
        return Ok(());
    }
    let now = store::request(conn, &request.brand, request.id).await?;
    Err(Error::RequestDecided(
        now.map_or_else(|| "gone".to_owned(), |now| now.status),
    ))
}

/// The row is the work; this only has somebody look in time.
async fn wake(
    conn: &mut sqlx::PgConnection,
    now: OffsetDateTime,
    id: Uuid,
    run_at: Option<OffsetDateTime>,
) -> anyhow::Result<()> {
    let key = id.to_string();
    bus::enqueue(conn, now, &RUN_REQUESTS, json!({}), Some(&key), run_at).await
}

pub(super) async fn record(
    conn: &mut sqlx::PgConnection,
    app: &App,
    principal: &Principal,
    brand: &str,
    verb: &str,
    before: Option<&RequestRow>,
    after: serde_json::Value,
) -> sqlx::Result<()> {
    let before = before.map(|before| json!({ "request": before.id, "status": before.status }));
    let subject = format!("brand/{brand}");
    audit::record(conn, app.now(), principal, verb, &subject, before, Some(after)).await
}

fn unix(at: OffsetDateTime) -> i64 {
    at.unix_timestamp()
}
