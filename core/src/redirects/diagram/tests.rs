//! The diagram against brute force: every cell of random small rule sets.

use proptest::prelude::*;

use super::nodes::Node;
use super::steps::NOBODY;
use super::*;

const SIZES: [usize; DIMENSIONS] = [3, 2, 2, 3];
/// Of several states, with and without people.
const ZIPS: [u32; 8] = [501, 10_001, 10_002, 10_100, 90_210, 99_999, 2_108, 60_601];
const INSTANTS: [i64; 5] = [i64::MIN, 0, 5, 10, 20];

impl Diagram {
    /// The rank that decides in a cell at a time in unix seconds.
    fn winner(&self, Cell { zip, values }: Cell, at: i64) -> Option<u32> {
        let here = |root: &&Root| root.zips.iter().any(|run| run.contains(&zip));
        let mut id = self.roots.iter().find(here)?.node;
        loop {
            match self.nodes.get(id) {
                Node::Leaf(steps) => return Some(steps.at(at)).filter(|rank| *rank != NOBODY),
                Node::Branch { dimension, children } => {
                    id = *children.get(*values.get(usize::from(*dimension))?)?;
                }
            }
        }
    }
}

fn mask(size: usize) -> impl Strategy<Value = Mask> {
    prop_oneof![
        Just(Mask::ANY),
        prop::collection::btree_set(0..size, 1..=size).prop_map(|values| values.into_iter().collect()),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    let run = prop_oneof![
        prop::sample::select(ZIPS.to_vec()).prop_map(|zip| zip..zip + 1),
        prop::sample::select(ZIPS.to_vec()).prop_map(|zip| zip / 100 * 100..zip / 100 * 100 + 100),
        (0_u32..1_000, 1_u32..300).prop_map(|(from, length)| from * 100..(from + length) * 100),
    ];
    prop_oneof![
        Just(Place::Any),
        any::<u64>().prop_map(Place::States),
        prop::collection::vec(run, 1..4).prop_map(Place::Zips),
    ]
}

fn window() -> impl Strategy<Value = Option<Range<i64>>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(0..10)),
        1 => Just(Some(5..i64::MAX)),
        1 => Just(Some(i64::MIN..5)),
    ]
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let masks = (mask(SIZES[0]), mask(SIZES[1]), mask(SIZES[2]), mask(SIZES[3]));
    let candidate = (masks, place(), window());
    prop::collection::vec(candidate, 0..12).prop_map(|drawn| {
        let numbered = (1..).zip(drawn);
        numbered
            .map(
                |(rule, ((product, language, device, media), place, window))| Candidate {
                    rule,
                    masks: [product, language, device, media],
                    place,
                    window,
                },
            )
            .collect()
    })
}

/// Who decides, by looking at one candidate after the other.
fn winner(
    candidates: &[Candidate],
    state: u8,
    zip: u32,
    cell: [usize; DIMENSIONS],
    at: i64,
) -> Option<usize> {
    candidates.iter().position(|candidate| {
        let here = match &candidate.place {
            Place::Any => true,
            Place::States(states) => states >> state & 1 == 1,
            Place::Zips(runs) => runs.iter().any(|run| run.contains(&zip)),
        };
        let window = candidate.window.as_ref();
        here && candidate
            .masks
            .iter()
            .zip(cell)
            .all(|(mask, value)| mask.has(value))
            && window.is_none_or(|window| window.contains(&at))
    })
}

fn cells() -> impl Iterator<Item = [usize; DIMENSIONS]> {
    (0..SIZES.iter().product::<usize>()).map(|mut number| {
        SIZES.map(|size| {
            let value = number % size;
            number /= size;
            value
        })
    })
}

fn state(zip: u32) -> Option<u8> {
    let zip = marquee_shared::zip::Zip::from_number(i64::from(zip))?;
    marquee_shared::zip::locate(zip)
        .state
        .map(marquee_shared::zip::State::number)
}

