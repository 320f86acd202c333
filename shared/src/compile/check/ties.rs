//! Rules of equal rank that meet: only their numbers would decide, so nobody meant it (SPEC e).
//!
//! Ranks are equal only within groups that compare alike up to the number. A group's members have the same
//! dimensions fixed, so two of them meet when they share a value of each, a place and a moment. One row of bits
//! per value tells with which members a member shares it: 64 comparisons at a time.

use std::collections::HashMap;
use std::ops::Range;

use super::findings::Findings;
use crate::compile::clause::{Clause, Place, prefixes};
use crate::compile::{Ranked, layers};
use crate::rules::{Action, RuleSet};

/// Reports a rule once, with the first rule that it meets.
pub(super) fn check(set: &RuleSet, findings: &mut Findings) {
    let ties = ties(set);
    for (index, rule) in set.rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
        if let Some((other, variable)) = ties.get(&rule.number) {
            let about =
                variable.map_or_else(|| "a destination".to_owned(), |variable| format!("`{variable}`"));
            let message = format!(
                "rules {other} and {} want different things for {about} where they meet, and neither comes first; \
                 give one a higher priority or narrower conditions",
                rule.number
            );
            findings.rule(set, index).add("", "tie", message);
        }
    }
}

/// Rules with one that they meet, and the variable that both yield.
pub(in crate::compile) fn ties(set: &RuleSet) -> HashMap<u32, (u32, Option<&str>)> {
    let mut ties = HashMap::new();
    for layer in &layers(set) {
        for group in layer.clauses.chunk_by(|clause, next| clause.tie() == next.tie()) {
            for (clause, other) in meeting(layer, group) {
                ties.entry(clause.rule.number)
                    .or_insert((other.rule.number, layer.variable));
            }
        }
    }
    ties
}

/// Pairs of a group that meet and want different things: each clause with the first before it.
fn meeting<'c, 'a>(layer: &Ranked<'_>, group: &'c [Clause<'a>]) -> Vec<(&'c Clause<'a>, &'c Clause<'a>)> {
    if group.len() < 2 {
        return Vec::new();
    }
    let outcomes = outcomes(layer, group);
    if outcomes.iter().all(|outcome| *outcome == outcomes[0]) {
        return Vec::new();
    }
    let sharing = Sharing::new(group);
    let clash = |index: usize| {
        let clause = &group[index];
        let mut others = sharing.before(index);
        others.find(|other| outcomes[*other] != outcomes[index] && meet(clause, &group[*other]))
    };
    (1..group.len())
        .filter_map(|index| Some((&group[index], &group[clash(index)?])))
        .collect()
}

/// What each clause wants, by number.
fn outcomes(layer: &Ranked<'_>, group: &[Clause<'_>]) -> Vec<usize> {
    let mut numbers = HashMap::new();
    let mut routes = HashMap::new();
    let wants = group
        .iter()
        .map(|clause| match (&clause.rule.action, layer.variable) {
            (Action::Attribute(values), Some(variable)) => {
                let next = numbers.len();
                *numbers.entry(&values[variable]).or_insert(next)
            }
            (action, _) => {
                let next = routes.len();
                *routes.entry(action).or_insert(next)
            }
        });
    wants.collect()
}

/// Windows overlap, and so do ZIPs; everything else is known to.
fn meet(clause: &Clause<'_>, other: &Clause<'_>) -> bool {
    let overlap = |a: &Range<i64>, b: &Range<i64>| a.start < b.end && b.start < a.end;
    let windows = match (&clause.window, &other.window) {
        (Some(a), Some(b)) => overlap(a, b),
        _ => true,
    };
    windows
        && match (&clause.place, &other.place) {
            (Place::Areas(a), Place::Areas(b)) | (Place::Exact(a), Place::Exact(b)) => {
                let (a, b) = (prefixes(a), prefixes(b));
                a.iter().any(|(prefix, bits)| {
                    let at = b.binary_search_by_key(prefix, |(prefix, _)| *prefix);
                    at.is_ok_and(|at| b[at].1 & bits != 0)
                })
            }
            _ => true,
        }
}

/// Rows of bits: which members of a group have a value.
struct Sharing<'c, 'a> {
    group: &'c [Clause<'a>],
    rows: Vec<Vec<u64>>,
    texts: HashMap<(usize, &'a str), usize>,
}

/// Rows of states, then of prefixes, then of everything else as it comes.
const FIRST_PREFIX: usize = 64;
const FIRST_TEXT: usize = FIRST_PREFIX + 1_000;

impl<'c, 'a> Sharing<'c, 'a> {
    fn new(group: &'c [Clause<'a>]) -> Self {
        let mut sharing = Self {
            group,
            rows: vec![Vec::new(); FIRST_TEXT],
            texts: HashMap::new(),
        };
        let words = group.len().div_ceil(64);
        for (index, clause) in group.iter().enumerate() {
            for (dimension, values) in texts(clause) {
                for value in values {
                    let next = FIRST_TEXT + sharing.texts.len();
                    if *sharing.texts.entry((dimension, value)).or_insert(next) == next {
                        sharing.rows.push(vec![0; words]);
                    }
                }
            }
            for row in sharing.dimensions(clause).into_iter().flatten() {
                let row = &mut sharing.rows[row];
                row.resize(words, 0);
                row[index / 64] |= 1 << (index % 64);
            }
        }
        sharing
    }

    /// The rows of a clause's values, by dimension.
    fn dimensions(&self, clause: &Clause<'a>) -> Vec<Vec<usize>> {
        let rows = |(dimension, values): (usize, &'a [String])| {
            values
                .iter()
                .map(|value| self.texts[&(dimension, value.as_str())])
                .collect()
        };
        let mut dimensions: Vec<Vec<usize>> = texts(clause).map(rows).collect();
        match &clause.place {
            Place::Any => {}
            Place::States(states) => {
                dimensions.push(
                    (0..FIRST_PREFIX)
                        .filter(|state| states >> state & 1 == 1)
                        .collect(),
                );
            }
            Place::Areas(zips) | Place::Exact(zips) => {
                let prefixes = prefixes(zips).into_iter();
                dimensions.push(
                    prefixes
                        .map(|(prefix, _)| FIRST_PREFIX + prefix as usize)
                        .collect(),
                );
            }
        }
        dimensions
    }

    /// Members before this one that share a value of each dimension with it.
    fn before(&self, index: usize) -> impl Iterator<Item = usize> {
        let mut all = vec![u64::MAX; index / 64 + 1];
        all[index / 64] = (1 << (index % 64)) - 1;
        let mut some = Vec::new();
        for rows in self.dimensions(&self.group[index]) {
            some.clear();
            some.resize(all.len(), 0);
            for row in rows {
                some.iter_mut()
                    .zip(&self.rows[row])
                    .for_each(|(some, bits)| *some |= bits);
            }
            all.iter_mut().zip(&some).for_each(|(all, some)| *all &= some);
        }
        all.into_iter().enumerate().flat_map(|(word, mut bits)| {
            std::iter::from_fn(move || {
                let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
                bits &= bits - 1;
                Some(word * 64 + bit)
            })
        })
    }
}

/// The fixed dimensions but place: the same for all of a group.
fn texts<'a>(clause: &Clause<'a>) -> impl Iterator<Item = (usize, &'a [String])> {
    let when = &clause.rule.when;
    let sets = [&when.product, &when.language, &when.device, &when.media];
    sets.into_iter()
        .map(Vec::as_slice)
        .enumerate()
        .filter(|(_, values)| !values.is_empty())
}
