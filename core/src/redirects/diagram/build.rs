//! From candidates to a diagram: the states' part and the ZIPs' part are grown apart, then joined.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use marquee_shared::zip::State;

use super::classes::{Class, classes};
use super::join::Join;
use super::nodes::{NodeId, Nodes};
use super::steps::Steps;
use super::zips::by_state;
use super::{Candidate, DIMENSIONS, Diagram, Mask, Place, Root};

/// The rules are too entangled for an exact analysis within the budget.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rules need more than {budget} words to be analysed; rule {} takes most", .costliest.first().copied().unwrap_or_default())]
pub(crate) struct Overflow {
    pub(crate) budget: usize,
    /// Numbers of the rules that take most, most first.
    pub(crate) costliest: Vec<u32>,
}

/// Rules named when the budget does not suffice.
const NAMED: usize = 20;

/// The diagram of candidates in the order of precedence, over dimensions of these sizes, of which all nodes together
/// have at most `budget` children.
///
/// # Errors
/// [`Overflow`] names the rules that take most.
pub(crate) fn build(
    candidates: &[Candidate],
    sizes: [usize; DIMENSIONS],
    budget: usize,
) -> Result<Diagram, Overflow> {
    let mut growth = Growth {
        candidates,
        sizes,
        budget,
        masks: std::array::from_fn(|dimension| {
            let masks = candidates.iter().map(|candidate| candidate.masks[dimension]);
            masks.collect()
        }),
        open_from: candidates.iter().map(open_from).collect(),
        nodes: Nodes::new(),
        charges: vec![0; candidates.len()],
        known: HashMap::default(),
    };
    let states = growth.states()?;
    let nowhere = growth.nowhere()?;
    let mut pairs = Vec::new();
    for Class { ranks, zips } in classes(candidates) {
        let node = growth.remembered(&ranks)?;
        pairs.extend(by_state(zips).map(|(state, zips)| (state, node, zips)));
    }
    let mut join = Join::new(&mut growth.nodes, budget);
    let mut roots: Vec<Root> = Vec::new();
    let mut places: HashMap<(u8, NodeId), usize, RandomState> = HashMap::default();
    for (state, node, zips) in pairs {
        let broad = states.get(usize::from(state)).copied().unwrap_or(NodeId::NOBODY);
        let joined = join.best(broad, node);
        let Some(node) = joined else {
            return Err(growth.overflow());
        };
        // ZIPs that were told apart may be decided alike.
        let index = *places.entry((state, node)).or_insert(roots.len());
        match roots.get_mut(index) {
            Some(root) => root.zips.extend(zips),
            None => roots.push(Root { node, state, zips }),
        }
    }
    for root in &mut roots {
        root.zips.sort_unstable_by_key(|run| run.start);
    }
    Ok(Diagram {
        sizes,
        nodes: growth.nodes,
        roots,
        nowhere,
    })
}

struct Growth<'a> {
    candidates: &'a [Candidate],
    sizes: [usize; DIMENSIONS],
    budget: usize,
    /// By dimension and rank: those of the candidates, close to each other.
    masks: [Vec<Mask>; DIMENSIONS],
    /// By rank: see [`open_from`].
    open_from: Vec<usize>,
    nodes: Nodes,
    /// By rank: children of branches that the candidate had a part in.
    charges: Vec<u64>,
    /// What a list of ranks came to, by the dimension looked at next. Worth its memory for ZIPs only, whose lists
    /// come again and again.
    known: HashMap<(usize, Box<[u32]>), NodeId, RandomState>,
}

