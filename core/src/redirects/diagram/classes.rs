//! Classes of ZIPs: those that the same candidates name.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::RandomState;

use super::zips::ZIPS;
use super::{Candidate, Place};

#[derive(Clone, Debug)]
pub(super) struct Class {
    /// Ranks of the candidates that name these ZIPs, ascending; none for the class of all others.
    pub(super) ranks: Vec<u32>,
    /// Ascending.
    pub(super) zips: Vec<Range<u32>>,
}

/// All ZIPs from 00000 to 99999, each in one class.
pub(super) fn classes(candidates: &[Candidate]) -> Vec<Class> {
    let mut edges = edges(candidates);
    edges.sort_unstable();
    let mut classes: Vec<Class> = Vec::new();
    let mut known: HashMap<Vec<u32>, usize, RandomState> = HashMap::default();
    // Ascending ranks, and how often each names the ZIP at hand: ranges of one rule may overlap.
    let mut active: Vec<(u32, u32)> = Vec::new();
    let mut from = 0;
    let mut edges = edges.into_iter().peekable();
    while from < ZIPS {
        while let Some((_, rank, begins)) = edges.next_if(|(at, ..)| *at <= from) {
            step(&mut active, rank, begins);
        }
        let until = edges.peek().map_or(ZIPS, |(at, ..)| (*at).min(ZIPS));
        let ranks: Vec<u32> = active.iter().map(|(rank, _)| *rank).collect();
        let index = *known.entry(ranks).or_insert_with_key(|ranks| {
            classes.push(Class {
                ranks: ranks.clone(),
                zips: Vec::new(),
            });
            classes.len() - 1
        });
        classes[index].zips.push(from..until);
        from = until;
    }
    classes
}

/// Where a candidate begins and ends to name ZIPs.
fn edges(candidates: &[Candidate]) -> Vec<(u32, u32, bool)> {
    let mut edges = Vec::new();
    for (rank, candidate) in (0..).zip(candidates) {
        if let Place::Zips(runs) = &candidate.place {
            for run in runs {
                edges.push((run.start, rank, true));
                edges.push((run.end, rank, false));
            }
        }
    }
    edges
}

fn step(active: &mut Vec<(u32, u32)>, rank: u32, begins: bool) {
    match active.binary_search_by_key(&rank, |(rank, _)| *rank) {
        Ok(index) if begins => active[index].1 += 1,
        Ok(index) if active[index].1 > 1 => active[index].1 -= 1,
        Ok(index) => {
            active.remove(index);
        }
        // Ends sort before beginnings: what ends here has begun before.
        Err(index) => active.insert(index, (rank, 1)),
    }
}
