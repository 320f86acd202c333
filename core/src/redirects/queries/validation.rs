use anyhow::Context as _;
use marquee_shared::compile::{self, MAX_TABLE_BYTES};
use marquee_shared::rules::RuleSet;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::kept::Key;
use super::which::{Of, Which, find};
use crate::app::App;
use crate::redirects::analysis::{
    Analysis, Finding, FindingCount, Findings, Gaps, Severity, Splits, Unreachable, analyse, examples,
    splits, upkeep,
};
use crate::redirects::{Error, Refusal, gates};

/// One on 100,000 rules takes hundreds of megabytes: further ones wait.
pub(super) static ANALYSES: Semaphore = Semaphore::const_new(2);

/// What is wrong with a version of the rules, what of it can never happen, and what it forgets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ValidationView {
    #[serde(flatten)]
    pub of: Of,
    #[schema(example = 3000)]
    pub rules: usize,
    /// Everything that was found, the gravest first, at most 200 of each code
    pub findings: Vec<Finding>,
    /// How many there are of each code, told or not
    pub counts: Vec<FindingCount>,
    /// `null` with errors, which make publishing impossible; then nothing below is looked for either
    pub table: Option<TableView>,
    /// Rules that decide for nobody, by number, at most 200
    pub unreachable: Vec<Unreachable>,
    /// How many there are
    #[schema(example = 1)]
    pub unreachable_rules: usize,
    /// `null` if it was not looked for
    pub gaps: Option<Gaps>,
    pub splits: Splits,
    /// Why it could not be found out which rules are reached
    #[schema(example = json!(null))]
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

impl ValidationView {
    /// How many findings are so grave.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let counts = self.counts.iter().filter(|count| count.severity == severity);
        counts.map(|count| count.count).sum()
    }
}

/// Compiles and analyses a rule set, and changes nothing. What was made of the same is told again.
pub async fn validation(app: &App, brand: &str, which: Which) -> Result<ValidationView, Error> {
    let found = find(app, brand, which).await?;
    let of = found.of(which);
    let taken = hosts_of_others(app, brand, &found.set.settings.destinations).await?;
    let (set, now) = (found.set, app.now());
    let keyed = tokio::task::spawn_blocking(move || Key::of(&set, &taken, now).map(|key| (key, set, taken)));
    let (key, set, taken) = keyed.await.context("reading the rules")??;
    let made = app.validations.of(key, async {
        let _permit = ANALYSES.acquire().await.context("waiting for other analyses")?;
        let made = tokio::task::spawn_blocking(move || validated(set, &taken, now)).await;
        Ok(made.context("validating the rules")?)
    });
    let made = made.await?;
    Ok(ValidationView {
        of,
        ..ValidationView::clone(&made)
    })
}

/// The validation of a rule set for visitors who come from `now` on. `taken` are the hosts among its destinations that
/// belong to other brands, with these brands. Pure and slow.
#[must_use]
pub fn validated(set: RuleSet, taken: &[(String, String)], now: OffsetDateTime) -> ValidationView {
    let since = now.unix_timestamp();
    let rules = set.rules.len();
    let mut findings = Findings::default();
    let splits = splits(&set, &mut findings);
    upkeep(&set, taken, since, &mut findings);
    let mut view = match gates::build(set.clone(), now) {
        Err(refusals) => {
            for (refusal, example) in refused(&set, refusals, since) {
                findings.refuse(refusal, example);
            }
            ValidationView::default()
        }
        Ok(built) => {
            let size_bytes = built.table.len();
            drop(built);
            let analysis = analyse(&set, since);
            let not_analysed = analysis.as_ref().err().map(ToString::to_string);
            let gaps = analysis.as_ref().ok().map(|analysis| analysis.gaps.clone());
            let analysis = analysis.unwrap_or_default();
            findings.analysed(&analysis);
            let Analysis {
                unreachable,
                unreachable_rules,
                ..
            } = analysis;
            ValidationView {
                table: Some(TableView {
                    size_bytes,
                    max_bytes: MAX_TABLE_BYTES,
                }),
                unreachable,
                unreachable_rules,
                gaps,
                not_analysed,
                ..ValidationView::default()
            }
        }
    };
    (view.findings, view.counts) = findings.sorted();
    ValidationView {
        rules,
        splits,
        ..view
    }
}

/// All reasons, of which the gates tell only the first.
fn refused(
    set: &RuleSet,
    refusals: Vec<Refusal>,
    since: i64,
) -> impl Iterator<Item = (Refusal, Option<crate::redirects::Example>)> {
    let checked: Vec<Refusal> = compile::check(set).into_iter().map(Refusal::from).collect();
    let refusals = if checked.is_empty() { refusals } else { checked };
    let examples = examples(set, &refusals, since);
    refusals.into_iter().zip(examples)
}

/// Those of the hosts that belong to other brands, with the brand.
async fn hosts_of_others(
    app: &App,
    brand: &str,
    destinations: &[String],
) -> sqlx::Result<Vec<(String, String)>> {
    let hosts = destinations
        .iter()
        .map(|destination| destination.split(':').next().unwrap_or_default());
    let hosts: Vec<String> = hosts.map(str::to_owned).collect();
    let rows = sqlx::query!(
        "select host, brand from redirects.host where host = any($1) and brand <> $2 order by host",
        &hosts,
        brand,
    )
    .fetch_all(&app.db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.host, row.brand)).collect())
}
