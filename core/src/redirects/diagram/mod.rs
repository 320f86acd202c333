//! The decision diagram of a rule set: exact answers about all visitors at once.
//!
//! A reduced, ordered, multi-valued diagram over product → language → device → media, one root for every class of
//! ZIPs that the rules do not tell apart. Its leaves are step functions of time. It is canonical: two roots decide
//! alike exactly when they are the same node. The edge answers from pages of bit rows instead, which are smaller;
//! both come from the same order of clauses.

mod build;
mod classes;
mod join;
mod mask;
mod nodes;
mod steps;
#[cfg(test)]
mod tests;
mod wins;
mod within;

pub(super) use build::{Overflow, build};
pub(super) use mask::{MAX_VALUES, Mask};
pub(super) use wins::{Won, wins};
pub(super) use within::Cell;

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
