//! How differently two rule sets decide: exactly, over every visitor.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::thread;

use marquee_shared::compile::{self, Layer};
use marquee_shared::rules::RuleSet;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::super::diagram::{self, Candidate, Count, Diagram, Differences, Side, listed_by_state};
use super::gaps::{code, percent};
use super::outcome::{Answers, Outcomes};
use super::space::instant;
use super::{BUDGET, Decider, Example, Space, Unfit};

/// Pairs of deciders told of a layer.
const TOLD: usize = 100;

/// Who gets something else. A cell is a ZIP × product × language × device × channel; only ZIPs that somebody has
/// are counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Changes {
    /// ZIPs of which at least one cell is decided differently
    #[schema(example = 2_098)]
    pub zips: u64,
    /// The same of ZIPs that nobody has, as far as is known: of these nothing else is counted
    #[schema(example = 0)]
    pub unassigned_zips: u64,
    #[schema(example = 25_176)]
    pub cells: u64,
    /// Of all cells
    #[schema(example = 0.2)]
    pub percent: f64,
    /// Cells that are decided alike now and differently at some time to come
    #[schema(example = 0)]
    pub later_cells: u64,
    /// When the first of them is
    #[serde(with = "time::serde::rfc3339::option")]
    pub later_at: Option<OffsetDateTime>,
    /// Those with changes, by code
    pub states: Vec<StateChanges>,
    /// Who decided and who decides instead, the most cells first, at most 100
    pub pairs: Vec<Change>,
    /// How many pairs there are
    #[schema(example = 1)]
    pub pairs_found: usize,
}

/// Who gets something else in a state.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StateChanges {
    #[schema(example = "NY")]
    pub state: &'static str,
    #[schema(example = 2_098)]
    pub zips: u64,
    /// That the state has
    #[schema(example = 2_098)]
    pub of: u64,
    #[schema(example = 25_176)]
    pub cells: u64,
    /// Of the state's cells
    #[schema(example = 50.0)]
    pub percent: f64,
    #[schema(example = 0)]
    pub later_cells: u64,
}

/// Cells that go from one decider to another.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    pub from: Decider,
    pub to: Decider,
    #[schema(example = 25_176)]
    pub cells: u64,
    /// Of all cells
    #[schema(example = 0.2)]
    pub percent: f64,
    pub example: Example,
}

/// Who gets another value of a variable.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct VariableChanges {
    #[schema(example = "phone")]
    pub variable: String,
    #[serde(flatten)]
    pub changes: Changes,
}

/// How two rule sets differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::redirects) struct Difference {
    /// Whoever comes, from the moment on.
    pub(in crate::redirects) alike: bool,
    pub(in crate::redirects) destinations: Changes,
    /// Those that differ.
    pub(in crate::redirects) variables: Vec<VariableChanges>,
}

/// From `since` on, in unix seconds.
///
/// # Errors
/// [`Unfit`] when the rules of a side are too many or too entangled.
pub(in crate::redirects) fn difference(
    old: &RuleSet,
    new: &RuleSet,
    since: i64,
) -> Result<Difference, Unfit> {
    let space = Space::of(&[old, new], since)?;
    let layers = [old, new].map(compile::ways);
    let variables = layers.iter().flatten().map(|layer| layer.variable.as_deref());
    let variables: BTreeSet<Option<&str>> = variables.chain([None]).collect();
    let mut difference = Difference {
        alike: true,
        ..Difference::default()
    };
    for variable in variables {
        let (ours, theirs) = thread::scope(|scope| {
            let theirs = scope.spawn(|| One::of(&space, new, &layers[1], variable));
            let ours = One::of(&space, old, &layers[0], variable);
            (ours, theirs.join())
        });
        let theirs = theirs.unwrap_or_else(|panic| resume_unwind(panic));
        let (ours, theirs) = (ours?, theirs?);
        let (ever, changes) = ours.against(&theirs, &space, variable);
        difference.alike &= !ever;
        match variable {
            None => difference.destinations = changes,
            Some(variable) if ever => difference.variables.push(VariableChanges {
                variable: variable.to_owned(),
                changes,
            }),
            Some(_) => {}
        }
    }
    Ok(difference)
}

