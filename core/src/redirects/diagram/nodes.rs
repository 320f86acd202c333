//! Nodes, each kept once: equal functions are the same node.

use foldhash::fast::RandomState;
use indexmap::IndexSet;

use super::DIMENSIONS;
use super::steps::{NOBODY, Steps};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(u32);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Leaf(Steps),
    Branch {
        dimension: u8,
        /// By value.
        children: Box<[NodeId]>,
    },
}

impl Node {
    /// A leaf's comes after all others.
    pub(super) fn dimension(&self) -> u8 {
        match self {
            Self::Leaf(_) => u8::MAX,
            Self::Branch { dimension, .. } => *dimension,
        }
    }

    /// Its children, if it asks for that dimension.
    pub(super) fn at(&self, asked: u8) -> Option<&[NodeId]> {
        match self {
            Self::Branch { dimension, children } if *dimension == asked => Some(children),
            _ => None,
        }
    }
}

/// The lowest and the highest rank that a node ever decides by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) lowest: u32,
    pub(super) highest: u32,
}

pub(super) struct Nodes {
    /// A node's id is its index.
    nodes: IndexSet<Node, RandomState>,
    spans: Vec<Span>,
    /// By node: the dimension that it asks for, beside the nodes since most of the time nothing else is wanted.
    asks: Vec<u8>,
    /// Children of all branches together: what memory goes by.
    words: usize,
}

impl Nodes {
    pub(super) fn new() -> Self {
        let mut nodes = Self {
            nodes: IndexSet::default(),
            spans: Vec::new(),
            asks: Vec::new(),
            words: 0,
        };
        // The first, hence `NodeId::NOBODY`.
        nodes.leaf(Steps::always(NOBODY));
        nodes
    }

    pub(super) fn leaf(&mut self, steps: Steps) -> NodeId {
        self.intern(Node::Leaf(steps))
    }

    /// The node with these children, by value; the child itself if they are all the same.
    pub(super) fn branch(&mut self, dimension: usize, children: Vec<NodeId>) -> NodeId {
        let first = children.first().copied().unwrap_or(NodeId::NOBODY);
        if children.iter().all(|child| *child == first) {
            return first;
        }
        let node = Node::Branch {
            dimension: dimension as u8,
            children: children.into(),
        };
        self.intern(node)
    }

    pub(super) fn get(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn span(&self, id: NodeId) -> Span {
        self.spans[id.0 as usize]
    }

    /// The dimension that the node asks for; [`DIMENSIONS`] if it is a leaf.
    pub(super) fn asks(&self, id: NodeId) -> usize {
        usize::from(self.asks[id.0 as usize])
    }

    /// Ids are given from the leaves up: a child's is below its parent's.
    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// How many combinations of values there are from `dimension` on before the node asks again.
    pub(super) fn between(&self, dimension: usize, node: NodeId, sizes: [usize; DIMENSIONS]) -> u64 {
        let skipped = sizes.get(dimension..self.asks(node)).unwrap_or_default();
        skipped.iter().map(|size| *size as u64).product()
    }

    fn intern(&mut self, node: Node) -> NodeId {
        let (index, new) = self.nodes.insert_full(node);
        if new && let Some(node) = self.nodes.last() {
            let (span, words) = match node {
                Node::Leaf(steps) => (Span::of(steps.iter().map(|(_, rank)| Span::one(rank))), 0),
                Node::Branch { children, .. } => {
                    let spans = children.iter().map(|child| self.span(*child));
                    (Span::of(spans), children.len())
                }
            };
            self.words += words;
            self.spans.push(span);
            self.asks.push(node.dimension().min(DIMENSIONS as u8));
        }
        NodeId(index as u32)
    }
}

impl Span {
    fn one(rank: u32) -> Self {
        Self {
            lowest: rank,
            highest: rank,
        }
    }

    /// From the lowest to the highest of some.
    fn of(spans: impl Iterator<Item = Self>) -> Self {
        let both = |one: Self, other: Self| Self {
            lowest: one.lowest.min(other.lowest),
            highest: one.highest.max(other.highest),
        };
        spans.reduce(both).unwrap_or(Self::one(NOBODY))
    }
}

impl NodeId {
    pub(super) const NOBODY: Self = Self(0);

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}
