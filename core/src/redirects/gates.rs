//! What a rule set must pass before it may be signed.
//!
//! In two parts: what makes a revision impossible, whatever is live; and how far it is from what is live,
//! which another person may approve. Pure and slow (a compilation): run it off the async threads.

use std::collections::HashMap;
use std::sync::Arc;

use marquee_shared::compile::{self, Compiled, Differs, Finding};
use marquee_shared::rules::{Mode, RuleSet};
use marquee_shared::table::Table;
use serde::Serialize;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::cities::cities;
use super::domain::{MAX_RULES, likeness};
use super::policy::MOVES_TRAFFIC;
use super::sample::changed_percent;
use super::simulation::{self, Stage};
use super::traffic::Moved;

/// More than so many times the rules that are live, or fewer than their so-manieth part, is a mishap until
/// somebody says otherwise: a doubled or half-empty export.
const MAX_GROWTH: usize = 10;
/// Fewer real hits than these are no reason to ask for a second person: of 99, a single visitor is more than a percent,
/// and a brand that has just begun would never be judged by anything else.
const LEAST_HITS: i64 = 100;
/// Refusals told; more help nobody.
const TOLD: usize = 200;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Refusal {
    /// Stable, for programs.
    #[schema(example = "url_host_not_allowed")]
    pub code: &'static str,
    /// The rule it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    /// The rule that it clashes with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<u32>,
    /// Where in the rule set's JSON.
    #[schema(example = "/rules/3/target/variants/0/url")]
    pub pointer: String,
    pub detail: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self::at("/rules", code, detail)
    }

    pub(super) fn at(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            rule: None,
            other: None,
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

impl From<Finding> for Refusal {
    fn from(finding: Finding) -> Self {
        let Finding {
            rule,
            other,
            pointer,
            code,
            message,
        } = finding;
        Self {
            code,
            rule,
            other,
            pointer,
            detail: message,
        }
    }
}

impl From<Differs> for Refusal {
    fn from(differs: Differs) -> Self {
        Self {
            rule: differs.rule,
            ..Self::new("table_differs", differs.to_string())
        }
    }
}

/// A rule set with its table.
#[derive(Debug)]
pub(super) struct Built {
    pub set: Arc<RuleSet>,
    pub table: Vec<u8>,
    pub sha256: String,
    pub uses_city: bool,
}

impl Built {
    /// Ready to answer, as before it has a number and whatever the kill switch says.
    ///
    /// # Errors
    /// Where the bytes cannot be read back.
    pub(super) fn stage(&self) -> anyhow::Result<Stage> {
        let city = self.uses_city.then(|| cities().bytes.clone());
        Stage::new(Arc::clone(&self.set), self.table.clone(), city, 0, Mode::Rules)
    }
}

/// Compiles, reads the bytes back as the edge will, compares what they decide with what the rules say, and runs
/// the brand's test cases, for visitors who come at `now`.
///
/// # Errors
/// Everything that makes the rule set impossible to publish, at most 200 reasons.
pub(super) fn build(set: RuleSet, now: OffsetDateTime) -> Result<Built, Vec<Refusal>> {
    let built = compile(set)?;
    proof(&built.set, &built.table).map_err(|refusal| vec![refusal])?;
    test(built, now)
}

/// Runs the test cases of what was compiled.
///
/// # Errors
/// A reason for each that fails.
pub(super) fn test(built: Built, now: OffsetDateTime) -> Result<Built, Vec<Refusal>> {
    if built.set.settings.tests.is_empty() {
        return Ok(built);
    }
    let stage = built
        .stage()
        .map_err(|error| vec![Refusal::new("table_unreadable", format!("{error:#}"))])?;
    let mut failing = simulation::failing(&stage, now);
    failing.truncate(TOLD);
    if failing.is_empty() {
        Ok(built)
    } else {
        Err(failing)
    }
}

/// Compiles, and no more: for trying out what may not yet be published.
///
/// # Errors
/// Everything that makes it impossible, at most 200 reasons.
pub(super) fn compile(set: RuleSet) -> Result<Built, Vec<Refusal>> {
    let mut refusals = rows(&set);
    let compiled = match marquee_shared::compile::compile(&set) {
        Ok(compiled) => compiled,
        Err(refused) => {
            refusals.extend(told(refused));
            refusals.truncate(TOLD);
            return Err(refusals);
        }
    };
    let Compiled { bytes, uses_city, .. } = compiled;
    refusals.truncate(TOLD);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let sha256 = hex(&Sha256::digest(&bytes));
    Ok(Built {
        set: Arc::new(set),
        table: bytes,
        sha256,
        uses_city,
    })
}

/// That the bytes of a table can be read, and decide as the rules say: neither is the admin's doing if not.
fn proof(set: &RuleSet, bytes: &[u8]) -> Result<(), Refusal> {
    let table = Table::load(bytes.to_vec()).map_err(|damage| {
        let detail = format!("the compiled table cannot be read back: {damage}");
        Refusal::new("table_unreadable", detail)
    })?;
    compile::prove(set, &table).map_err(Refusal::from)
}

/// Too many rules, none, or one twice.
fn rows(set: &RuleSet) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if set.rules.len() > MAX_RULES {
        let detail = format!("{} rules; a brand may have {MAX_RULES}", set.rules.len());
        refusals.push(Refusal::new("too_many_rules", detail));
    }
    let mut alike = HashMap::new();
    for (index, rule) in set.rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
        if let Some(first) = alike.insert(likeness(rule), rule.number) {
            refusals.push(Refusal {
                code: "duplicate_rule",
                rule: Some(rule.number),
                other: Some(first),
                pointer: format!("/rules/{index}"),
                detail: format!("rule {} says the same as rule {first}", rule.number),
            });
        }
    }
    if alike.is_empty() {
        refusals.push(Refusal::new("no_rules", "there is no enabled rule"));
    }
    refusals
}

