//! How far a revision is from what is live.

use std::sync::Arc;

use anyhow::Context;

use super::Error;
use super::gates::{self, Refusal};
use super::simulation::Stage;
use crate::app::App;

/// Why one person's word is not enough to put the candidate where `live` is; nothing if it is.
pub(super) async fn distance(
    app: &App,
    live: Stage,
    candidate: &Arc<Stage>,
    max_changed_percent: i16,
) -> Result<Vec<Refusal>, Error> {
    let (live, at) = (Arc::new(live), app.now().unix_timestamp());
    let compare = {
        let (live, candidate) = (Arc::clone(&live), Arc::clone(candidate));
        move || gates::distance(&live, &candidate, max_changed_percent, at)
    };
    let mut refusals = tokio::task::spawn_blocking(compare)
        .await
        .context("comparing with what is live")?;
    // Of all traffic one person may do with as they like: nothing to replay.
    if max_changed_percent < 100 {
        let brand = live.set.brand.clone();
        let moved = app
            .traffic
            .moved(app, &brand, live, Arc::clone(candidate))
            .await?;
        refusals.extend(gates::traffic(&moved, max_changed_percent));
    }
    Ok(refusals)
}
