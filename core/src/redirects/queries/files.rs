use marquee_shared::rules::{RuleSet, Settings};

use super::open_draft;
use super::which::written;
use crate::app::App;
use crate::redirects::{Error, export, store};

/// The settings of a draft, and its version.
pub async fn draft_settings(app: &App, brand: &str) -> Result<(i64, Settings), Error> {
    let mut conn = app.db.acquire().await?;
    let draft = store::draft(&mut conn, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    Ok((draft.version, draft.settings.0))
}

/// A file, as the API and the command line hand it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    RulesCsv,
    RulesJson,
    /// Settings and rules.
    WholeJson,
}

/// The draft as a file, and its version.
pub async fn draft_file(app: &App, brand: &str, kind: FileKind) -> Result<(i64, Vec<u8>), Error> {
    let (mut tx, draft) = open_draft(app, brand).await?;
    let rules = store::draft_rules(&mut tx, brand).await?;
    tx.commit().await?;
    let set = RuleSet {
        brand: brand.to_owned(),
        settings: draft.settings.0,
        rules,
    };
    Ok((draft.version, file(set, kind).await?))
}

/// A revision as a file.
pub async fn revision_file(app: &App, brand: &str, number: i32, kind: FileKind) -> Result<Vec<u8>, Error> {
    let (_, set) = written(&mut *app.db.acquire().await?, brand, number).await?;
    file(set, kind).await
}

async fn file(set: RuleSet, kind: FileKind) -> Result<Vec<u8>, Error> {
    let write = move || match kind {
        FileKind::RulesCsv => export::csv(&set.rules),
        FileKind::RulesJson => export::json(&set.rules),
        FileKind::WholeJson => export::whole_json(&set),
    };
    Ok(tokio::task::spawn_blocking(write)
        .await
        .map_err(anyhow::Error::from)??)
}
