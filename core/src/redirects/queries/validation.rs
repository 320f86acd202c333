use anyhow::Context as _;
use marquee_shared::compile::MAX_TABLE_BYTES;
use marquee_shared::rules::RuleSet;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::app::App;
use crate::redirects::analysis::{Analysis, Unreachable, analyse};
use crate::redirects::{Error, Refusal, gates, store};

/// What is wrong with a draft, and what of it can never happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ValidationView {
    /// The draft's, as its ETag has it
    #[schema(example = 7)]
    pub version: i64,
    #[schema(example = 3000)]
    pub rules: usize,
    /// What makes publishing impossible; with errors nothing else is looked for
    pub errors: Vec<Refusal>,
    /// `null` with errors
    pub table: Option<TableView>,
    /// Rules that decide for nobody, by number, at most 200
    pub unreachable: Vec<Unreachable>,
    /// How many there are
    pub unreachable_rules: usize,
    /// Why it could not be found out which rules are reached
    pub not_analysed: Option<String>,
}

/// What isolates at the edge will hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TableView {
    #[schema(example = 216_000)]
    pub size_bytes: usize,
    #[schema(example = 8_000_000)]
    pub max_bytes: usize,
}

/// Compiles and analyses the draft, and changes nothing.
pub async fn validation(app: &App, brand: &str) -> Result<ValidationView, Error> {
    let mut conn = app.db.acquire().await?;
    let draft = store::draft(&mut conn, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    let rules = store::draft_rules(&mut conn, brand).await?;
    drop(conn);
    let (version, set) = (
        draft.version,
        RuleSet {
            brand: brand.to_owned(),
            settings: draft.settings.0,
            rules,
        },
    );
    let now = app.now();
    let validate = move || validate(version, set, now);
    let view = tokio::task::spawn_blocking(validate).await;
    Ok(view.context("validating the draft")?)
}

fn validate(version: i64, set: RuleSet, now: OffsetDateTime) -> ValidationView {
    let rules = set.rules.len();
    let (errors, table, analysis) = match gates::build(set, now) {
        Err(errors) => (errors, None, Ok(Analysis::default())),
        Ok(built) => {
            let table = TableView {
                size_bytes: built.table.len(),
                max_bytes: MAX_TABLE_BYTES,
            };
            (Vec::new(), Some(table), analyse(&built.set))
        }
    };
    let not_analysed = analysis.as_ref().err().map(ToString::to_string);
    let Analysis {
        unreachable,
        unreachable_rules,
    } = analysis.unwrap_or_default();
    ValidationView {
        version,
        rules,
        errors,
        table,
        unreachable,
        unreachable_rules,
        not_analysed,
    }
}
