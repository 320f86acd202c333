//! Where no candidate decides, in areas that a person can read.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::fast::{FixedState, RandomState};

use super::nodes::{Node, NodeId, Nodes};
use super::steps::{NOBODY, Steps};
use super::within::Cell;
use super::zips::{is_listed, listed};
use super::{DIMENSIONS, Diagram, Mask};

/// Areas are told apart up to here, the largest first: their number has no bound that a person could read.
const MAX_PIECES: usize = 200_000;
/// The label of what some candidate decides.
const DECIDED: u32 = 0;

/// Where no candidate decides, of ZIPs that somebody has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gaps {
    /// By product and number of the state: cells, and those that no candidate decides at first.
    pub(crate) shares: BTreeMap<(usize, u8), Share>,
    /// The largest first; no cell is in two.
    pub(crate) areas: Vec<Area>,
    /// There were too many to tell all of them apart: `areas` are the largest.
    pub(crate) unfinished: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) cells: u64,
    pub(crate) undecided: u64,
}

/// Every product × language × device × media of the masks, in every place, at the same times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) masks: [Mask; DIMENSIONS],
    /// Number of the state, and how many of its ZIPs, by number.
    pub(crate) states: Vec<(u8, u64)>,
    /// When nobody decides: unix seconds, from ≤ t < until.
    pub(crate) times: Vec<Range<i64>>,
    /// At some time.
    pub(crate) cells: u64,
    pub(crate) example: Cell,
}

/// What is not decided of the products (by value) for which `counts` says so.
pub(crate) fn gaps(diagram: &Diagram, counts: impl Fn(usize) -> bool) -> Gaps {
    let projected = Projected::of(diagram);
    let products = diagram.sizes[0];
    let mut shares: BTreeMap<(usize, u8), Share> = BTreeMap::new();
    let mut pieces: HashMap<(usize, NodeId), Places, RandomState> = HashMap::default();
    let cells = diagram.sizes[1..]
        .iter()
        .map(|size| *size as u64)
        .product::<u64>();
    for ((state, root), (zips, first)) in projected.places(diagram) {
        for product in 0..products {
            let node = Diagram::of_first(&projected.nodes, root, product);
            let share = shares.entry((product, state)).or_default();
            share.cells += zips * cells;
            share.undecided += zips * projected.undecided_from(1, node, diagram.sizes);
            if node != projected.decided && counts(product) {
                let places = pieces.entry((product, node)).or_default();
                places.add(state, root, zips, first);
            }
        }
    }
    let mut pieces: Vec<_> = pieces.into_iter().collect();
    pieces.sort_by_cached_key(|((product, node), places)| {
        let cells = places.zips() * projected.undecided_from(1, *node, diagram.sizes);
        (Reverse(cells), places.first, *product)
    });
    let mut boxes = Boxes {
        projected: &projected,
        sizes: diagram.sizes,
        pieces: 0,
        found: HashMap::default(),
    };
    for ((product, node), places) in &pieces {
        boxes.collect(1, *node, *product, [Mask::ANY; DIMENSIONS], places);
    }
    let unfinished = boxes.pieces > MAX_PIECES;
    Gaps {
        shares,
        areas: boxes.areas(),
        unfinished,
    }
}

/// A diagram of whether anybody decides.
struct Projected {
    nodes: Nodes,
    /// By node of the diagram.
    of: Vec<NodeId>,
    decided: NodeId,
    /// By node of ours: its undecided combinations at first, from the dimension that it asks for on.
    undecided: Vec<u64>,
}

impl Projected {
    fn of(diagram: &Diagram) -> Self {
        let mut nodes = Nodes::new();
        let decided = nodes.leaf(Steps::always(DECIDED));
        let label = |rank| if rank == NOBODY { NOBODY } else { DECIDED };
        let mut of: Vec<NodeId> = Vec::with_capacity(diagram.nodes.len());
        for id in diagram.nodes.ids() {
            of.push(match diagram.nodes.get(id) {
                Node::Leaf(steps) => nodes.leaf(steps.told(label)),
                Node::Branch { dimension, children } => {
                    let children = children.iter().map(|child| of[child.index()]).collect();
                    nodes.branch(usize::from(*dimension), children)
                }
            });
        }
        let mut undecided: Vec<u64> = Vec::with_capacity(nodes.len());
        for id in nodes.ids() {
            undecided.push(match nodes.get(id) {
                Node::Leaf(steps) => u64::from(steps.first() == NOBODY),
                Node::Branch { dimension, children } => {
                    let next = usize::from(*dimension) + 1;
                    let below = |child: &NodeId| {
                        undecided[child.index()] * nodes.between(next, *child, diagram.sizes)
                    };
                    children.iter().map(below).sum()
                }
            });
        }
        Self {
            nodes,
            of,
            decided,
            undecided,
        }
    }

    fn undecided_from(&self, dimension: usize, node: NodeId, sizes: [usize; DIMENSIONS]) -> u64 {
        self.undecided[node.index()] * self.nodes.between(dimension, node, sizes)
    }

