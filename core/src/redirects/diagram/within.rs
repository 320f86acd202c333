//! Who decides instead of a candidate that never does.

use std::collections::BTreeMap;
use std::ops::Range;

use marquee_shared::zip::{Zip, locate};

use super::nodes::{Node, NodeId};
use super::steps::NOBODY;
use super::{Candidate, DIMENSIONS, Diagram, Place};

/// A visitor by numbers: the ZIP, and a value of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// A cell that a candidate matches: its first, of ZIPs that somebody has if there are any.
    pub(crate) fn example(&self, candidate: &Candidate) -> Option<Cell> {
        let zips = self
            .roots
            .iter()
            .filter_map(|root| first_within(&candidate.place, root.state, &root.zips));
        let (_, zip) = zips.min()?;
        let mut values = [0; DIMENSIONS];
        for ((value, mask), size) in values.iter_mut().zip(&candidate.masks).zip(self.sizes) {
            *value = (0..size).find(|value| mask.has(*value))?;
        }
        Some(Cell { zip, values })
    }

    /// How many of the candidate's combinations there are from `dimension` on before the node asks again.
    fn skipped(&self, candidate: &Candidate, dimension: usize, node: NodeId) -> u64 {
        let asks = usize::from(self.nodes.get(node).dimension()).min(DIMENSIONS);
        let dimensions = candidate.masks.iter().zip(self.sizes).take(asks).skip(dimension);
        dimensions
            .map(|(mask, size)| (0..size).filter(|value| mask.has(*value)).count() as u64)
            .product()
    }
}

impl Candidate {
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

/// The first ZIP, and before it whether nobody has it.
fn first_within(place: &Place, state: u8, zips: &[Range<u32>]) -> Option<(bool, u32)> {
    let is_known = |zip: &u32| Zip::from_number(i64::from(*zip)).is_some_and(|zip| locate(zip).known);
    let first = |run: Range<u32>| {
        run.clone()
            .find(is_known)
            .map_or((true, run.start), |zip| (false, zip))
    };
    overlaps(place, state, zips).map(first).min()
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