/// A layer of one side.
struct One<'a> {
    set: &'a RuleSet,
    candidates: Vec<Candidate>,
    diagram: Diagram,
}

impl<'a> One<'a> {
    fn of(
        space: &Space<'_>,
        set: &'a RuleSet,
        layers: &[Layer<'a>],
        variable: Option<&str>,
    ) -> Result<Self, Unfit> {
        let layer = layers.iter().find(|layer| layer.variable.as_deref() == variable);
        let candidates = layer
            .map(|layer| space.candidates(set, layer))
            .unwrap_or_default();
        let mut diagram = diagram::build(&candidates, space.sizes(), BUDGET)?;
        if variable.is_none() {
            diagram.nobody_nowhere();
        }
        Ok(Self {
            set,
            candidates,
            diagram,
        })
    }

    /// Whether the two ever differ, and how.
    fn against(&self, other: &Self, space: &Space<'_>, variable: Option<&str>) -> (bool, Changes) {
        let mut outcomes = Outcomes::default();
        let mut answers = |one: &Self| Answers::of(&mut outcomes, space, one.set, variable, &one.candidates);
        let (ours, theirs) = (answers(self), answers(other));
        let differences = diagram::differ(
            &Side {
                diagram: &self.diagram,
                kinds: ours.kinds.clone(),
                says: &|kind, rank| ours.says(kind, rank),
            },
            &Side {
                diagram: &other.diagram,
                kinds: theirs.kinds.clone(),
                says: &|kind, rank| theirs.says(kind, rank),
            },
        );
        let ever = differences.states.values().any(|count| count.ever);
        (ever, changes(space, differences, &ours, &theirs))
    }
}

fn changes(space: &Space<'_>, differences: Differences, ours: &Answers<'_>, theirs: &Answers<'_>) -> Changes {
    let of = listed_by_state();
    let combinations: u64 = space.sizes().iter().map(|size| *size as u64).product();
    let cells = of.values().sum::<u64>() * combinations;
    let mut pairs: BTreeMap<(Decider, Decider), diagram::Pair> = BTreeMap::new();
    for ((old, new), pair) in differences.pairs {
        let key = (ours.decider(old.0, old.1), theirs.decider(new.0, new.1));
        match pairs.get_mut(&key) {
            Some(sum) => sum.add(pair.cells, pair.example),
            None => {
                pairs.insert(key, pair);
            }
        }
    }
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_by_key(|(_, pair)| Reverse(pair.cells));
    let mut changes = Changes {
        pairs_found: pairs.len(),
        later_at: differences.later_at.and_then(instant),
        ..Changes::default()
    };
    for ((from, to), pair) in pairs.into_iter().take(TOLD) {
        changes.pairs.push(Change {
            from,
            to,
            cells: pair.cells,
            percent: percent(pair.cells, cells),
            example: space.example(pair.example, i64::MIN),
        });
    }
    for (state, count) in differences.states {
        let Count {
            zips,
            unlisted,
            cells,
            later,
            ..
        } = count;
        changes.zips += zips;
        changes.unassigned_zips += unlisted;
        changes.cells += cells;
        changes.later_cells += later;
        if let Some(state) = state.filter(|_| cells + later > 0) {
            let of = of.get(&state).copied().unwrap_or_default();
            changes.states.push(StateChanges {
                state: code(state),
                zips,
                of,
                cells,
                percent: percent(cells, of * combinations),
                later_cells: later,
            });
        }
    }
    changes.states.sort_by_key(|state| state.state);
    changes.percent = percent(changes.cells, cells);
    changes
}