    /// By state and node: how many ZIPs somebody has, and the first of them.
    fn places(&self, diagram: &Diagram) -> BTreeMap<(u8, NodeId), (u64, u32)> {
        let mut places: BTreeMap<(u8, NodeId), (u64, u32)> = BTreeMap::new();
        for root in &diagram.roots {
            let zips = listed(&root.zips);
            let first = root.zips.iter().cloned().flatten().find(|zip| is_listed(*zip));
            if let Some(first) = first {
                let key = (root.state, self.of[root.node.index()]);
                let (sum, lowest) = places.entry(key).or_insert((0, first));
                *sum += zips;
                *lowest = (*lowest).min(first);
            }
        }
        places
    }
}

/// ZIPs of some states.
#[derive(Clone, Debug)]
struct Places {
    /// By number of the state: how many.
    states: BTreeMap<u8, u64>,
    first: u32,
    /// Equal for the same ZIPs, and for others once in 2⁶⁴.
    digest: u64,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            states: BTreeMap::new(),
            first: u32::MAX,
            digest: 0,
        }
    }
}

impl Places {
    /// The ZIPs of a state and a root, which no other has.
    fn add(&mut self, state: u8, root: NodeId, zips: u64, first: u32) {
        *self.states.entry(state).or_default() += zips;
        self.first = self.first.min(first);
        let digest = FixedState::default().hash_one((state, root));
        self.digest = self.digest.wrapping_add(digest);
    }

    fn join(&mut self, other: &Self) {
        for (state, zips) in &other.states {
            *self.states.entry(*state).or_default() += zips;
        }
        self.first = self.first.min(other.first);
        self.digest = self.digest.wrapping_add(other.digest);
    }

    fn zips(&self) -> u64 {
        self.states.values().sum()
    }
}

/// Masks, leaf, and the digest of the places.
type Alike = ([Mask; DIMENSIONS], NodeId, u64);

/// Combinations of sets of values, and where nobody decides for them.
struct Boxes<'a> {
    projected: &'a Projected,
    sizes: [usize; DIMENSIONS],
    pieces: usize,
    /// By product, masks and leaf.
    found: HashMap<(usize, [Mask; DIMENSIONS], NodeId), Places, RandomState>,
}

impl Boxes<'_> {
    /// Values with the same child are one set.
    fn collect(
        &mut self,
        dimension: usize,
        node: NodeId,
        product: usize,
        masks: [Mask; DIMENSIONS],
        places: &Places,
    ) {
        if node == self.projected.decided || self.pieces > MAX_PIECES {
            return;
        }
        match self.projected.nodes.get(node) {
            Node::Leaf(_) => {
                self.pieces += 1;
                self.found.entry((product, masks, node)).or_default().join(places);
            }
            Node::Branch {
                dimension: asks,
                children,
            } => {
                let asks = usize::from(*asks).max(dimension);
                let mut sets: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
                for (value, child) in children.iter().enumerate() {
                    sets.entry(*child).or_default().push(value);
                }
                for (child, values) in sets {
                    let mut masks = masks;
                    if let Some(mask) = masks.get_mut(asks) {
                        *mask = values.into_iter().collect();
                    }
                    self.collect(asks + 1, child, product, masks, places);
                }
            }
        }
    }

    /// Products with the same gap in the same places are one set, too.
    fn areas(self) -> Vec<Area> {
        let mut merged: HashMap<Alike, (Places, Vec<usize>), RandomState> = HashMap::default();
        for ((product, masks, leaf), places) in self.found {
            let key = (masks, leaf, places.digest);
            let (_, products) = merged.entry(key).or_insert_with(|| (places, Vec::new()));
            products.push(product);
        }
        let mut areas: Vec<Area> = Vec::with_capacity(merged.len());
        for ((mut masks, leaf, _), (places, products)) in merged {
            if products.len() < self.sizes[0] {
                masks[0] = products.into_iter().collect();
            }
            let counts = masks.iter().zip(self.sizes);
            let combinations: u64 = counts
                .map(|(mask, size)| mask.values(size).count() as u64)
                .product();
            let first = masks
                .iter()
                .zip(self.sizes)
                .map(|(mask, size)| mask.values(size).next());
            let mut values = [0; DIMENSIONS];
            for (value, first) in values.iter_mut().zip(first) {
                *value = first.unwrap_or_default();
            }
            let times = match self.projected.nodes.get(leaf) {
                Node::Leaf(steps) => steps.times(NOBODY).collect(),
                Node::Branch { .. } => Vec::new(),
            };
            areas.push(Area {
                masks,
                times,
                cells: places.zips() * combinations,
                example: Cell {
                    zip: places.first,
                    values,
                },
                states: places.states.into_iter().collect(),
            });
        }
        areas.sort_by_cached_key(|area| (Reverse(area.cells), area.example.zip, area.masks));
        areas
    }
}
