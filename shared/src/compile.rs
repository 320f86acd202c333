//! From a rule set to a table: checks that explain, a total order, pages of bit rows.

mod check;
mod clause;
mod cost;
mod numbered;
mod pages;
mod prove;
mod random;
mod reference;
mod strings;
mod systems;
mod ways;
mod write;

use std::collections::BTreeMap;

use crate::rules::{Action, Rule, RuleSet, Settings};
use clause::{Clause, clauses};
use cost::Weigher;
use numbered::Numbered;
use pages::Limits;

pub use clause::Place;
pub use prove::{Differs, prove};
use systems::uses_city;
pub use ways::{Layer, Way, ways};
use write::Dictionaries;

/// A larger table is refused. Isolates hold several.
pub const MAX_TABLE_BYTES: usize = 8_000_000;

/// Something that makes publishing impossible.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The number of the rule; none for settings.
    pub rule: Option<u32>,
    /// The number of the rule that it clashes with.
    pub other: Option<u32>,
    /// Where in the rule set's JSON, as a JSON pointer (RFC 6901), such as `/rules/3/target/variants/0/url`.
    pub pointer: String,
    /// Stable, such as `url_host_not_allowed`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// A rule and what it adds to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Cost {
    pub rule: u32,
    pub bytes: u64,
}

/// A compiled rule set.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// For [`crate::table::Table::load`].
    pub bytes: Vec<u8>,
    /// Rules compiled; disabled ones are not.
    pub rules: usize,
    /// A template uses `{city}`, so the brand needs the city table.
    pub uses_city: bool,
    /// The rules that add most, most first, at most [`MAX_COSTS`].
    pub costs: Vec<Cost>,
}

/// Clauses on all pages together, above which a table is not even built: it would take gigabytes of memory.
const MAX_COPIES: u64 = 20_000_000;
/// Rules named when a table is large.
pub const MAX_COSTS: usize = 20;

/// Why a rule set has no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the rule set has {} errors", .0.len())]
    Findings(Vec<Finding>),
    #[error("the table would have {bytes} bytes and {MAX_TABLE_BYTES} are allowed; {} costs most", costliest(.costs))]
    TooLarge {
        bytes: u64,
        /// The rules that add most, most first, at most [`MAX_COSTS`].
        costs: Vec<Cost>,
    },
}

fn costliest(costs: &[Cost]) -> String {
    costs
        .first()
        .map_or_else(|| "no rule".to_owned(), |cost| format!("rule {}", cost.rule))
}

/// What makes publishing impossible, up to 1,000 findings: settings first, then rules in their order. Disabled
/// rules are only held to have numbers of their own.
#[must_use]
pub fn check(set: &RuleSet) -> Vec<Finding> {
    let numbered = Numbered::new(set);
    check::check(&numbered, &layers(&numbered))
}

/// What [`check()`] finds in settings, whatever the rules are. `yielded` are the variables that attribute rules
/// yield.
#[must_use]
pub fn check_settings(brand: &str, settings: &Settings, yielded: &[String]) -> Vec<Finding> {
    let set = RuleSet {
        brand: brand.to_owned(),
        settings: settings.clone(),
        rules: Vec::new(),
    };
    check::check_settings(&set, yielded)
}

/// What [`check()`] finds in some of a brand's rules, each looked at by itself; `yielded` are the variables that
/// the brand's other rules yield. Pointers are those of a list of these rules alone.
#[must_use]
pub fn check_rules(brand: &str, settings: &Settings, rules: &[Rule], yielded: &[String]) -> Vec<Finding> {
    let set = RuleSet {
        brand: brand.to_owned(),
        settings: settings.clone(),
        rules: rules.to_vec(),
    };
    let mut findings = check::check_rules(&Numbered::new(&set), yielded);
    findings.retain(|finding| finding.rule.is_some());
    findings
}

/// Checks and compiles.
///
/// # Errors
/// [`Refused`] lists what to correct, or the rules that make the table too large.
pub fn compile(set: &RuleSet) -> Result<Compiled, Refused> {
    let numbered = Numbered::new(set);
    let layers = layers(&numbered);
    let findings = check::check(&numbered, &layers);
    if !findings.is_empty() {
        return Err(Refused::Findings(findings));
    }
    let dictionaries = Dictionaries::new(&numbered);
    let mut refused = Refused::TooLarge {
        bytes: 0,
        costs: Vec::new(),
    };
    for limits in [Limits::default(), Limits::NO_COPIES] {
        let (costs, copies) = Weigher {
            rows: dictionaries.rows(),
            limits,
        }
        .costs(&layers);
        let mut bytes = costs.iter().map(|cost| cost.bytes).sum();
        let costs = cost::top(costs);
        if copies <= MAX_COPIES {
            let table = write::write(&numbered, &dictionaries, &layers, limits);
            if table.len() <= MAX_TABLE_BYTES {
                let rules = set.rules.iter().filter(|rule| rule.enabled).count();
                return Ok(Compiled {
                    bytes: table,
                    rules,
                    uses_city: uses_city(&numbered),
                    costs,
                });
            }
            bytes = table.len() as u64;
        }
        refused = Refused::TooLarge { bytes, costs };
    }
    Err(refused)
}

/// The clauses of one decision, by rank: the destination's without a variable, then each variable's.
pub(crate) struct Ranked<'a> {
    pub(crate) variable: Option<&'a str>,
    pub(crate) clauses: Vec<Clause<'a>>,
}

pub(crate) fn layers<'a>(numbered: &'a Numbered<'a>) -> Vec<Ranked<'a>> {
    let mut routes = Vec::new();
    let mut attributes: BTreeMap<&str, Vec<Clause<'_>>> = BTreeMap::new();
    for (index, rule) in numbered
        .set
        .rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.enabled)
    {
        match &rule.action {
            Action::Route(_) => routes.extend(clauses(numbered, index)),
            Action::Attribute(variables) => {
                for variable in variables.keys() {
                    let layer = attributes.entry(variable).or_default();
                    layer.extend(clauses(numbered, index));
                }
            }
        }
    }
    let mut layers = vec![Ranked {
        variable: None,
        clauses: routes,
    }];
    layers.extend(attributes.into_iter().map(|(variable, clauses)| Ranked {
        variable: Some(variable),
        clauses,
    }));
    for layer in &mut layers {
        layer.clauses.sort_by_cached_key(Clause::rank);
    }
    layers
}

#[cfg(test)]
mod tests;
