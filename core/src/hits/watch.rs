//! Ends a canary that exceeds what its brand's policy allows. Never promotes one: that is a person's decision.

use anyhow::Context as _;

use super::queries::{self, CanaryComparison};
use crate::access::Principal;
use crate::app::App;
use crate::platform::alerts::{Alert, Code};
use crate::redirects::queries::RunningCanary;
use crate::redirects::{self, commands};

/// Looks at every canary whose brand wants it ended by itself. Safe to run twice and by two at once: of two who end
/// the same canary, the second finds none.
///
/// # Errors
/// One could not be looked at or ended; the others were.
pub(super) async fn watch(app: &App) -> anyhow::Result<()> {
    let mut failed = None;
    for running in redirects::queries::canaries(app).await? {
        let brand = running.brand.clone();
        if let Err(error) = look(app, running).await {
            failed = Some(error.context(format!("watching the canary of {brand}")));
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn look(app: &App, running: RunningCanary) -> anyhow::Result<()> {
    let policy = redirects::queries::policy(app, &running.brand).await?;
    if !policy.canary_auto_abort {
        return Ok(());
    }
    let compared = queries::comparison(app, running, &policy).await?;
    let Some(breach) = &compared.breach else {
        return Ok(());
    };
    let CanaryComparison {
        brand,
        revision,
        canary,
        stable,
        ..
    } = &compared;
    let note = format!(
        "ended by the brand's policy: {breach}, of {} hits beside {}",
        canary.hits, stable.hits
    );
    // That one and no other: a person may have ended it and started the next meanwhile.
    let aborted = commands::abort(app, &Principal::system(), brand, Some(*revision), &note).await;
    match aborted {
        Ok(_) => {}
        Err(redirects::Error::NoCanary) => return Ok(()),
        Err(error) => return Err(error).context("aborting"),
    }
    let detail = format!("the canary of {brand}, revision {revision}, was {note}");
    app.alert(&Alert::new(Code::HitsCanaryAborted, brand, detail));
    Ok(())
}
