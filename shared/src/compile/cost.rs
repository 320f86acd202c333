//! What a table's size is made of: it is a sum over rules, so the ones that make it large can be named.

use super::clause::{Clause, Place, prefixes};
use super::numbered::PRODUCT;
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
    /// Per rule with clauses; and the clauses on all pages together.
    pub(super) fn costs(self, layers: &[Ranked<'_>]) -> (Vec<Cost>, u64) {
        // By the rule's index.
        let mut bits: Vec<(u32, u64)> = Vec::new();
        let mut copies = 0;
        for clause in layers.iter().flat_map(|layer| &layer.clauses) {
            let (pages, more) = self.clause(clause);
            copies += pages;
            let window = clause.window.as_ref().map_or(0, |_| WINDOW_BYTES as u64);
            let on_page = 32 + u64::from(self.rows.end());
            if bits.len() <= clause.index {
                bits.resize(clause.index + 1, (0, 0));
            }
            let (rule, bits) = &mut bits[clause.index];
            *rule = clause.rule.number;
            *bits += 8 * (INFO_BYTES as u64 + window) + pages * on_page + more;
        }
        let costs = bits.into_iter().filter(|(_, bits)| *bits > 0);
        let costs = costs.map(|(rule, bits)| Cost {
            rule,
            bytes: bits.div_ceil(8),
        });
        (costs.collect(), copies)
    }

    /// On how many pages a clause is, and bits that it adds to the rows that not all pages have.
    fn clause(self, clause: &Clause<'_>) -> (u64, u64) {
        match &clause.place {
            Place::Any if self.limits.by_product(clause) => (clause.values[PRODUCT].len() as u64, 0),
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
        }
    }
}

pub(super) fn top(mut costs: Vec<Cost>) -> Vec<Cost> {
    costs.sort_by_key(|cost| (std::cmp::Reverse(cost.bytes), cost.rule));
    costs.truncate(MAX_COSTS);
    costs
}
