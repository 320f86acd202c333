//! Where two diagrams come to something else.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use super::nodes::{Node, NodeId, Nodes};
use super::within::Cell;
use super::zips::{ZIPS, is_listed};
use super::{DIMENSIONS, Diagram};

/// A diagram, and what its ranks come to.
pub(crate) struct Side<'a> {
    pub(crate) diagram: &'a Diagram,
    /// By product: its kind. Ranks of products of one kind come to the same.
    pub(crate) kinds: Vec<usize>,
    /// What a rank comes to for a kind of products, [`super::NOBODY`] among them.
    pub(crate) says: &'a dyn Fn(usize, u32) -> u32,
}

/// How much differs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Differences {
    /// By number of the state; ZIPs of no state are apart.
    pub(crate) states: BTreeMap<Option<u8>, Count>,
    /// By who decided and who decides.
    pub(crate) pairs: HashMap<(Met, Met), Pair>,
    /// The first moment at which cells differ that do not at first.
    pub(crate) later_at: Option<i64>,
}

/// A rank, and the kind of product for which it decides.
pub(crate) type Met = (usize, u32);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// ZIPs that somebody has, of which a cell differs at first.
    pub(crate) zips: u64,
    /// The same of ZIPs that nobody has.
    pub(crate) unlisted: u64,
    /// Cells of ZIPs that somebody has.
    pub(crate) cells: u64,
    /// Cells that do not differ at first but later.
    pub(crate) later: u64,
    /// Whether anything differs at any time, of whatever ZIP.
    pub(crate) ever: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    /// Of ZIPs that somebody has.
    pub(crate) cells: u64,
    pub(crate) example: Cell,
}

impl Pair {
    /// Examples of ZIPs that somebody has are better.
    pub(crate) fn add(&mut self, cells: u64, example: Cell) {
        let better = (cells == 0, example) < (self.cells == 0, self.example);
        self.example = if better { example } else { self.example };
        self.cells += cells;
    }
}

/// Compares cell by cell, from the first moment on; both diagrams have the same dimensions.
pub(crate) fn differ(old: &Side<'_>, new: &Side<'_>) -> Differences {
    let mut walk = Walk {
        sides: [old, new],
        sizes: old.diagram.sizes,
        told: Nodes::new(),
        known: [HashMap::default(), HashMap::default()],
        counts: HashMap::default(),
    };
    let mut differences = Differences::default();
    let mut level: Level = HashMap::default();
    for Place {
        nodes,
        state,
        listed,
        unlisted,
        first,
    } in places(old.diagram, new.diagram)
    {
        let mut place = (false, Count::default());
        for product in 0..walk.sizes[0] {
            let node = |side: usize| {
                let diagram = walk.sides[side].diagram;
                Diagram::of_first(&diagram.nodes, nodes[side], product)
            };
            let kind = |side: usize| walk.sides[side].kinds.get(product).copied().unwrap_or_default();
            let at = [(kind(0), node(0)), (kind(1), node(1))];
            if walk.alike(at) {
                continue;
            }
            let Parts {
                now,
                later,
                at: later_at,
            } = walk.count(1, at);
            place.0 |= now > 0;
            place.1.cells += listed * now;
            place.1.later += listed * later;
            place.1.ever = true;
            differences.later_at = earlier(differences.later_at, later_at);
            if now > 0 {
                let mut values = [0; DIMENSIONS];
                values[0] = product;
                let example = Cell { zip: first, values };
                let pair = level.entry(at).or_insert(Pair { cells: 0, example });
                pair.add(listed, example);
            }
        }
        let (now, count) = place;
        if count.ever {
            let sum = differences.states.entry(state).or_default();
            sum.zips += if now { listed } else { 0 };
            sum.unlisted += if now { unlisted } else { 0 };
            sum.cells += count.cells;
            sum.later += count.later;
            sum.ever = true;
        }
    }
    differences.pairs = walk.pairs(level);
    differences
}

/// Of either side: the kind of product, and the node.
type At = [(usize, NodeId); 2];
type Level = HashMap<At, Pair, RandomState>;

/// ZIPs that neither side tells apart.
struct Place {
    nodes: [NodeId; 2],
    state: Option<u8>,
    listed: u64,
    unlisted: u64,
    /// One that somebody has, if there is one.
    first: u32,
}

fn places(old: &Diagram, new: &Diagram) -> Vec<Place> {
    let [ours, theirs] = [old, new].map(roots);
    let mut places: HashMap<(u32, u32), Place, RandomState> = HashMap::default();
    for (zip, (ours, theirs)) in (0..).zip(ours.into_iter().zip(theirs)) {
        let is_listed = is_listed(zip);
        let node = |diagram: &Diagram, root: u32| {
            let root = diagram.roots.get(root as usize);
            root.map_or(diagram.nowhere, |root| root.node)
        };
        let place = places.entry((ours, theirs)).or_insert_with(|| Place {
            nodes: [node(old, ours), node(new, theirs)],
            state: old.roots.get(ours as usize).map(|root| root.state),
            listed: 0,
            unlisted: 0,
            first: zip,
        });
        if is_listed && place.listed == 0 {
            place.first = zip;
        }
        place.listed += u64::from(is_listed);
        place.unlisted += u64::from(!is_listed);
    }
    let mut places: Vec<Place> = places.into_values().collect();
    // Examples are then the same every time.
    places.sort_by_key(|place| (place.listed == 0, place.first));
    places
}