fn told(refused: compile::Refused) -> Vec<Refusal> {
    match refused {
        compile::Refused::Findings(findings) => findings.into_iter().map(Refusal::from).collect(),
        compile::Refused::TooLarge { bytes, costs } => {
            let costs = costs
                .iter()
                .take(5)
                .map(|cost| format!("rule {} ({} bytes)", cost.rule, cost.bytes));
            let costs = costs.collect::<Vec<_>>().join(", ");
            let limit = compile::MAX_TABLE_BYTES;
            let detail =
                format!("the table would have {bytes} bytes, {limit} are allowed; the costliest: {costs}");
            vec![Refusal::new("table_too_large", detail)]
        }
    }
}

/// Whether a revision is further from what is live than one person may go, for visitors who come at `at` (Unix
/// seconds).
#[must_use]
pub(super) fn distance(live: &Stage, candidate: &Stage, max_changed_percent: i16, at: i64) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let (was, is) = (live.set.rules.len(), candidate.set.rules.len());
    if is > was.saturating_mul(MAX_GROWTH) || was > is.saturating_mul(MAX_GROWTH) {
        let detail = format!("{is} rules, where {was} are live");
        refusals.push(Refusal::new("rule_count_jumps", detail));
    }
    let changed = changed_percent(live, candidate, at);
    if changed > f64::from(max_changed_percent) {
        let detail = format!(
            "{changed:.0} % of sampled visitors would be sent elsewhere; one person may do that to {max_changed_percent} %"
        );
        refusals.push(Refusal::new("changes_too_much", detail));
    }
    refusals
}

/// Whether it sends more of the traffic elsewhere than one person may. Less than [`LEAST_HITS`] say nothing.
#[must_use]
pub(super) fn traffic(moved: &Moved, max_changed_percent: i16) -> Option<Refusal> {
    let Moved { hits, percent, days } = moved;
    let too_much = *hits >= LEAST_HITS && *percent > f64::from(max_changed_percent);
    too_much.then(|| {
        let detail = format!(
            "{percent:.0} % of the {hits} hits of the last {days} days would land elsewhere; one person may do that to {max_changed_percent} %"
        );
        Refusal::new(MOVES_TRAFFIC, detail)
    })
}

/// Lower case.
#[must_use]
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            use std::fmt::Write;
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(url: &str) -> RuleSet {
        let set = json!({
            "brand": "acme",
            "settings": {
                "languages": ["en"],
                "default_language": "en",
                "destinations": ["q.example"],
                "products": [{ "code": "auto" }],
            },
            "rules": [
                { "kind": "route", "rule": 1, "target": { "variants": [{ "name": "a", "url": "https://q.example/1" }] } },
                { "kind": "route", "rule": 2, "when": { "zip": ["10001"] },
                  "target": { "variants": [{ "name": "a", "url": url }] } },
            ],
        });
        serde_json::from_value(set).unwrap()
    }

    #[test]
    fn a_table_that_decides_as_the_rules_say_passes() {
        let built = build(set("https://q.example/2"), OffsetDateTime::UNIX_EPOCH).unwrap();
        assert_eq!(proof(&built.set, &built.table), Ok(()));
    }

    #[test]
    fn a_table_of_other_rules_is_refused_with_an_example_visitor() {
        let other = build(set("https://q.example/other"), OffsetDateTime::UNIX_EPOCH).unwrap();
        let refusal = proof(&set("https://q.example/2"), &other.table).unwrap_err();
        assert_eq!((refusal.code, refusal.rule), ("table_differs", Some(2)));
        assert!(refusal.detail.contains("ZIP 10001 (NY)"), "{}", refusal.detail);
    }

    #[test]
    fn a_table_that_cannot_be_read_is_refused() {
        let built = build(set("https://q.example/2"), OffsetDateTime::UNIX_EPOCH).unwrap();
        let cut = &built.table[..built.table.len() - 1];
        assert_eq!(proof(&built.set, cut).unwrap_err().code, "table_unreadable");
    }
}
