//! What a table's size is made of: it is a sum over rules, so the ones that make it large can be named.

use std::collections::BTreeMap;

use super::clause::{Clause, Place, prefixes};
use super::pages::Limits;
use super::{Cost, MAX_COSTS, Ranked};
use crate::table::layout::{INFO_BYTES, Rows, STATES, WINDOW_BYTES};

/// The closed formula of a clause's bytes.
#[derive(Clone, Copy)]
pub(super) struct Weigher {
    pub(super) rows: Rows,
    pub(super) limits: Limits,
}

impl Weigher {
    /// Per rule, by number.
    pub(super) fn costs(self, layers: &[Ranked<'_>]) -> Vec<Cost> {
        let mut bits: BTreeMap<u32, u64> = BTreeMap::new();
        for clause in layers.iter().flat_map(|layer| &layer.clauses) {
            *bits.entry(clause.rule.number).or_default() += self.bits(clause);
        }
        bits.into_iter()
            .map(|(rule, bits)| Cost {
                rule,
                bytes: bits.div_ceil(8),
            })
            .collect()
    }

    fn bits(self, clause: &Clause<'_>) -> u64 {
        let rows = u64::from(self.rows.end());
        let (pages, more) = match &clause.place {
            Place::Any if self.limits.by_product(clause) => (clause.rule.when.product.len() as u64, 0),
            Place::States(states) if self.limits.by_state(*states) => (u64::from(states.count_ones()), 0),
            Place::Any | Place::States(_) => (1, u64::from(STATES) + 1),
            Place::Areas(zips) | Place::Exact(zips) => {
                let touched = prefixes(zips);
                let edges = |bits: u128| u64::from((bits ^ bits << 1).count_ones());
                (
                    touched.len() as u64,
                    touched.iter().map(|(_, bits)| 16 * edges(*bits)).sum(),
                )
            }
        };
        let window = clause.window.as_ref().map_or(0, |_| WINDOW_BYTES as u64);
        8 * (INFO_BYTES as u64 + window) + pages * (32 + rows) + more
    }
}

pub(super) fn top(mut costs: Vec<Cost>) -> Vec<Cost> {
    costs.sort_by_key(|cost| (std::cmp::Reverse(cost.bytes), cost.rule));
    costs.truncate(MAX_COSTS);
    costs
}