impl Growth<'_> {
    /// By number of the state: what the candidates that name no ZIP decide there.
    fn states(&mut self) -> Result<Vec<NodeId>, Overflow> {
        let last = State::all().map(State::number).max().unwrap_or_default();
        (0..=last)
            .map(|state| {
                let here = |candidate: &Candidate| match candidate.place {
                    Place::Any => true,
                    Place::States(states) => states >> state & 1 == 1,
                    Place::Zips(_) => false,
                };
                let ranks = (0..)
                    .zip(self.candidates)
                    .filter(|(_, candidate)| here(candidate));
                let ranks: Vec<u32> = ranks.map(|(rank, _)| rank).collect();
                let ranks = self.cut(0, ranks.into_iter());
                self.grow(0, &ranks, false)
            })
            .collect()
    }

    /// What is decided of ZIPs in no state, which no candidate can name.
    fn nowhere(&mut self) -> Result<NodeId, Overflow> {
        let ranks = (0..).zip(self.candidates);
        let anywhere = ranks.filter(|(_, candidate)| matches!(candidate.place, Place::Any));
        let ranks: Vec<u32> = anywhere.map(|(rank, _)| rank).collect();
        let ranks = self.cut(0, ranks.into_iter());
        self.grow(0, &ranks, false)
    }

    fn remembered(&mut self, ranks: &[u32]) -> Result<NodeId, Overflow> {
        let ranks = self.cut(0, ranks.iter().copied());
        self.grow(0, &ranks, true)
    }

    /// The node of candidates that match in all dimensions before `dimension`, best rank first.
    fn grow(&mut self, dimension: usize, ranks: &[u32], remember: bool) -> Result<NodeId, Overflow> {
        let Some(dimension) = (dimension..DIMENSIONS).find(|dimension| self.matters(*dimension, ranks))
        else {
            let steps = Steps::of(self.candidates, ranks);
            return Ok(self.nodes.leaf(steps));
        };
        let key = (dimension, Box::from(ranks));
        if remember && let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let groups = self.groups(dimension, ranks);
        let mut grown: Vec<NodeId> = Vec::new();
        let mut children = Vec::with_capacity(groups.len());
        for (value, group) in groups.iter().enumerate() {
            // Groups are numbered in the order in which they come.
            if *group == grown.len() {
                let matching = ranks.iter().copied();
                let matching = matching.filter(|rank| self.mask(*rank, dimension).has(value));
                let matching = self.cut(dimension + 1, matching);
                grown.push(self.grow(dimension + 1, &matching, remember)?);
            }
            children.extend(grown.get(*group));
        }
        let before = self.nodes.words();
        let node = self.nodes.branch(dimension, children);
        self.charge(dimension, ranks, self.nodes.words() - before);
        if self.nodes.words() > self.budget {
            return Err(self.overflow());
        }
        if remember {
            self.known.insert(key, node);
        }
        Ok(node)
    }

    /// Whether a candidate fixes the dimension.
    fn matters(&self, dimension: usize, ranks: &[u32]) -> bool {
        ranks.iter().any(|rank| !self.mask(*rank, dimension).is_any())
    }

    /// Nobody comes to pass below a candidate that always matches.
    fn cut(&self, dimension: usize, ranks: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut kept = Vec::new();
        for rank in ranks {
            kept.push(rank);
            if self.open_from[rank as usize] <= dimension {
                break;
            }
        }
        kept
    }

    /// By value: the number of its group. Values of a group are in the same masks.
    fn groups(&self, dimension: usize, ranks: &[u32]) -> Vec<usize> {
        let size = self.sizes[dimension];
        let mut groups = vec![0; size];
        let mut count = 1;
        let mut split: Vec<[usize; 2]> = Vec::new();
        for rank in ranks {
            if count == size {
                break;
            }
            let mask = self.mask(*rank, dimension);
            if mask.is_any() {
                continue;
            }
            split.clear();
            split.resize(count, [usize::MAX; 2]);
            count = 0;
            for (value, group) in groups.iter_mut().enumerate() {
                let half = &mut split[*group][usize::from(mask.has(value))];
                if *half == usize::MAX {
                    *half = count;
                    count += 1;
                }
                *group = *half;
            }
        }
        groups
    }

    fn mask(&self, rank: u32, dimension: usize) -> &Mask {
        &self.masks[dimension][rank as usize]
    }

    fn charge(&mut self, dimension: usize, ranks: &[u32], words: usize) {
        if words == 0 {
            return;
        }
        for rank in ranks {
            if !self.mask(*rank, dimension).is_any() {
                self.charges[*rank as usize] += words as u64;
            }
        }
    }

    fn overflow(&self) -> Overflow {
        let mut rules: HashMap<u32, u64> = HashMap::new();
        for (candidate, charge) in self.candidates.iter().zip(&self.charges) {
            *rules.entry(candidate.rule).or_default() += charge;
        }
        let mut rules: Vec<(u32, u64)> = rules.into_iter().collect();
        rules.sort_unstable_by_key(|(rule, charge)| (std::cmp::Reverse(*charge), *rule));
        Overflow {
            budget: self.budget,
            costliest: rules.into_iter().take(NAMED).map(|(rule, _)| rule).collect(),
        }
    }
}

/// The dimension from which on the candidate matches whoever comes, and at all times; there is none if it has a window.
fn open_from(candidate: &Candidate) -> usize {
    if candidate.window.is_some() {
        return usize::MAX;
    }
    let fixed = candidate.masks.iter().rposition(|mask| !mask.is_any());
    fixed.map_or(0, |last| last + 1)
}
