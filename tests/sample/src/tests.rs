#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use marquee_shared::compile::{check, compile};
use marquee_shared::rules::{Action, RuleSet, Split, Target, ZipClause};
use sha2::{Digest, Sha256};

use super::*;

fn hash(set: &RuleSet) -> String {
    let digest = Sha256::digest(serde_json::to_vec(set).unwrap());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_brands_can_be_published() {
    let brands = brands();
    for set in &brands {
        let findings = check(set);
        assert_eq!(
            findings.first(),
            None,
            "{}: {} findings",
            set.brand,
            findings.len()
        );
        compile(set).unwrap();
    }
    let rules: Vec<_> = brands.iter().map(|set| set.rules.len()).collect();
    assert!(
        brands.len() == 3 && rules.iter().sum::<usize>() >= 3_000,
        "{rules:?}"
    );
}

#[test]
fn the_brands_use_everything_a_rule_can_say() {
    let brands = brands();
    let rules = || brands.iter().flat_map(|set| &set.rules);
    let states: BTreeSet<_> = rules().flat_map(|rule| &rule.when.state).collect();
    let devices: BTreeSet<_> = rules().flat_map(|rule| &rule.when.device).collect();
    let media: BTreeSet<_> = rules().flat_map(|rule| &rule.when.media).collect();
    assert_eq!((states.len(), devices.len()), (62, 3));
    assert!(media.len() >= 10 && brands.iter().all(|set| set.settings.products.len() >= 4));
    let zips = |kind: fn(&ZipClause) -> bool| rules().flat_map(|rule| &rule.when.zip).any(kind);
    assert!(zips(|zip| matches!(zip, ZipClause::Exact(_))));
    assert!(zips(|zip| matches!(zip, ZipClause::Prefix(_))));
    assert!(zips(|zip| matches!(zip, ZipClause::Range(..))));
    let splits = |wanted: Split| {
        rules().any(|rule| match &rule.action {
            Action::Route(Target::Split { split, variants }) => *split == wanted && variants.len() > 1,
            _ => false,
        })
    };
    assert!(splits(Split::Sticky) && splits(Split::Rotate));
    assert!(rules().any(|rule| rule.from.is_some()) && rules().any(|rule| !rule.enabled));
    assert!(rules().any(|rule| rule.action == Action::Route(Target::Fallback)));
    assert!(rules().any(|rule| matches!(rule.action, Action::Attribute(_))));
    assert_eq!(
        brands
            .iter()
            .filter(|set| compile(set).unwrap().uses_city)
            .count(),
        2
    );
}

#[test]
fn generated_sets_are_the_same_everywhere() {
    let hashes: Vec<_> = brands()
        .iter()
        .map(hash)
        .chain([hash(&rules(3_000, 1)), hash(&rules(3_000, 2))])
        .collect();
    let expected = [
        "94932539dfd921e9",
        "2dd4d3958c768746",
        "a9dce3af26fa5eee",
        "cf948e5d248d67c3",
        "298f5db98396b8e9",
    ];
    assert_eq!(hashes, expected);
}

#[test]
fn large_sets_can_be_published() {
    for count in [3_000, 20_000] {
        let set = rules(count, 1);
        let findings = check(&set);
        assert_eq!(findings.first(), None, "{count}: {} findings", findings.len());
        assert_eq!(compile(&set).unwrap().rules, count);
    }
}

#[test]
fn the_marketplace_is_the_same_everywhere_and_everybody_in_it_is_somebody_else() {
    let marketplace = marketplace();
    let emails: BTreeSet<_> = marketplace.people().map(|person| &person.email).collect();
    let pictures: BTreeSet<_> = marketplace
        .people()
        .filter_map(|person| person.picture.as_ref())
        .collect();
    assert_eq!(emails.len(), 40 + 10 + 2 + 6);
    assert_eq!(pictures.len(), 40 + 4 + 2 + 6);
    assert!(
        emails
            .iter()
            .all(|email| email.is_ascii() && !email.contains(' '))
    );

    for category in &marketplace.categories {
        let whose = marketplace
            .talents
            .iter()
            .filter(|talent| talent.categories.contains(&category.slug));
        assert!(whose.count() >= 3, "{}", category.slug);
    }
    let digest = Sha256::digest(serde_json::to_vec(&marketplace).unwrap());
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, "fe391caf45c28820");
}
