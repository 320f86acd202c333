//! The engine against a resolver that only sorts, on many small random rule sets.

mod checks;
mod naive;
mod random;
mod size;
mod spec;

use super::pages::Limits;
use super::{layers, write};
use crate::decide::Visitor;
use crate::rules::RuleSet;
use crate::table::Table;
use crate::zip::locate;
use naive::Naive;
use random::Random;

const LIMITS: [Limits; 3] = [
    Limits {
        states: 16,
        products: 4,
    },
    Limits::NO_COPIES,
    Limits {
        states: 2,
        products: 1,
    },
];

/// A table of rules that need not pass the checks.
fn table(set: &RuleSet, limits: Limits) -> Table {
    Table::load(write::write(set, &layers(set), limits)).unwrap()
}

/// The rule that decides, and the attributes.
type Answer<T> = (Option<u32>, Vec<(T, T)>);

fn answer<'a>(table: &'a Table, visitor: &Visitor<'_>) -> Option<Answer<&'a str>> {
    let question = table.question(visitor, locate(visitor.zip.zip).state)?;
    Some((table.rule(&question), table.attributes(&question)))
}

#[test]
fn every_table_decides_as_sorting_does() {
    let mut asked = 0;
    for seed in 0..2_000 {
        let mut random = Random(seed);
        let set = random.rule_set(40);
        let naive = Naive::new(&set);
        let tables = LIMITS.map(|limits| table(&set, limits));
        for _ in 0..150 {
            let visitor = random.visitor();
            let expected = naive.answer(&visitor);
            for (table, limits) in tables.iter().zip(["copied", "not copied", "mixed"]) {
                let found = answer(table, &visitor).unwrap();
                let found = (
                    found.0,
                    found
                        .1
                        .into_iter()
                        .map(|(k, v)| (k.to_owned(), v.to_owned()))
                        .collect(),
                );
                assert_eq!(found, expected, "seed {seed}, {limits}, {visitor:?}");
                asked += 1;
            }
        }
    }
    assert_eq!(asked, 900_000);
}

#[test]
fn pages_of_more_than_64_clauses_decide_as_sorting_does() {
    for seed in 0..25 {
        let mut random = Random(seed);
        let set = random.rule_set(1_500);
        let naive = Naive::new(&set);
        let tables = LIMITS.map(|limits| table(&set, limits));
        for _ in 0..200 {
            let visitor = random.visitor();
            let expected = naive.answer(&visitor).0;
            for table in &tables {
                assert_eq!(
                    answer(table, &visitor).unwrap().0,
                    expected,
                    "seed {seed}, {visitor:?}"
                );
            }
        }
    }
}

#[test]
fn a_rule_set_without_clauses_has_a_table() {
    let mut set = Random(1).rule_set(3);
    set.rules.clear();
    let table = table(&set, LIMITS[0]);
    let visitor = Random(2).visitor();
    assert_eq!(answer(&table, &visitor), Some((None, Vec::new())));
    assert_eq!(
        answer(
            &table,
            &Visitor {
                product: "no-such",
                ..visitor
            }
        ),
        None
    );
}
