//! How much each candidate decides.

use super::nodes::Node;
use super::{Diagram, Root};

/// Cells (ZIP × product × language × device × media) that a candidate decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Won {
    /// At all times.
    pub(crate) always: u64,
    /// At some times only.
    pub(crate) at_times: u64,
}

/// By rank, for `candidates` of them; a root counts for as many ZIPs as `weigh` says.
pub(crate) fn wins(diagram: &Diagram, candidates: usize, weigh: impl Fn(&Root) -> u64) -> Vec<Won> {
    let mut won = vec![Won::default(); candidates];
    let mut weights = vec![0_u64; diagram.nodes.len()];
    for root in &diagram.roots {
        weights[root.node.index()] += weigh(root) * diagram.nodes.between(0, root.node, diagram.sizes);
    }
    // Parents before their children, so that a node has all its weight when its turn comes.
    for id in diagram.nodes.ids().rev() {
        let weight = weights[id.index()];
        if weight == 0 {
            continue;
        }
        match diagram.nodes.get(id) {
            Node::Branch { dimension, children } => {
                let next = usize::from(*dimension) + 1;
                for child in children {
                    weights[child.index()] += weight * diagram.nodes.between(next, *child, diagram.sizes);
                }
            }
            Node::Leaf(steps) => {
                if let Some(rank) = steps.only() {
                    if let Some(won) = won.get_mut(rank as usize) {
                        won.always += weight;
                    }
                    continue;
                }
                let mut ranks: Vec<u32> = steps.iter().map(|(_, rank)| rank).collect();
                ranks.sort_unstable();
                ranks.dedup();
                for rank in ranks {
                    if let Some(won) = won.get_mut(rank as usize) {
                        won.at_times += weight;
                    }
                }
            }
        }
    }
    won
}