proptest! {
    #[test]
    fn every_cell_is_decided_as_one_candidate_after_the_other_says(candidates in candidates()) {
        let diagram = build(&candidates, SIZES, usize::MAX).unwrap();
        for zip in ZIPS {
            let Some(state) = state(zip) else { continue };
            for cell in cells() {
                for at in INSTANTS {
                    prop_assert_eq!(
                        diagram.winner(Cell { zip, values: cell }, at).map(|rank| rank as usize),
                        winner(&candidates, state, zip, cell, at),
                        "{} {:?} {}", zip, cell, at
                    );
                }
            }
        }
    }

    #[test]
    fn what_each_candidate_wins_is_what_brute_force_counts(candidates in candidates()) {
        let diagram = build(&candidates, SIZES, usize::MAX).unwrap();
        let ours = |root: &Root| ZIPS.iter().filter(|zip| root.zips.iter().any(|run| run.contains(zip))).count() as u64;
        let mut counted = vec![Won::default(); candidates.len()];
        for zip in ZIPS {
            let Some(state) = state(zip) else { continue };
            for cell in cells() {
                let winners = INSTANTS.map(|at| winner(&candidates, state, zip, cell, at));
                for (rank, won) in counted.iter_mut().enumerate() {
                    let wins = winners.iter().filter(|winner| **winner == Some(rank)).count();
                    won.always += u64::from(wins == INSTANTS.len());
                    won.at_times += u64::from((1..INSTANTS.len()).contains(&wins));
                }
            }
        }
        prop_assert_eq!(wins(&diagram, candidates.len(), ours), counted);
    }

    #[test]
    fn whoever_decides_where_a_candidate_matches_is_named(candidates in candidates()) {
        let diagram = build(&candidates, SIZES, usize::MAX).unwrap();
        let mut within = Within::new(&diagram);
        for candidate in &candidates {
            let named: Vec<u32> = within.winners(candidate).into_iter().map(|(rank, _)| rank).collect();
            for zip in ZIPS {
                let Some(state) = state(zip) else { continue };
                for cell in cells() {
                    let alone = std::slice::from_ref(candidate);
                    let from = candidate.window.as_ref().map_or(0, |window| window.start);
                    if winner(alone, state, zip, cell, from).is_none() {
                        continue;
                    }
                    for at in INSTANTS {
                        let winner = winner(&candidates, state, zip, cell, at);
                        prop_assert!(winner.is_none_or(|rank| named.contains(&(rank as u32))));
                    }
                }
            }
        }
    }

    #[test]
    fn the_example_of_a_candidate_is_one_that_it_matches(candidates in candidates()) {
        for candidate in &candidates {
            if let Some(Cell { zip, values }) = candidate.example(SIZES) {
                let at = candidate.window.as_ref().map_or(0, |window| window.start);
                let alone = std::slice::from_ref(candidate);
                prop_assert_eq!(winner(alone, state(zip).unwrap(), zip, values, at), Some(0));
            }
        }
    }

    #[test]
    fn a_candidate_below_one_that_covers_it_never_wins(candidates in candidates()) {
        let diagram = build(&candidates, SIZES, usize::MAX).unwrap();
        let won = wins(&diagram, candidates.len(), |_| 1);
        for (rank, candidate) in candidates.iter().enumerate() {
            if candidates.iter().take(rank).any(|better| better.covers(candidate)) {
                prop_assert_eq!(won[rank], Won::default());
            }
        }
    }

    #[test]
    fn every_zip_of_a_state_is_in_one_root(candidates in candidates()) {
        let diagram = build(&candidates, SIZES, usize::MAX).unwrap();
        let mut roots = vec![0_u8; 100_000];
        for zip in diagram.roots.iter().flat_map(|root| root.zips.iter().cloned().flatten()) {
            roots[zip as usize] += 1;
        }
        for (zip, roots) in (0..).zip(roots) {
            prop_assert_eq!(roots, u8::from(state(zip).is_some()), "{}", zip);
        }
    }
}

#[test]
fn a_budget_that_does_not_suffice_names_the_rules_that_take_most() {
    let narrow = |rule, product| Candidate {
        rule,
        masks: [[product].into_iter().collect(), Mask::ANY, Mask::ANY, Mask::ANY],
        place: Place::Any,
        window: None,
    };
    let candidates = [narrow(7, 0), narrow(9, 1)];
    let overflow = build(&candidates, SIZES, 2).err().unwrap();
    assert_eq!((overflow.budget, overflow.costliest), (2, vec![7, 9]));
}
