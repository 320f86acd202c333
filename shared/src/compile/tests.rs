//! The engine against rules that are only sorted, on many small random rule sets.

mod checks;
mod proof;
mod random;
mod size;
mod spec;

use super::numbered::Numbered;
use super::pages::Limits;
use super::random::Random;
use super::reference::Reference;
use super::write::Dictionaries;
use super::{layers, write};
use crate::decide::Visitor;
use crate::rules::RuleSet;
use crate::table::Table;
use crate::zip::locate;

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
    Table::load(bytes(set, limits)).unwrap()
}

fn bytes(set: &RuleSet, limits: Limits) -> Vec<u8> {
    let numbered = Numbered::new(set);
    let dictionaries = Dictionaries::new(&numbered);
    write::write(&numbered, &dictionaries, &layers(&numbered), limits)
}

/// The rule that decides, and the attributes.
type Answer<'a> = (Option<u32>, Vec<(&'a str, &'a str)>);

fn answer<'a>(table: &'a Table, visitor: &Visitor<'_>) -> Option<Answer<'a>> {
    let question = table.question(visitor, locate(visitor.zip.zip).state)?;
    Some((table.rule(&question), table.attributes(&question)))
}

#[test]
fn every_table_decides_as_sorting_does() {
    let mut asked = 0;
    for seed in 0..2_000 {
        let mut random = Random(seed);
        let set = random.rule_set(40);
        let reference = Reference::new(&set);
        let tables = LIMITS.map(|limits| table(&set, limits));
        for _ in 0..150 {
            let visitor = random.visitor();
            let expected = reference.answer(&visitor);
            let expected = (expected.rule, expected.attributes);
            for (table, limits) in tables.iter().zip(["copied", "not copied", "mixed"]) {
                let found = answer(table, &visitor).unwrap();
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
        let reference = Reference::new(&set);
        let tables = LIMITS.map(|limits| table(&set, limits));
        for _ in 0..200 {
            let visitor = random.visitor();
            let expected = reference.answer(&visitor).rule;
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
