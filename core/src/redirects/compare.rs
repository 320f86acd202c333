//! How far a revision is from what is live.

use std::sync::Arc;

use anyhow::Context;
use marquee_shared::rules::RuleSet;
use marquee_shared::table::Table;

use super::gates::{self, Built};
use super::manifest::sketch;
use super::sample::{Side, Words};
use super::{Error, store};
use crate::app::App;

/// What is to go live.
pub(super) struct Candidate {
    pub(super) built: Arc<Built>,
}

/// Why one person's word is not enough to put the candidate where `live` is; nothing if it is.
pub(super) async fn distance(
    app: &App,
    live: &store::LiveRow,
    candidate: &Candidate,
    max_changed_percent: i16,
) -> Result<Vec<gates::Refusal>, Error> {
    let brand = &candidate.built.set.brand;
    let current = load(app, brand, live.revision).await?.built;
    let (built, at) = (candidate.built.clone(), app.now().unix_timestamp());
    let compare = move || -> anyhow::Result<_> {
        let counts = (current.set.rules.len(), built.set.rules.len());
        Ok(gates::distance(
            &side(&current)?,
            &side(&built)?,
            counts,
            max_changed_percent,
            at,
        ))
    };
    let refusals = tokio::task::spawn_blocking(compare)
        .await
        .context("comparing with what is live")??;
    Ok(refusals)
}

/// A frozen revision, as if it had been built just now.
pub(super) async fn load(app: &App, brand: &str, number: i32) -> Result<Candidate, Error> {
    let mut conn = app.db.acquire().await?;
    let missing = || Error::NoRevision {
        brand: brand.to_owned(),
        number,
    };
    let row = store::revision(&mut conn, brand, number)
        .await?
        .ok_or_else(missing)?;
    let rules = store::revision_rules(&mut conn, brand, number)
        .await?
        .ok_or_else(missing)?;
    let table = store::blob(&mut conn, &row.table_sha256).await?;
    let set = RuleSet {
        brand: brand.to_owned(),
        settings: row.settings.0,
        rules,
    };
    let built = Built {
        set,
        table,
        sha256: row.table_sha256,
        uses_city: row.uses_city,
    };
    Ok(Candidate {
        built: Arc::new(built),
    })
}

fn side(built: &Built) -> anyhow::Result<Side> {
    let Built { set, table, .. } = built;
    let table =
        Table::load(table.clone()).with_context(|| format!("reading the table of `{}`", set.brand))?;
    Ok(Side {
        brand: sketch(set),
        table,
        words: Words::of(&set.settings, &set.rules),
    })
}
