//! Rules of equal rank that meet: only their numbers would decide, so nobody meant it (SPEC e).
//!
//! Ranks are equal only within groups that compare alike up to the number. A group's members have the same
//! dimensions fixed, so two of them meet when they share a value of each, a place and a moment. One row of bits
//! per value tells with which members a member shares it: 64 comparisons at a time.

use std::ops::Range;

use foldhash::{HashMap, HashMapExt};

use super::findings::Findings;
use crate::compile::Ranked;
use crate::compile::clause::{Clause, Place, prefixes};
use crate::rules::{Action, RuleSet};

/// Reports a rule once, with the first rule that it meets.
pub(super) fn check(set: &RuleSet, layers: &[Ranked<'_>], findings: &mut Findings) {
    let ties = ties(layers);
    if ties.is_empty() {
        return;
    }
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
pub(in crate::compile) fn ties<'a>(layers: &[Ranked<'a>]) -> HashMap<u32, (u32, Option<&'a str>)> {
    let mut ties = HashMap::new();
    for layer in layers {
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
fn outcomes(layer: &Ranked<'_>, group: &[Clause<'_>]) -> Vec<u32> {
    let mut values = HashMap::new();
    let wants = group
        .iter()
        .map(|clause| match (&clause.rule.action, layer.variable) {
            (Action::Attribute(variables), Some(variable)) => {
                let next = values.len() as u32;
                *values.entry(&variables[variable]).or_insert(next)
            }
            _ => clause.action,
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
    /// The row of a dimension's value.
    values: HashMap<(usize, u32), usize>,
}

/// Rows of states, then of prefixes, then of everything else as it comes.
const FIRST_PREFIX: usize = 64;
const FIRST_VALUE: usize = FIRST_PREFIX + 1_000;

impl<'c, 'a> Sharing<'c, 'a> {
    fn new(group: &'c [Clause<'a>]) -> Self {
        let mut sharing = Self {
            group,
            rows: vec![Vec::new(); FIRST_VALUE],
            values: HashMap::new(),
        };
        let words = group.len().div_ceil(64);
        for (index, clause) in group.iter().enumerate() {
            let set = |rows: &mut Vec<Vec<u64>>, row: usize| {
                let row = &mut rows[row];
                row.resize(words, 0);
                row[index / 64] |= 1 << (index % 64);
            };
            for (dimension, values) in fixed(clause) {
                for value in values {
                    let next = sharing.rows.len();
                    let row = *sharing.values.entry((dimension, *value)).or_insert(next);
                    if row == next {
                        sharing.rows.push(Vec::new());
                    }
                    set(&mut sharing.rows, row);
                }
            }
            for row in places(clause).into_iter().flatten() {
                set(&mut sharing.rows, row);
            }
        }
        sharing
    }

    /// Members before this one that share a value of each dimension with it.
    fn before(&self, index: usize) -> impl Iterator<Item = usize> {
        let clause = &self.group[index];
        let mut all = vec![u64::MAX; index / 64 + 1];
        all[index / 64] = (1 << (index % 64)) - 1;
        let mut some = vec![0; all.len()];
        let mut keep = |rows: &mut dyn Iterator<Item = usize>| {
            some.fill(0);
            for row in rows {
                some.iter_mut()
                    .zip(&self.rows[row])
                    .for_each(|(some, bits)| *some |= bits);
            }
            all.iter_mut().zip(&some).for_each(|(all, some)| *all &= some);
        };
        for (dimension, values) in fixed(clause) {
            keep(&mut values.iter().map(|value| self.values[&(dimension, *value)]));
        }
        if let Some(places) = places(clause) {
            keep(&mut places.into_iter());
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

/// The fixed dimensions but place, the same for all of a group, with a clause's values.
fn fixed<'a>(clause: &Clause<'a>) -> impl Iterator<Item = (usize, &'a [u32])> {
    let values = clause.values.into_iter().enumerate();
    values.filter(|(_, values)| !values.is_empty())
}

/// The rows of a clause's states or prefixes, unless it is for any place.
fn places(clause: &Clause<'_>) -> Option<Vec<usize>> {
    match &clause.place {
        Place::Any => None,
        Place::States(states) => {
            let states = (0..FIRST_PREFIX).filter(|state| states >> state & 1 == 1);
            Some(states.collect())
        }
        Place::Areas(zips) | Place::Exact(zips) => {
            let prefixes = prefixes(zips).into_iter();
            let rows = prefixes.map(|(prefix, _)| FIRST_PREFIX + prefix as usize);
            Some(rows.collect())
        }
    }
}
