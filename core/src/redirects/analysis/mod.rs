//! What of a rule set can never happen, what it forgets, and what of it differs from another: exactly, by
//! [`super::diagram`], and from a moment on. What was decided before is nobody's concern any more.
//!
//! Pure and slow: run it off the async threads, the diagrams on rule sets without errors.

mod difference;
mod findings;
mod gaps;
mod outcome;
mod space;
mod splits;
mod ties;
mod unreachable;
mod upkeep;

use marquee_shared::compile;
use marquee_shared::rules::RuleSet;

use super::diagram::{MAX_VALUES, Overflow};
pub(super) use difference::difference;
pub use difference::{Change, Changes, StateChanges, VariableChanges};
pub(super) use findings::Findings;
pub use findings::{Finding, FindingCount, Severity};
pub use gaps::{Gap, Gaps, Rest, StateRest, StateZips};
pub use outcome::Decider;
pub use space::Example;
pub(super) use space::Space;
pub(super) use splits::splits;
pub use splits::{SplitRule, SplitVariant, Splits};
pub(super) use ties::examples;
pub use unreachable::{Unreachable, Why};
pub(super) use upkeep::upkeep;

/// Children of all nodes, four bytes each: some hundred megabytes at most.
pub(super) const BUDGET: usize = 50_000_000;

/// What the rules of a brand can never do.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Analysis {
    /// By number, not all of them.
    pub(super) unreachable: Vec<Unreachable>,
    /// How many there are.
    pub(super) unreachable_rules: usize,
    pub(super) gaps: Gaps,
}

/// Why a rule set has no exact analysis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error(transparent)]
    Overflow(#[from] Overflow),
    #[error("{what} has {values} values; at most {MAX_VALUES} can be analysed")]
    TooManyValues { what: &'static str, values: usize },
}

/// From `since` on, in unix seconds: the rules that never decide, whoever comes and whenever (a route for no
/// visitor, an attribute rule for none of its variables), and the visitors for whom nothing does.
///
/// # Errors
/// [`Unfit`] when the rules are too many or too entangled.
pub(super) fn analyse(set: &RuleSet, since: i64) -> Result<Analysis, Unfit> {
    let space = Space::of(&[set], since)?;
    let mut unreachable = unreachable::Search::new(&space);
    let mut gaps = Gaps::default();
    for layer in &compile::ways(set) {
        let candidates = space.candidates(set, layer);
        let diagram = super::diagram::build(&candidates, space.sizes(), BUDGET)?;
        unreachable.look(&diagram, &candidates);
        if layer.variable.is_none() {
            gaps = gaps::gaps(set, &space, &diagram);
        }
    }
    let (unreachable_rules, unreachable) = unreachable.found();
    Ok(Analysis {
        unreachable,
        unreachable_rules,
        gaps,
    })
}

#[cfg(test)]
mod tests;
