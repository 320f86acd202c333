//! The order of precedence, for whoever analyses rules.

use std::ops::Range;

use super::clause::Place;
use super::layers;
use super::numbered::Numbered;
use crate::rules::{Rule, RuleSet};

/// One way in which an enabled rule matches places: its states and its ZIPs are two.
#[derive(Clone, Debug)]
pub struct Way<'a> {
    pub rule: &'a Rule,
    pub place: Place,
    /// Unix seconds: from ≤ t < until, not empty; none is always.
    pub window: Option<Range<i64>>,
}

/// What decides the destination (no variable), then what decides each variable, best first.
#[derive(Clone, Debug)]
pub struct Layer<'a> {
    pub variable: Option<String>,
    pub ways: Vec<Way<'a>>,
}

/// The ways of all enabled rules in the order of precedence, as the table has them.
#[must_use]
pub fn ways(set: &RuleSet) -> Vec<Layer<'_>> {
    let numbered = Numbered::new(set);
    let layers = layers(&numbered);
    let way = |clause: super::clause::Clause<'_>| {
        Some(Way {
            rule: set.rules.get(clause.index)?,
            place: clause.place,
            window: clause.window,
        })
    };
    layers
        .into_iter()
        .map(|layer| Layer {
            variable: layer.variable.map(str::to_owned),
            ways: layer.clauses.into_iter().filter_map(way).collect(),
        })
        .collect()
}
