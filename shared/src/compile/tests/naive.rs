use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Answer;
use crate::decide::Visitor;
use crate::rules::{Action, Rule, RuleSet, ZipClause};
use crate::zip::{State, locate};

/// Looks at every rule and takes the greatest. Nothing of the compiler or the reader is used.
pub(super) struct Naive<'a> {
    set: &'a RuleSet,
}

type Key = (i32, u8, usize, [bool; 4], bool, Reverse<u32>);

impl<'a> Naive<'a> {
    pub(super) fn new(set: &'a RuleSet) -> Self {
        Self { set }
    }

    pub(super) fn answer(&self, visitor: &Visitor<'_>) -> Answer<String> {
        let state = locate(visitor.zip.zip).state;
        let mut route: Option<(Key, u32)> = None;
        let mut attributes: BTreeMap<&str, (Key, &str)> = BTreeMap::new();
        for rule in self.set.rules.iter().filter(|rule| rule.enabled) {
            let Some(key) = key(rule, visitor, state) else {
                continue;
            };
            match &rule.action {
                Action::Route(_) if state.is_some() => route = route.max(Some((key, rule.number))),
                Action::Route(_) => {}
                Action::Attribute(values) => {
                    for (variable, value) in values {
                        let best = attributes.entry(variable).or_insert((key, value));
                        if best.0 < key {
                            *best = (key, value);
                        }
                    }
                }
            }
        }
        let attributes = attributes
            .into_iter()
            .map(|(variable, (_, value))| (variable.to_owned(), value.to_owned()));
        (route.map(|(_, number)| number), attributes.collect())
    }
}

/// The rule's rank for a visitor whom it matches; greater wins.
fn key(rule: &Rule, visitor: &Visitor<'_>, state: Option<State>) -> Option<Key> {
    let when = &rule.when;
    let has = |set: &[String], value: &str| set.is_empty() || set.iter().any(|member| member == value);
    let matches = has(&when.product, visitor.product)
        && has(&when.language, visitor.language)
        && has(&when.device, visitor.device.as_str())
        && has(&when.media, visitor.media);
    let open = rule.from.is_none_or(|from| from.unix_timestamp() <= visitor.at)
        && rule.until.is_none_or(|until| visitor.at < until.unix_timestamp());
    let zip = visitor.zip.zip.number();
    let named = |exact: bool| {
        let mut zips = when.zip.iter();
        zips.any(|clause| matches!(clause, ZipClause::Exact(_)) == exact && clause.interval().contains(&zip))
    };
    // Where nobody lives no ZIP is named; see `random`.
    let kind = if named(true) && state.is_some() {
        3
    } else if named(false) && state.is_some() {
        2
    } else if state.is_some_and(|state| when.state.iter().any(|code| code == state.code())) {
        1
    } else if when.state.is_empty() && when.zip.is_empty() {
        0
    } else {
        return None;
    };
    let fixed = [
        !when.product.is_empty(),
        !when.media.is_empty(),
        !when.language.is_empty(),
        !when.device.is_empty(),
    ];
    let count = fixed.iter().filter(|fixed| **fixed).count();
    let windowed = rule.from.is_some() || rule.until.is_some();
    (matches && open).then_some((rule.priority, kind, count, fixed, windowed, Reverse(rule.number)))
}
