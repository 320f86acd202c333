//! The proof before a table is signed finds what is wrong.

use crate::compile::{compile, prove};
use crate::rules::{Action, Rule, RuleSet, Target, ZipClause};
use crate::table::Table;

fn golden() -> RuleSet {
    serde_json::from_str(include_str!("../../../tests/golden/rules.json")).unwrap()
}

fn compiled(set: &RuleSet) -> Vec<u8> {
    compile(set).unwrap().bytes
}

type Change = fn(&mut Rule);

#[test]
fn the_table_of_the_rules_is_proven() {
    let small = serde_json::from_str(include_str!("../../table/tests/small.json")).unwrap();
    for set in [golden(), small] {
        let table = Table::load(compiled(&set)).unwrap();
        assert_eq!(prove(&set, &table), Ok(()));
    }
}

#[test]
fn a_table_of_other_rules_is_told_apart_by_a_visitor() {
    let changes: [(u32, Change); 10] = [
        (1, |rule| rule.enabled = false),
        (2, |rule| drop(rule.when.state.pop())),
        (3, |rule| rule.priority = -1),
        (4, |rule| rule.when.zip = vec![ZipClause::Range(10_000, 10_098)]),
        (5, |rule| {
            rule.until = rule.until.map(|until| until - time::Duration::SECOND)
        }),
        (7, |rule| variants(rule)[2].weight = 2),
        (8, |rule| variants(rule)[1].url += "x"),
        (7, |rule| variants(rule)[0].system = None),
        (9, |rule| rule.when.device[0] = "tablet".to_owned()),
        (22, |rule| rule.when.media = vec!["google".to_owned()]),
    ];
    let set = golden();
    for (number, change) in changes {
        let mut other = set.clone();
        change(other.rules.iter_mut().find(|rule| rule.number == number).unwrap());
        let table = Table::load(compiled(&other)).unwrap();
        let differs = prove(&set, &table).expect_err("nobody noticed");
        assert!(differs.to_string().contains(", ZIP "), "rule {number}: {differs}");
    }
}

fn variants(rule: &mut Rule) -> &mut [crate::rules::Variant] {
    match &mut rule.action {
        Action::Route(Target::Split { variants, .. }) => variants,
        _ => panic!("the rule has no variants"),
    }
}

/// The reader cannot know which bits of a row are meant: the proof does.
#[test]
fn a_damaged_byte_that_the_reader_accepts_is_told() {
    let set = golden();
    let bytes = compiled(&set);
    let (mut accepted, mut told) = (0, 0);
    for bit in (0..bytes.len() * 8).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(table) = Table::load(damaged) {
            accepted += 1;
            told += u32::from(prove(&set, &table).is_err());
        }
    }
    // The rest are bits that matter to nobody: padding, aliases, columns of values that another row rules out.
    assert!(told > 500 && told * 2 > accepted, "{told} of {accepted}");
}

#[test]
fn a_set_without_products_or_rules_is_proven_lost() {
    let mut set = golden();
    set.rules.clear();
    let bare = |set: &RuleSet| super::table(set, super::LIMITS[0]);
    assert_eq!(prove(&set, &bare(&set)), Ok(()));
    set.settings.products.clear();
    assert_eq!(prove(&set, &bare(&set)), Ok(()));
}

/// Thousands of rules that are alike but for their times: nobody can be told apart by what they are found by.
#[test]
fn the_proof_ends_soon_however_alike_the_rules_are() {
    let mut set = golden();
    let rule = set.rules[0].clone();
    let begins = |number: u32| time::OffsetDateTime::UNIX_EPOCH + time::Duration::hours(i64::from(number));
    set.rules = (1..=4_000)
        .map(|number| Rule {
            number,
            from: Some(begins(number)),
            until: Some(begins(number + 1)),
            ..rule.clone()
        })
        .collect();
    let bytes = super::bytes(&set, super::LIMITS[0]);
    let table = Table::load(bytes).unwrap();
    assert_eq!(prove(&set, &table), Ok(()));
    for rule in &mut set.rules {
        rule.until = rule.until.map(|until| until - time::Duration::SECOND);
    }
    assert!(prove(&set, &table).is_err());
}
