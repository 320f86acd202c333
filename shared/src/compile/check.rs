//! Everything that makes publishing impossible, each with where it is and what to do.

mod findings;
mod rules;
mod settings;
pub(super) mod ties;
mod url;

use std::collections::BTreeSet;

use super::Finding;
use super::systems::VARIABLES;
use crate::rules::{Action, RuleSet};
use findings::Findings;

/// Rules of a brand, at most.
const MAX_RULES: usize = 200_000;
/// Variants of a rule, at most.
const MAX_VARIANTS: usize = 100;
/// Sum of the weights of a rule, at most.
const MAX_WEIGHT: u64 = 1_000_000;
/// Bytes of a destination's template, at most.
const MAX_URL_BYTES: usize = 2_048;
/// Bytes of an attribute's value, at most.
const MAX_VALUE_BYTES: usize = 200;

/// What makes publishing impossible, up to 1,000 findings: settings first, then rules in their order. Disabled
/// rules are only held to have numbers of their own.
#[must_use]
pub fn check(set: &RuleSet) -> Vec<Finding> {
    let mut findings = Findings::default();
    let variables = variables(set);
    settings::check(set, &variables, &mut findings);
    rules::check(set, &variables, &mut findings);
    ties::check(set, &mut findings);
    findings.sorted()
}

/// The variables that templates may use.
fn variables(set: &RuleSet) -> BTreeSet<&str> {
    let yielded = set
        .rules
        .iter()
        .filter(|rule| rule.enabled)
        .flat_map(|rule| match &rule.action {
            Action::Attribute(values) => values.keys().map(String::as_str).collect(),
            Action::Route(_) => Vec::new(),
        });
    yielded.chain(VARIABLES).collect()
}

/// Text that is shown or sent: of a bounded length, without control characters.
fn is_text(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && !text.chars().any(char::is_control)
}
