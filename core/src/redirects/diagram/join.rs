//! The better of two nodes, everywhere.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::nodes::{Node, NodeId, Nodes};

pub(super) struct Join<'a> {
    nodes: &'a mut Nodes,
    budget: usize,
    known: HashMap<(NodeId, NodeId), NodeId, RandomState>,
}

impl<'a> Join<'a> {
    pub(super) fn new(nodes: &'a mut Nodes, budget: usize) -> Self {
        Self {
            nodes,
            budget,
            known: HashMap::default(),
        }
    }

    /// `None` when the budget does not suffice.
    pub(super) fn best(&mut self, one: NodeId, other: NodeId) -> Option<NodeId> {
        if one == other {
            return Some(one);
        }
        let (ours, theirs) = (self.nodes.span(one), self.nodes.span(other));
        if ours.highest <= theirs.lowest {
            return Some(one);
        }
        if theirs.highest <= ours.lowest {
            return Some(other);
        }
        let key = (one.min(other), one.max(other));
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        let best = match (self.nodes.get(one), self.nodes.get(other)) {
            (Node::Leaf(ours), Node::Leaf(theirs)) => {
                let best = ours.best(theirs);
                self.nodes.leaf(best)
            }
            (ours, theirs) => {
                let dimension = ours.dimension().min(theirs.dimension());
                let pairs: Vec<(NodeId, NodeId)> = match (ours.at(dimension), theirs.at(dimension)) {
                    (Some(ours), Some(theirs)) => ours.iter().copied().zip(theirs.iter().copied()).collect(),
                    (Some(ours), None) => ours.iter().map(|child| (*child, other)).collect(),
                    (None, theirs) => theirs
                        .unwrap_or_default()
                        .iter()
                        .map(|child| (one, *child))
                        .collect(),
                };
                let children: Option<Vec<NodeId>> = pairs
                    .into_iter()
                    .map(|(one, other)| self.best(one, other))
                    .collect();
                let children = children?;
                // Mostly one of them is the better all along.
                if self.nodes.get(one).at(dimension) == Some(&children) {
                    one
                } else if self.nodes.get(other).at(dimension) == Some(&children) {
                    other
                } else {
                    self.nodes.branch(usize::from(dimension), children)
                }
            }
        };
        self.known.insert(key, best);
        (self.nodes.words() <= self.budget).then_some(best)
    }
}
