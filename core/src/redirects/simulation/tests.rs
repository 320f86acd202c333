//! The trace against the decision it explains: random small rule sets, any visitor, any time.

use std::collections::BTreeSet;

use marquee_shared::rules::{Mode, Profile, RuleSet};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::redirects::gates;

const DAY: i64 = 86_400;

fn set(rules: &[Value]) -> RuleSet {
    let set = json!({
        "brand": "acme",
        "settings": {
            "languages": ["en", "es"],
            "default_language": "en",
            "destinations": ["q.example"],
            "fallback_url": "https://q.example/",
            "products": [{ "code": "auto" }, { "code": "home" }],
        },
        "rules": rules,
    });
    serde_json::from_value(set).unwrap()
}

/// A condition that is left out when it is any.
fn condition(values: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::sample::subsequence(values, 1..=values.len()),
    ]
}

fn rule() -> impl Strategy<Value = Value> {
    let when = (
        condition(&["auto", "home"]),
        condition(&["en", "es"]),
        condition(&["mobile", "desktop"]),
        condition(&["google", "bing"]),
        condition(&["NY", "CA"]),
        condition(&["10001", "100*", "90210-90299"]),
    );
    let window = prop_oneof![
        3 => Just((None, None)),
        1 => Just((Some("1970-01-02T00:00:00Z"), None)),
        1 => Just((None, Some("1970-01-02T00:00:00Z"))),
    ];
    (when, window, 0..2_i32, any::<bool>()).prop_map(
        |((product, language, device, media, state, zip), (from, until), priority, enabled)| {
            let conditions = [
                ("product", product),
                ("language", language),
                ("device", device),
                ("media", media),
                ("state", state),
                ("zip", zip),
            ];
            let fixed = conditions.into_iter().filter(|(_, values)| !values.is_empty());
            let when: serde_json::Map<_, _> = fixed
                .map(|(name, values)| (name.to_owned(), json!(values)))
                .collect();
            json!({ "kind": "route", "when": when, "from": from, "until": until, "priority": priority,
                "enabled": enabled })
        },
    )
}

fn rules() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(rule(), 1..12).prop_map(|mut rules| {
        for (number, rule) in (1..).zip(&mut rules) {
            rule["rule"] = json!(number);
            // One target, so that rules of equal rank are no error.
            rule["target"] = json!({ "variants": [{ "name": "a", "url": "https://q.example/1" }] });
            rule["note"] = json!(format!("rule {number}"));
        }
        rules
    })
}

fn profile() -> impl Strategy<Value = Profile> {
    let one = |values: &'static [&'static str]| prop::sample::select(values);
    (
        one(&["10001", "10040", "90210", "60601", "00001"]),
        one(&["auto", "home"]),
        one(&["en", "es"]),
        one(&["mobile", "tablet", "desktop"]),
        one(&["", "google", "bing", "mail"]),
    )
        .prop_map(|(zip, product, language, device, media)| Profile {
            zip: zip.to_owned(),
            product: product.to_owned(),
            language: Some(language.to_owned()),
            device: Some(device.to_owned()),
            media: Some(media.to_owned()),
            vid: None,
            query: None,
        })
}

proptest! {
    #[test]
    fn the_first_rule_of_the_trace_decides_and_every_rule_is_accounted_for(
        rules in rules(), profile in profile(), at in prop::sample::select(&[0, DAY - 1, DAY, 2 * DAY][..]),
    ) {
        // Doubled rules and none at all are refused, and tried elsewhere.
        let Ok(built) = gates::compile(set(&rules)) else { return Ok(()) };
        let stage = Stage::new(built.set, built.table, None, 1, Mode::Rules).unwrap();
        let somebody = Somebody::of(&profile, &stage.set.settings).unwrap();
        let visit = somebody.visit(at);

        let trace = trace(&stage.set, &visit, Traced { variable: None, rules: &[] });

        let first = trace.matching.iter().find(|matching| matching.loses_by.is_none());
        prop_assert_eq!(first.map(|matching| matching.rule), stage.decide(&visit).rule);
        let told: BTreeSet<u32> = trace.matching.iter().map(|matching| matching.rule)
            .chain(trace.near_misses.iter().map(|miss| miss.rule))
            .collect();
        prop_assert_eq!(told.len(), rules.len());
        prop_assert_eq!(trace.matching_rules, trace.matching.len());
    }

    #[test]
    fn a_rule_that_misses_names_all_its_conditions_that_fail(rules in rules(), profile in profile()) {
        let set = set(&rules);
        let somebody = Somebody::of(&profile, &set.settings).unwrap();
        let trace = trace(&set, &somebody.visit(0), Traced { variable: None, rules: &[] });

        for miss in &trace.near_misses {
            // Without the conditions that fail it matches: nothing is missing from the list.
            let mut mended = rules.clone();
            let rule = &mut mended[miss.rule as usize - 1];
            for reason in &miss.fails {
                match reason {
                    Reason::Product => drop(rule["when"].as_object_mut().unwrap().remove("product")),
                    Reason::Language => drop(rule["when"].as_object_mut().unwrap().remove("language")),
                    Reason::Device => drop(rule["when"].as_object_mut().unwrap().remove("device")),
                    Reason::Media => drop(rule["when"].as_object_mut().unwrap().remove("media")),
                    Reason::Place => {
                        drop(rule["when"].as_object_mut().unwrap().remove("state"));
                        drop(rule["when"].as_object_mut().unwrap().remove("zip"));
                    }
                    Reason::NotYet => rule["from"] = Value::Null,
                    Reason::Ended => rule["until"] = Value::Null,
                    Reason::Disabled => rule["enabled"] = json!(true),
                    Reason::OtherKind | Reason::NoSuchRule => unreachable!("every rule is a route"),
                }
            }
            if miss.fails.contains(&Reason::Disabled) {
                continue;
            }
            let mended = self::set(&mended);
            let again = super::trace(&mended, &somebody.visit(0), Traced { variable: None, rules: &[] });
            prop_assert!(again.matching.iter().any(|matching| matching.rule == miss.rule), "{:?}", miss);
        }
    }
}
