//! Who decides instead of a candidate that never does.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::RandomState;

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

/// Walks through a diagram, one candidate after the other; what they have in common is made once.
pub(crate) struct Within<'a> {
    diagram: &'a Diagram,
    /// By number of the state: its roots, and how many ZIPs each has.
    states: Vec<Vec<(NodeId, u64)>>,
    /// By ZIP; nobody decides where no root is.
    zips: Vec<NodeId>,
    /// By node: how often the candidate comes there. All zero between two walks.
    weights: Vec<u64>,
    /// By the dimension that they ask for, leaves last: the nodes that it comes to.
    levels: [Vec<NodeId>; DIMENSIONS + 1],
}

impl<'a> Within<'a> {
    pub(crate) fn new(diagram: &'a Diagram) -> Self {
        let mut states: Vec<Vec<(NodeId, u64)>> = Vec::new();
        let mut zips = vec![NodeId::NOBODY; ZIPS as usize];
        for root in &diagram.roots {
            let mut count = 0;
            for zip in root.zips.iter().cloned().flatten() {
                zips[zip as usize] = root.node;
                count += 1;
            }
            let state = usize::from(root.state);
            states.resize_with(states.len().max(state + 1), Vec::new);
            states[state].push((root.node, count));
        }
        Self {
            diagram,
            states,
            zips,
            weights: vec![0; diagram.nodes.len()],
            levels: Default::default(),
        }
    }

    /// The ranks that decide where a candidate matches, with the cells that each decides there at some time, most
    /// first. Its window does not count.
    pub(crate) fn winners(&mut self, candidate: &Candidate) -> Vec<(u32, u64)> {
        let Diagram { nodes, sizes, .. } = self.diagram;
        let values: [Vec<usize>; DIMENSIONS] =
            std::array::from_fn(|dimension| candidate.masks[dimension].values(sizes[dimension]).collect());
        let counts: [u64; DIMENSIONS] = std::array::from_fn(|dimension| values[dimension].len() as u64);
        self.start(&candidate.place, &counts);
        for (dimension, values) in values.iter().enumerate() {
            let level = std::mem::take(&mut self.levels[dimension]);
            for id in &level {
                let weight = std::mem::take(&mut self.weights[id.index()]);
                if let Node::Branch { children, .. } = nodes.get(*id) {
                    for value in values {
                        self.reach(children[*value], dimension + 1, weight, &counts);
                    }
                }
            }
        }
        let mut winners: HashMap<u32, u64, RandomState> = HashMap::default();
        for id in std::mem::take(&mut self.levels[DIMENSIONS]) {
            let weight = std::mem::take(&mut self.weights[id.index()]);
            let Node::Leaf(steps) = nodes.get(id) else {
                continue;
            };
            let mut ranks: Vec<u32> = steps.iter().map(|(_, rank)| rank).collect();
            ranks.sort_unstable();
            ranks.dedup();
            for rank in ranks.into_iter().filter(|rank| *rank != NOBODY) {
                *winners.entry(rank).or_default() += weight;
            }
        }
        let mut winners: Vec<(u32, u64)> = winners.into_iter().collect();
        winners.sort_unstable_by_key(|(rank, weight)| (std::cmp::Reverse(*weight), *rank));
        winners
    }

    /// ZIPs of a place that overlap each other come twice.
    fn start(&mut self, place: &Place, counts: &[u64; DIMENSIONS]) {
        match place {
            Place::Any | Place::States(_) => {
                let states = std::mem::take(&mut self.states);
                for (state, roots) in states.iter().enumerate() {
                    if !matches!(place, Place::States(states) if states >> state & 1 == 0) {
                        for (node, zips) in roots {
                            self.reach(*node, 0, *zips, counts);
                        }
                    }
                }
                self.states = states;
            }
            Place::Zips(runs) => {
                for zip in runs.iter().cloned().flatten() {
                    if let Some(node) = self.zips.get(zip as usize) {
                        self.reach(*node, 0, 1, counts);
                    }
                }
            }
        }
    }

    /// Every combination counts that there is from `dimension` on before the node asks again.
    fn reach(&mut self, node: NodeId, dimension: usize, weight: u64, counts: &[u64; DIMENSIONS]) {
        let asks = self.diagram.nodes.asks(node);
        let skipped: u64 = counts[dimension..asks].iter().product();
        let sum = &mut self.weights[node.index()];
        if *sum == 0 && weight * skipped > 0 {
            self.levels[asks].push(node);
        }
        *sum += weight * skipped;
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
