use super::random::settings;
use super::{LIMITS, bytes, layers, table};
use crate::compile::cost::Weigher;
use crate::compile::numbered::Numbered;
use crate::compile::pages::Limits;
use crate::compile::random::Random;
use crate::compile::write::Dictionaries;
use crate::compile::{MAX_TABLE_BYTES, Refused, compile};
use crate::rules::{Action, Rule, RuleSet, Target, When, ZipClause};
use crate::zip::{Zip, locate};

/// One product, one destination, so that nothing ties.
fn bare(rules: u32) -> RuleSet {
    let mut set = settings();
    let mut random = Random(1);
    let mut rule = random.rule(1);
    while !matches!(&rule.action, Action::Route(Target::Split { .. })) {
        rule = random.rule(1);
    }
    rule.enabled = true;
    (rule.from, rule.until, rule.when) = (None, None, When::default());
    set.rules = (1..=rules)
        .map(|number| Rule {
            number,
            ..rule.clone()
        })
        .collect();
    set
}

#[test]
fn a_table_is_close_to_the_sum_of_its_rules() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let set = random.rule_set(3_000);
        let numbered = Numbered::new(&set);
        let layers = layers(&numbered);
        let empty = RuleSet {
            rules: Vec::new(),
            ..set.clone()
        };
        for limits in LIMITS {
            let fixed = bytes(&empty, limits).len();
            let built = table(&set, limits).size();
            let (costs, _) = Weigher {
                rows: Dictionaries::new(&numbered).rows(),
                limits,
            }
            .costs(&layers);
            let sum = costs.iter().map(|cost| cost.bytes).sum::<u64>() as usize + fixed * layers.len();
            // Page heads and rows padded to bytes on the one side, shared pages on the other.
            assert!(built < sum * 2 + 20_000, "seed {seed}: {built} for {sum}");
        }
    }
}

#[test]
fn a_table_too_large_is_refused_and_names_the_costliest_rules() {
    let mut set = bare(200);
    for (index, rule) in set.rules.iter_mut().enumerate() {
        rule.when.zip = vec![ZipClause::Exact(10_001)];
        rule.when.media = vec![format!("m{index}")];
    }
    assert!(compile(&set).is_ok());
    // Every tenth rule names ZIPs all over the country.
    for (index, rule) in set.rules.iter_mut().step_by(10).enumerate() {
        rule.when.zip = zips().skip(index).step_by(3).collect();
    }
    let costs = compile(&set).unwrap().costs;
    assert!(costs.iter().all(|cost| cost.rule % 10 == 1), "{costs:?}");
    let rules = set.rules.iter().cycle().take(800).cloned();
    set.rules = (1..)
        .zip(rules)
        .map(|(number, rule)| Rule {
            number,
            priority: number as i32,
            ..rule
        })
        .collect();
    for (index, rule) in set.rules.iter_mut().enumerate() {
        rule.when.zip = zips()
            .skip(index % 9)
            .step_by(if index % 10 == 0 { 2 } else { 9 })
            .collect();
    }
    let Err(Refused::TooLarge { bytes, costs }) = compile(&set) else {
        panic!("not refused for its size")
    };
    assert!(bytes > MAX_TABLE_BYTES as u64);
    assert!(
        costs.len() == 20 && costs.iter().all(|cost| cost.rule % 10 == 1),
        "{costs:?}"
    );
}

/// Every ZIP that lies in a state.
fn zips() -> impl Iterator<Item = ZipClause> {
    let assigned = |zip: &u32| locate(Zip::from_number(i64::from(*zip)).unwrap()).state.is_some();
    (0..100_000).filter(assigned).map(ZipClause::Exact)
}

#[test]
fn rules_of_many_states_are_not_copied_when_that_would_be_too_large() {
    let states: Vec<String> = crate::zip::State::all()
        .take(10)
        .map(|state| state.code().to_owned())
        .collect();
    let mut set = bare(100_000);
    for (index, rule) in set.rules.iter_mut().enumerate() {
        rule.when.state.clone_from(&states);
        rule.when.media = vec![format!("m{}", index % 400)];
        rule.priority = (index / 400) as i32;
    }
    let copied = bytes(&set, Limits::default()).len();
    assert!(copied > MAX_TABLE_BYTES, "{copied}");
    let compiled = compile(&set).unwrap();
    assert!(compiled.bytes.len() <= MAX_TABLE_BYTES && compiled.bytes.len() < copied / 4);
}

#[test]
fn hostile_rules_are_refused_before_they_are_built() {
    let mut set = bare(21_000);
    for (index, rule) in set.rules.iter_mut().enumerate() {
        rule.when.zip = vec![ZipClause::Range(500 + index as u32 % 100, 99_999)];
        rule.priority = index as i32;
    }
    let Err(Refused::TooLarge { costs, .. }) = compile(&set) else {
        panic!("not refused for its size")
    };
    assert_eq!(costs.len(), 20);
}
