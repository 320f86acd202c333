//! Rules that never decide, and who does instead.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::super::diagram::{self, Candidate, Diagram, Within, Won};
use super::{Example, Space};

/// Rules that never decide are explained up to here; each takes a walk through the diagram.
pub(super) const EXPLAINED: usize = 200;
/// Rules named as those which decide instead.
const NAMED: usize = 5;

/// A rule that decides for nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unreachable {
    #[schema(example = 41)]
    pub rule: u32,
    pub why: Why,
    /// The rules that decide where it would, those that take most first, at most five; alone one that covers it whole
    #[schema(example = json!([7]))]
    pub shadowed_by: Vec<u32>,
    /// How many more there are
    pub more: usize,
    /// Somebody it would decide for
    pub example: Option<Example>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Others decide wherever it matches.
    Shadowed,
    /// Its ZIPs lie in no state, where no rule decides.
    Nowhere,
}

/// Looks through one layer after the other.
pub(super) struct Search<'a> {
    space: &'a Space<'a>,
    /// What to say of rules that no layer has reached so far, of as many as are explained.
    unreachable: BTreeMap<u32, Option<Unreachable>>,
    reached: HashSet<u32>,
    explained: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(space: &'a Space<'a>) -> Self {
        Self {
            space,
            unreachable: BTreeMap::new(),
            reached: HashSet::new(),
            explained: 0,
        }
    }

    pub(super) fn look(&mut self, diagram: &Diagram, candidates: &[Candidate]) {
        let wins = diagram::wins(diagram, candidates.len(), zips);
        let mut losing: BTreeMap<u32, Vec<&Candidate>> = BTreeMap::new();
        for (candidate, won) in candidates.iter().zip(wins) {
            if won == Won::default() {
                losing.entry(candidate.rule).or_default().push(candidate);
            } else {
                self.reached.insert(candidate.rule);
            }
        }
        losing.retain(|rule, _| !self.reached.contains(rule));
        let mut within = Within::new(diagram);
        for (rule, ours) in losing {
            self.unreachable.entry(rule).or_insert_with(|| {
                self.explained += 1;
                (self.explained <= EXPLAINED)
                    .then(|| explain(self.space, &mut within, candidates, rule, &ours))
            });
        }
    }

    /// How many rules are never reached, and those that are explained, by number.
    pub(super) fn found(mut self) -> (usize, Vec<Unreachable>) {
        // A variable may be reached after another was not.
        self.unreachable.retain(|rule, _| !self.reached.contains(rule));
        let found = self.unreachable.len();
        (found, self.unreachable.into_values().flatten().collect())
    }
}

/// ZIPs of a root, also those that nobody has: they are answered, too.
fn zips(root: &diagram::Root) -> u64 {
    root.zips.iter().map(|run| u64::from(run.end - run.start)).sum()
}

/// `ours` are the candidates of the rule.
fn explain(
    space: &Space<'_>,
    within: &mut Within<'_>,
    candidates: &[Candidate],
    rule: u32,
    ours: &[&Candidate],
) -> Unreachable {
    let mut winners: BTreeMap<u32, u64> = BTreeMap::new();
    let mut covers = Vec::new();
    for candidate in ours {
        let winners_here = within.winners(candidate);
        let winners_here = winners_here
            .iter()
            .filter_map(|(rank, cells)| Some((candidates.get(*rank as usize)?, cells)));
        let mut cover = None;
        for (winner, cells) in winners_here {
            *winners.entry(winner.rule).or_default() += cells;
            if cover.is_none() && winner.covers(candidate) {
                cover = Some(winner.rule);
            }
        }
        covers.push(cover);
    }
    covers.dedup();
    let mut shadowed_by: Vec<u32> = if let [Some(alone)] = *covers {
        vec![alone]
    } else {
        let mut winners: Vec<(u32, u64)> = winners.into_iter().collect();
        winners.sort_by_key(|(rule, cells)| (Reverse(*cells), *rule));
        winners.into_iter().map(|(rule, _)| rule).collect()
    };
    let more = shadowed_by.len().saturating_sub(NAMED);
    shadowed_by.truncate(NAMED);
    let example = ours
        .iter()
        .find_map(|candidate| candidate.example(space.sizes()).map(|cell| (cell, candidate)));
    Unreachable {
        rule,
        why: if example.is_some() {
            Why::Shadowed
        } else {
            Why::Nowhere
        },
        shadowed_by,
        more,
        example: example.map(|(cell, ours)| {
            space.example(cell, ours.window.as_ref().map_or(i64::MIN, |window| window.start))
        }),
    }
}
