//! The decision diagram of a rule set: exact answers about all visitors at once.
//!
//! A reduced, ordered, multi-valued diagram over product → language → device → media, one root for every class of
//! ZIPs that the rules do not tell apart. Its leaves are step functions of time. It is canonical: two roots decide
//! alike exactly when they are the same node. The edge answers from pages of bit rows instead, which are smaller;
//! both come from the same order of clauses.

mod build;
mod classes;
mod differ;
mod gaps;
mod join;
mod mask;
mod nodes;
mod steps;
#[cfg(test)]
mod tests;
mod wins;
mod within;
mod zips;

pub(super) use build::{Overflow, build};
pub(super) use differ::{Count, Differences, Pair, Side, differ};
pub(super) use gaps::{Area, Gaps, gaps};
pub(super) use mask::{MAX_VALUES, Mask};
pub(super) use steps::NOBODY;
pub(super) use wins::{Won, wins};
pub(super) use within::{Cell, Within};
pub(super) use zips::listed_by_state;

use std::ops::Range;

use nodes::{NodeId, Nodes};

/// Product, language, device, media: the conditions beside place and time.
pub(super) const DIMENSIONS: usize = 4;

/// One way in which a rule matches; a list of them is in the order of precedence, and an index into it is a rank.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The rule's number.
    pub(super) rule: u32,
    /// The values that each dimension may have.
    pub(super) masks: [Mask; DIMENSIONS],
    pub(super) place: Place,
    /// Unix seconds, from ≤ t < until, not empty.
    pub(super) window: Option<Range<i64>>,
}

#[derive(Clone, Debug)]
pub(super) enum Place {
    Any,
    /// Bit s: the state of number s.
    States(u64),
    Zips(Vec<Range<u32>>),
}

/// What a list of candidates decides, for every visitor.
pub(super) struct Diagram {
    /// How many values each dimension has.
    pub(super) sizes: [usize; DIMENSIONS],
    nodes: Nodes,
    /// One for every class of ZIPs and state that occur together.
    pub(super) roots: Vec<Root>,
    /// What is decided of ZIPs in no state.
    nowhere: NodeId,
}

impl Diagram {
    /// Nobody decides of ZIPs in no state, not even whoever decides everywhere.
    pub(super) fn nobody_nowhere(&mut self) {
        self.nowhere = NodeId::NOBODY;
    }

    /// What is decided for a value of the first dimension.
    fn of_first(nodes: &Nodes, root: NodeId, value: usize) -> NodeId {
        let children = nodes.get(root).at(0);
        children
            .and_then(|children| children.get(value))
            .copied()
            .unwrap_or(root)
    }
}

/// ZIPs of one state that no candidate tells apart.
#[derive(Clone, Debug)]
pub(super) struct Root {
    node: NodeId,
    /// The state's number.
    pub(super) state: u8,
    /// Ascending and apart from each other.
    pub(super) zips: Vec<Range<u32>>,
}
