use serde_json::json;

use super::requests::{execute, record, step};
use super::store::{self, RequestRow, Step};
use crate::access::Principal;
use crate::app::App;
use crate::platform::alerts::{Alert, Severity};
use crate::redirects::Error;

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
    app.alert(&Alert {
        code: "redirects.request_failed",
        severity: Severity::Serious,
        subject: brand,
        detail: format!(
            "revision {} of {brand} did not go live at its time: {why}",
            request.revision
        ),
    });
    Ok(())
}
