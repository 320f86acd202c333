//! Leaves: who wins, from when on.

use std::ops::Range;

use super::Candidate;

/// The rank of nobody: above all others.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Who wins from a second on, until the next step. The first begins with time itself, neighbours differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Steps(Vec<(i64, u32)>);

impl Steps {
    /// The same winner at all times.
    pub(super) fn always(rank: u32) -> Self {
        Self(vec![(i64::MIN, rank)])
    }

    /// The winners among candidates that all match but for their windows, best rank first.
    pub(super) fn of(candidates: &[Candidate], ranks: &[u32]) -> Self {
        let window = |rank: &u32| {
            candidates
                .get(*rank as usize)
                .and_then(|found| found.window.clone())
        };
        let mut instants: Vec<i64> = ranks
            .iter()
            .filter_map(window)
            .flat_map(|window| [window.start, window.end])
            // After the last second there is nothing.
            .filter(|instant| *instant != i64::MAX)
            .chain([i64::MIN])
            .collect();
        instants.sort_unstable();
        instants.dedup();
        let winner = |instant: i64| {
            let mut ranks = ranks.iter().copied();
            let wins = |rank: &u32| window(rank).is_none_or(|window| window.contains(&instant));
            ranks.find(wins).unwrap_or(NOBODY)
        };
        Self::merged(instants.into_iter().map(|instant| (instant, winner(instant))))
    }

    /// The better of two winners at all times.
    pub(super) fn best(&self, other: &Self) -> Self {
        let mut instants: Vec<i64> = self.0.iter().chain(&other.0).map(|(from, _)| *from).collect();
        instants.sort_unstable();
        instants.dedup();
        Self::merged(instants.into_iter().map(|instant| {
            let best = self.at(instant).min(other.at(instant));
            (instant, best)
        }))
    }

    pub(super) fn at(&self, instant: i64) -> u32 {
        let begun = self.0.partition_point(|(from, _)| *from <= instant);
        begun
            .checked_sub(1)
            .and_then(|last| self.0.get(last))
            .map_or(NOBODY, |(_, rank)| *rank)
    }

    /// The winner, if it is one at all times.
    pub(super) fn only(&self) -> Option<u32> {
        match self.0.as_slice() {
            [(_, rank)] => Some(*rank),
            _ => None,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, u32)> + '_ {
        self.0.iter().copied()
    }

    /// The same steps in other words for the winners.
    pub(super) fn told(&self, says: impl Fn(u32) -> u32) -> Self {
        Self::merged(self.0.iter().map(|(from, rank)| (*from, says(*rank))))
    }

    /// The winner before the first step.
    pub(super) fn first(&self) -> u32 {
        self.at(i64::MIN)
    }

    /// When somebody is the winner.
    pub(super) fn times(&self, rank: u32) -> impl Iterator<Item = Range<i64>> + '_ {
        let ends = self.0.iter().skip(1).map(|(from, _)| *from).chain([i64::MAX]);
        let steps = self.0.iter().zip(ends);
        steps
            .filter(move |((_, winner), _)| *winner == rank)
            .map(|((from, _), end)| *from..end)
    }

    /// The first moment at which the two have different winners.
    pub(super) fn parts_at(&self, other: &Self) -> Option<i64> {
        let mut instants: Vec<i64> = self.0.iter().chain(&other.0).map(|(from, _)| *from).collect();
        instants.sort_unstable();
        instants
            .into_iter()
            .find(|instant| self.at(*instant) != other.at(*instant))
    }

    fn merged(steps: impl Iterator<Item = (i64, u32)>) -> Self {
        let mut merged: Vec<(i64, u32)> = Vec::new();
        for (from, rank) in steps {
            if merged.last().is_none_or(|(_, last)| *last != rank) {
                merged.push((from, rank));
            }
        }
        Self(merged)
    }
}
