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
            findings.rule(set, index).with(*other).add("", "tie", message);
        }
    }
}

/// Rules with one that they meet, and the variable that both yield.
pub(in crate::compile) fn ties<'a>(layers: &[Ranked<'a>]) -> HashMap<u32, (u32, Option<&'a str>)> {
    let mut ties = HashMap::new();
    let mut sharing = Sharing::default();
    for layer in layers {
        for group in layer.clauses.chunk_by(|clause, next| clause.tie() == next.tie()) {
            for (clause, other) in meeting(layer, group, &mut sharing) {
                ties.entry(clause.rule.number)
                    .or_insert((other.rule.number, layer.variable));
            }
        }
    }
    ties
}

/// Pairs of a group that meet and want different things: each clause with the first before it.
fn meeting<'c, 'a>(
    layer: &Ranked<'_>,
    group: &'c [Clause<'a>],
    sharing: &mut Sharing,
) -> Vec<(&'c Clause<'a>, &'c Clause<'a>)> {
    if group.len() < 2 {
        return Vec::new();
    }
    let outcomes = outcomes(layer, group);
    if outcomes.iter().all(|outcome| *outcome == outcomes[0]) {
        return Vec::new();
    }
    sharing.fill(group);
    let clash = |index: usize| {
        let clause = &group[index];
        let mut others = ones(sharing.before(clause, index));
        others.find(|other| outcomes[*other] != outcomes[index] && meet(clause, &group[*other]))
    };
    let clashes = (1..group.len()).map(clash).zip(&group[1..]);
    clashes
        .filter_map(|(other, clause)| Some((clause, &group[other?])))
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

/// Rows of bits: which members of a group have a value. Memory is kept from one group to the next.
#[derive(Default)]
struct Sharing {
    /// Empty: nobody has it.
    rows: Vec<Vec<u64>>,
    /// Rows that are not empty.
    used: Vec<usize>,
    // Of the member in hand: its states or prefixes, who shares a value of the dimension, who of all so far.
    places: Vec<usize>,
    some: Vec<u64>,
    all: Vec<u64>,
}

/// Rows of states, then of prefixes, then of everything else.
const FIRST_PREFIX: usize = 64;
const FIRST_VALUE: usize = FIRST_PREFIX + 1_000;

impl Sharing {
    /// Takes the next group.
    fn fill(&mut self, group: &[Clause<'_>]) {
        for row in self.used.drain(..) {
            self.rows[row].clear();
        }
        let words = group.len().div_ceil(64);
        for (index, clause) in group.iter().enumerate() {
            places(clause, &mut self.places);
            let values = fixed(clause).flatten();
            for row in values.chain(self.places.iter().copied()) {
                if self.rows.len() <= row {
                    self.rows.resize(row + 1, Vec::new());
                }
                let bits = &mut self.rows[row];
                if bits.is_empty() {
                    self.used.push(row);
                    bits.resize(words, 0);
                }
                bits[index / 64] |= 1 << (index % 64);
            }
        }
    }

    /// Members before this one that share a value of each dimension with it.
    fn before(&mut self, clause: &Clause<'_>, index: usize) -> &[u64] {
        self.all.clear();
        self.all.resize(index / 64, u64::MAX);
        self.all.push((1 << (index % 64)) - 1);
        places(clause, &mut self.places);
        let Self {
            rows,
            places,
            some,
            all,
            ..
        } = self;
        let mut keep = |sharing: &mut dyn Iterator<Item = usize>| {
            some.clear();
            some.resize(all.len(), 0);
            for row in sharing {
                let bits = some.iter_mut().zip(&rows[row]);
                bits.for_each(|(some, bits)| *some |= bits);
            }
            all.iter_mut().zip(&*some).for_each(|(all, some)| *all &= some);
        };
        for mut values in fixed(clause) {
            keep(&mut values);
        }
        if !places.is_empty() {
            keep(&mut places.iter().copied());
        }
        all
    }
}

/// The rows of a clause's values, by dimension that is fixed: the same dimensions for all of a group.
fn fixed<'a>(clause: &Clause<'a>) -> impl Iterator<Item = impl Iterator<Item = usize> + use<'a>> + use<'a> {
    let dimensions = clause.values.len();
    let fixed = clause
        .values
        .into_iter()
        .enumerate()
        .filter(|(_, values)| !values.is_empty());
    fixed.map(move |(dimension, values)| {
        let row = move |value: &u32| FIRST_VALUE + *value as usize * dimensions + dimension;
        values.iter().map(row)
    })
}

/// Puts the rows of a clause's states or prefixes into `rows`; none if it is for any place.
fn places(clause: &Clause<'_>, rows: &mut Vec<usize>) {
    rows.clear();
    match &clause.place {
        Place::Any => {}
        Place::States(states) => rows.extend(ones(&[*states])),
        Place::Areas(zips) | Place::Exact(zips) => {
            let prefixes = prefixes(zips).into_iter();
            rows.extend(prefixes.map(|(prefix, _)| FIRST_PREFIX + prefix as usize));
        }
    }
}

/// Where the ones are.
fn ones(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(word, bits)| {
        let mut bits = *bits;
        std::iter::from_fn(move || {
            let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(word * 64 + bit)
        })
    })
}