/// By ZIP: the index of its root, or none for ZIPs of no state.
fn roots(diagram: &Diagram) -> Vec<u32> {
    let mut roots = vec![u32::MAX; ZIPS as usize];
    for (index, root) in (0..).zip(&diagram.roots) {
        for zip in root.zips.iter().cloned().flatten() {
            if let Some(root) = roots.get_mut(zip as usize) {
                *root = index;
            }
        }
    }
    roots
}

/// Combinations that differ at first; that differ later only; when those begin to.
#[derive(Clone, Copy, Default)]
struct Parts {
    now: u64,
    later: u64,
    at: Option<i64>,
}

struct Walk<'a> {
    sides: [&'a Side<'a>; 2],
    sizes: [usize; DIMENSIONS],
    /// Both sides in the same words: equal nodes come to the same, always.
    told: Nodes,
    /// By side, kind and node: the one in `told`.
    known: [HashMap<(usize, NodeId), NodeId, RandomState>; 2],
    counts: HashMap<At, Parts, RandomState>,
}

impl Walk<'_> {
    fn alike(&mut self, at: At) -> bool {
        self.tell(0, at[0]) == self.tell(1, at[1])
    }

    fn tell(&mut self, side: usize, at: (usize, NodeId)) -> NodeId {
        if let Some(known) = self.known[side].get(&at) {
            return *known;
        }
        let (kind, id) = at;
        let Side { diagram, says, .. } = self.sides[side];
        let told = match diagram.nodes.get(id) {
            Node::Leaf(steps) => self.told.leaf(steps.told(|rank| says(kind, rank))),
            Node::Branch { dimension, children } => {
                let children = children
                    .iter()
                    .map(|child| self.tell(side, (kind, *child)))
                    .collect();
                self.told.branch(usize::from(*dimension), children)
            }
        };
        self.known[side].insert(at, told);
        told
    }

    /// Of all combinations from `dimension` on.
    fn count(&mut self, dimension: usize, at: At) -> Parts {
        if self.alike(at) {
            return Parts::default();
        }
        let asks = self.asks(at);
        let parts = match self.counts.get(&at) {
            Some(parts) => *parts,
            None => {
                let parts = if asks < DIMENSIONS {
                    let mut sum = Parts::default();
                    for value in 0..self.sizes[asks] {
                        let Parts { now, later, at } = self.count(asks + 1, self.child(at, asks, value));
                        sum.now += now;
                        sum.later += later;
                        sum.at = earlier(sum.at, at);
                    }
                    sum
                } else {
                    self.leaves(at)
                };
                self.counts.insert(at, parts);
                parts
            }
        };
        let skipped = self.sizes.get(dimension..asks).unwrap_or_default();
        let skipped: u64 = skipped.iter().map(|size| *size as u64).product();
        Parts {
            now: parts.now * skipped,
            later: parts.later * skipped,
            at: parts.at,
        }
    }

    /// Two leaves that are not alike.
    fn leaves(&self, at: At) -> Parts {
        let steps = |side: usize| {
            let (kind, id) = at[side];
            let Side { diagram, says, .. } = self.sides[side];
            match diagram.nodes.get(id) {
                Node::Leaf(steps) => Some(steps.told(|rank| says(kind, rank))),
                Node::Branch { .. } => None,
            }
        };
        let (Some(ours), Some(theirs)) = (steps(0), steps(1)) else {
            return Parts::default();
        };
        if ours.first() == theirs.first() {
            Parts {
                now: 0,
                later: 1,
                at: ours.parts_at(&theirs),
            }
        } else {
            Parts {
                now: 1,
                later: 0,
                at: None,
            }
        }
    }

    /// The dimension that either side asks for first.
    fn asks(&self, at: At) -> usize {
        let asks = |side: usize| self.sides[side].diagram.nodes.asks(at[side].1);
        asks(0).min(asks(1))
    }

    fn child(&self, at: At, dimension: usize, value: usize) -> At {
        let child = |side: usize| {
            let (kind, id) = at[side];
            let children = self.sides[side].diagram.nodes.get(id).at(dimension as u8);
            (
                kind,
                children
                    .and_then(|children| children.get(value))
                    .copied()
                    .unwrap_or(id),
            )
        };
        [child(0), child(1)]
    }

    /// Down from the products, a dimension at a time; what is alike is left behind.
    fn pairs(&mut self, mut level: Level) -> HashMap<(Met, Met), Pair> {
        for dimension in 1..DIMENSIONS {
            let mut next: Level = HashMap::default();
            for (at, pair) in level {
                let asked = self.asks(at) == dimension;
                let size = self.sizes[dimension];
                for value in 0..if asked { size } else { 1 } {
                    let child = self.child(at, dimension, value);
                    if self.alike(child) {
                        continue;
                    }
                    let mut example = pair.example;
                    example.values[dimension] = value;
                    let cells = pair.cells * if asked { 1 } else { size as u64 };
                    let sum = next.entry(child).or_insert(Pair { cells: 0, example });
                    sum.add(cells, example);
                }
            }
            level = next;
        }
        let mut pairs: HashMap<(Met, Met), Pair> = HashMap::new();
        for (at, Pair { cells, example }) in level {
            if self.leaves(at).now == 0 {
                continue;
            }
            let met = |side: usize| -> Met {
                let (kind, id) = at[side];
                match self.sides[side].diagram.nodes.get(id) {
                    Node::Leaf(steps) => (kind, steps.first()),
                    Node::Branch { .. } => (kind, super::NOBODY),
                }
            };
            let sum = pairs
                .entry((met(0), met(1)))
                .or_insert(Pair { cells: 0, example });
            sum.add(cells, example);
        }
        pairs
    }
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}
