//! Carrying out what was asked for: when it is approved, or at its time.

use serde_json::json;

use super::live::{Published, edge_sequence};
use super::plan::{Audience, Plan, What, Word, carry_out, plan};
use super::requests::{record, step};
use super::store::{self, RequestRow, Step};
use crate::access::Principal;
use crate::app::App;
use crate::platform::alerts::{Alert, Code};
use crate::redirects::Error;
use crate::redirects::gates::Refusal;
use crate::redirects::policy::{FOUR_EYES, MOVES_TRAFFIC};

/// Looked at in one run; the next is a minute away.
const AT_ONCE: i64 = 100;
/// How often a request is tried in one run while others publish the same brand.
const TRIES: u32 = 3;

/// Carries out every request whose time has come, however long ago. Safe to run twice and by two at once: a request
/// is done in the transaction that puts it live.
///
/// # Errors
/// One could not be tried, and is still due. One that is refused is no error: it has failed, and says why.
pub(in crate::redirects) async fn run_requests(app: &App) -> anyhow::Result<()> {
    let due = store::due_requests(&mut *app.db.acquire().await?, app.now(), AT_ONCE).await?;
    let mut untried = None;
    for request in due {
        let ran = match run(app, &request).await {
            // Cancelled, or another worker was faster.
            Ok(()) | Err(Error::RequestDecided(_)) => Ok(()),
            Err(Error::Unexpected(cause)) => Err(cause),
            Err(busy @ Error::LiveChanged) => Err(busy.into()),
            Err(refused) => fail(app, &request, &refused).await,
        };
        if let Err(cause) = ran {
            tracing::warn!(request.id = %request.id, error = format!("{cause:#}"), "a request could not be tried");
            untried = Some(cause);
        }
    }
    untried.map_or(Ok(()), Err)
}

async fn run(app: &App, request: &RequestRow) -> Result<(), Error> {
    let mut tries = 1;
    loop {
        match execute(app, &Principal::system(), request, Step::Run).await {
            Err(Error::LiveChanged) if tries < TRIES => tries += 1,
            ran => return ran.map(drop),
        }
    }
}

async fn fail(app: &App, request: &RequestRow, why: &Error) -> anyhow::Result<()> {
    let (brand, why) = (&request.brand, why.to_string());
    let mut tx = app.db.begin().await?;
    match step(&mut tx, request, Step::Fail(&why), app.now()).await {
        Ok(()) => {}
        Err(Error::RequestDecided(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    let after = json!({ "request": request.id, "status": "failed", "error": why });
    let (system, verb) = (Principal::system(), "redirects.request_failed");
    record(&mut tx, app, &system, brand, verb, Some(request), after).await?;
    tx.commit().await?;
    let detail = format!(
        "revision {} of {brand} did not go live at its time: {why}",
        request.revision
    );
    app.alert(&Alert::new(Code::RedirectsRequestFailed, brand, detail));
    Ok(())
}

/// Puts live what was asked for and notes that in the same transaction: killed before its end, nothing has
/// happened; killed after, nothing is left to be done.
pub(super) async fn execute(
    app: &App,
    principal: &Principal,
    request: &RequestRow,
    by: Step<'_>,
) -> Result<Published, Error> {
    let audience = request.percent.map_or(Audience::Everybody, Audience::Some);
    let plan = plan(app, &request.brand, What::Revision(request.revision), audience).await?;
    let approved = matches!(by, Step::Approve(_)) || request.approved_by.is_some();
    let outdated = uncovered(request, &plan, approved);
    if !outdated.is_empty() {
        return Err(Error::RequestOutdated(outdated));
    }
    let edge = edge_sequence(app).await;
    app.faults.hit("redirects.request.after_compare");

    let mut tx = app.db.begin().await?;
    store::lock_manifest(&mut tx).await?;
    step(&mut tx, request, by, app.now()).await?;
    if matches!(by, Step::Approve(_)) {
        let after = json!({ "request": request.id, "status": "done" });
        let (brand, verb) = (&request.brand, "redirects.approve");
        record(&mut tx, app, principal, brand, verb, Some(request), after).await?;
    }
    let word = Word {
        principal,
        request: Some(request),
        note: &request.note,
    };
    let brand = &request.brand;
    let published = carry_out(&mut tx, app, edge, brand, &plan, request.revision, word).await?;
    store::note_sequence(&mut tx, request.id, published.sequence).await?;
    app.faults.hit("redirects.request.before_publish");
    tx.commit().await?;
    app.faults.hit("redirects.request.after_publish");
    Ok(published)
}

/// What the request has no approval for. An approval is of the way from what was live to what was asked for: from
/// elsewhere it may be another change altogether. Traffic is another every hour: who approved the way has approved it
/// for all that come.
fn uncovered(request: &RequestRow, plan: &Plan, approved: bool) -> Vec<Refusal> {
    let known = |code: &str| request.reasons.iter().any(|reason| reason.code == code);
    let same_way = plan.from == request.compared_with;
    let covered = |reason: &Refusal| {
        let asked = known(reason.code) || reason.code == MOVES_TRAFFIC;
        approved && (reason.code == FOUR_EYES || (same_way && asked))
    };
    let reasons = plan.reasons.iter().filter(|reason| !covered(reason));
    reasons.cloned().collect()
}
