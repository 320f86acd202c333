//! Who decides instead of a candidate that never does.

use std::collections::BTreeMap;
use std::ops::Range;

use super::nodes::{Node, NodeId};
use super::steps::NOBODY;
use super::zips::{ZIPS, is_listed, state};
use super::{Candidate, DIMENSIONS, Diagram, Mask, Place};

/// A visitor by numbers: the ZIP, and a value of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) zip: u32,
    pub(crate) values: [usize; DIMENSIONS],
}

impl Diagram {
    /// The ranks that decide where a candidate matches, with the cells that each decides there at some time, most
    /// first. Its window does not count.
    pub(crate) fn winners_within(&self, candidate: &Candidate) -> Vec<(u32, u64)> {
        let mut winners: BTreeMap<u32, u64> = BTreeMap::new();
        // The node of the highest id comes first, and parents have higher ids than their children.
        let mut weights: BTreeMap<NodeId, u64> = BTreeMap::new();
        for root in &self.roots {
            let zips = zips_within(&candidate.place, root.state, &root.zips);
            if zips > 0 {
                *weights.entry(root.node).or_default() += zips * self.skipped(candidate, 0, root.node);
            }
        }
        while let Some((id, weight)) = weights.pop_last() {
            match self.nodes.get(id) {
                Node::Branch { dimension, children } => {
                    let dimension = usize::from(*dimension);
                    let Some(mask) = candidate.masks.get(dimension) else {
                        continue;
                    };
                    for (_, child) in children.iter().enumerate().filter(|(value, _)| mask.has(*value)) {
                        let weight = weight * self.skipped(candidate, dimension + 1, *child);
                        *weights.entry(*child).or_default() += weight;
                    }
                }
                Node::Leaf(steps) => {
                    let mut ranks: Vec<u32> = steps.iter().map(|(_, rank)| rank).collect();
                    ranks.sort_unstable();
                    ranks.dedup();
                    for rank in ranks.into_iter().filter(|rank| *rank != NOBODY) {
                        *winners.entry(rank).or_default() += weight;
                    }
                }
            }
        }
        let mut winners: Vec<(u32, u64)> = winners.into_iter().collect();
        winners.sort_by_key(|(rank, weight)| (std::cmp::Reverse(*weight), *rank));
        winners
    }

    /// How many of the candidate's combinations there are from `dimension` on before the node asks again.
    fn skipped(&self, candidate: &Candidate, dimension: usize, node: NodeId) -> u64 {
        let asks = usize::from(self.nodes.get(node).dimension()).min(DIMENSIONS);
        let dimensions = candidate.masks.iter().zip(self.sizes).take(asks).skip(dimension);
        dimensions
            .map(|(mask, size)| mask.values(size).count() as u64)
            .product()
    }
}

impl Candidate {
    /// A cell that it matches: its first, of ZIPs that somebody has if there are any.
    pub(crate) fn example(&self, sizes: [usize; DIMENSIONS]) -> Option<Cell> {
        let zip = self.place.first()?;
        let mut values = [0; DIMENSIONS];
        for ((value, mask), size) in values.iter_mut().zip(&self.masks).zip(sizes) {
            *value = mask.values(size).next()?;
        }
        Some(Cell { zip, values })
    }

    /// What matches where and when both do.
    pub(crate) fn meet(&self, other: &Self) -> Option<Self> {
        let mut masks = [Mask::ANY; DIMENSIONS];
        for (mask, (ours, theirs)) in masks.iter_mut().zip(self.masks.iter().zip(&other.masks)) {
            *mask = ours.and(theirs);
        }
        let window = match (&self.window, &other.window) {
            (Some(ours), Some(theirs)) => Some(ours.start.max(theirs.start)..ours.end.min(theirs.end)),
            (ours, theirs) => ours.clone().or_else(|| theirs.clone()),
        };
        let never = window.as_ref().is_some_and(Range::is_empty);
        Some(Self {
            rule: self.rule,
            masks,
            place: self.place.meet(&other.place)?,
            window,
        })
        .filter(|_| !never)
    }

    /// Whether it matches wherever and whenever the other does.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let masks = self.masks.iter().zip(&other.masks);
        let window = match (&self.window, &other.window) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(ours), Some(theirs)) => ours.start <= theirs.start && theirs.end <= ours.end,
        };
        window
            && masks.into_iter().all(|(ours, theirs)| ours.contains(theirs))
            && self.place.covers(&other.place)
    }
}

impl Place {
    /// Its first ZIP of a state, one that somebody has if there is one.
    fn first(&self) -> Option<u32> {
        let lies_here = |zip: &u32| match (self, state(*zip)) {
            (_, None) => false,
            (Self::Any | Self::Zips(_), Some(_)) => true,
            (Self::States(states), Some(state)) => states >> state & 1 == 1,
        };
        let first = |listed: bool| {
            let fits = |zip: &u32| is_listed(*zip) == listed && lies_here(zip);
            match self {
                Self::Any | Self::States(_) => (0..ZIPS).find(fits),
                Self::Zips(runs) => runs.iter().filter_map(|run| run.clone().find(fits)).min(),
            }
        };
        first(true).or_else(|| first(false))
    }

    /// The places of both, unless one of them names states and the other ZIPs.
    fn meet(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, place) | (place, Self::Any) => Some(place.clone()),
            (Self::States(ours), Self::States(theirs)) => Some(Self::States(ours & theirs)),
            (Self::Zips(ours), Self::Zips(theirs)) => {
                let both = |a: &Range<u32>, b: &Range<u32>| a.start.max(b.start)..a.end.min(b.end);
                let runs = ours.iter().flat_map(|a| theirs.iter().map(move |b| both(a, b)));
                Some(Self::Zips(runs.filter(|run| !run.is_empty()).collect()))
            }
            _ => None,
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::States(ours), Self::States(theirs)) => theirs & !ours == 0,
            (Self::Zips(ours), Self::Zips(theirs)) => {
                let covered = |zip| ours.iter().any(|run| run.contains(&zip));
                theirs.iter().cloned().flatten().all(covered)
            }
            _ => false,
        }
    }
}

fn zips_within(place: &Place, state: u8, zips: &[Range<u32>]) -> u64 {
    overlaps(place, state, zips)
        .map(|run| u64::from(run.end - run.start))
        .sum()
}

/// Runs of ZIPs that lie within a place. Those of a place that overlap each other come twice.
fn overlaps<'a>(
    place: &'a Place,
    state: u8,
    zips: &'a [Range<u32>],
) -> impl Iterator<Item = Range<u32>> + 'a {
    let whole = match place {
        Place::Any => true,
        Place::States(states) => states >> state & 1 == 1,
        Place::Zips(_) => false,
    };
    let named: &[Range<u32>] = match place {
        Place::Zips(named) => named,
        Place::Any | Place::States(_) => &[],
    };
    let cut = named.iter().flat_map(move |named| {
        zips.iter()
            .map(|run| run.start.max(named.start)..run.end.min(named.end))
            .filter(|run| run.start < run.end)
    });
    let all = zips.iter().filter(move |_| whole).cloned();
    all.chain(cut)
}
