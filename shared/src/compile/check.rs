//! Everything that makes publishing impossible, each with where it is and what to do.

mod findings;
mod rules;
mod settings;
pub(super) mod ties;
mod url;

use std::collections::BTreeSet;

use super::Finding;
use super::Ranked;
use super::numbered::Numbered;
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

/// See [`super::check()`].
pub(super) fn check(numbered: &Numbered<'_>, layers: &[Ranked<'_>]) -> Vec<Finding> {
    let mut findings = Findings::default();
    let variables = variables(numbered);
    settings::check(numbered.set, &variables, &mut findings);
    rules::check(numbered, &variables, &mut findings);
    ties::check(numbered.set, layers, &mut findings);
    findings.sorted()
}

/// See [`super::check_settings()`].
pub(super) fn check_settings(set: &RuleSet, yielded: &[String]) -> Vec<Finding> {
    let mut findings = Findings::default();
    settings::check(set, &known(yielded), &mut findings);
    findings.sorted()
}

/// See [`super::check_rules()`].
pub(super) fn check_rules(numbered: &Numbered<'_>, yielded: &[String]) -> Vec<Finding> {
    let mut findings = Findings::default();
    let mut variables = variables(numbered);
    variables.extend(known(yielded));
    rules::check(numbered, &variables, &mut findings);
    findings.sorted()
}

fn known(yielded: &[String]) -> BTreeSet<&str> {
    yielded.iter().map(String::as_str).chain(VARIABLES).collect()
}

/// The variables that templates may use.
fn variables<'a>(numbered: &Numbered<'a>) -> BTreeSet<&'a str> {
    let yielded = numbered.actions.iter().flat_map(|action| match action {
        Action::Attribute(values) => values.keys().map(String::as_str).collect(),
        Action::Route(_) => Vec::new(),
    });
    yielded.chain(VARIABLES).collect()
}

/// Text that is shown or sent: of a bounded length, without control characters.
fn is_text(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && !text.chars().any(char::is_control)
}
