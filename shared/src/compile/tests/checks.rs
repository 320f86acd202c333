use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::random::settings;
use crate::compile::check;
use crate::compile::check::ties;
use crate::compile::numbered::Numbered;
use crate::compile::random::Random;
use crate::compile::{Refused, compile, layers};
use crate::rules::{Action, RuleSet};
use crate::zip::State;

/// A good rule set as JSON, to be spoilt.
fn good() -> Value {
    json!({
        "brand": "acme",
        "settings": {
            "hosts": ["go.acme.example"],
            "origins": ["https://www.acme.example", "http://acme.localhost:3000"],
            "languages": ["en", "es"],
            "default_language": "en",
            "destinations": ["q.example", "q.example:8443", "www.acme.example"],
            "pass_query": ["utm_*", "gclid"],
            "ask_url": "https://www.acme.example/zip",
            "fallback_url": "https://q.example/?zip={zip}&p={phone}",
            "mode": "rules",
            "system_value": "acme",
            "products": [{"code": "auto", "fallback_url": "https://q.example/auto#top"}, {"code": "home"}],
            "systems": {"crm": [{"name": "postal", "value": "{zip}-{zip4}"}]},
            "aliases": {"product": {"AU": "auto"}, "language": {"ENG": "en"}, "device": {"M": "mobile"},
                        "media": {"GG": "google"}},
        },
        "rules": [
            {"kind": "route", "rule": 1, "when": {"state": ["NY"], "product": ["auto"]}, "target": {
                "split": "sticky", "variants": [
                    {"name": "a", "weight": 1, "url": "https://q.example/a?x=%20{city}", "system": "rater"},
                    {"name": "b", "weight": 0, "url": "https://q.example:8443/b", "system": "crm"},
                ]}},
            {"kind": "route", "rule": 2, "target": {"fallback": true}},
            {"kind": "attribute", "rule": 3, "vars": {"phone": "+1 800 555 0100", "agent": "7"}},
        ],
    })
}

fn set(json: &Value) -> RuleSet {
    serde_json::from_value(json.clone()).unwrap()
}

/// Puts a value at a JSON pointer, whose last step may be new.
fn put(json: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match json.pointer_mut(parent).unwrap() {
        Value::Array(list) if key == "-" => list.push(value),
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        other => {
            other[key] = value;
        }
    }
}

/// The findings of the good set with one value put elsewhere, as `code pointer`.
fn found(pointer: &str, value: Value) -> Vec<String> {
    let mut json = good();
    put(&mut json, pointer, value);
    check(&set(&json))
        .into_iter()
        .map(|finding| format!("{} {}", finding.code, finding.pointer))
        .collect()
}

#[track_caller]
fn assert_found(pointer: &str, value: Value, expected: &str) {
    assert_eq!(found(pointer, value.clone()), [expected], "{value} at {pointer}");
}

#[test]
fn a_good_rule_set_has_no_findings_and_compiles() {
    assert_eq!(check(&set(&good())), []);
    let compiled = compile(&set(&good())).unwrap();
    assert_eq!((compiled.rules, compiled.uses_city), (3, true));
}

#[test]
fn settings_are_checked_one_by_one() {
    assert_found("/brand", json!("Acme"), "brand_invalid /brand");
    for host in [
        "Go.acme.example",
        "go.acme.example.",
        "go.acme.example:80",
        "10.0.0.1",
        "-a.example",
        "a..b",
        "",
        "bücher.example",
    ] {
        assert_found("/settings/hosts/-", json!(host), "host_invalid /settings/hosts/1");
    }
    assert_found(
        "/settings/hosts/-",
        json!("go.acme.example"),
        "value_duplicate /settings/hosts/1",
    );
    for origin in [
        "http://www.acme.example",
        "https://www.acme.example/",
        "www.acme.example",
        "null",
        "*",
    ] {
        assert_found(
            "/settings/origins/-",
            json!(origin),
            "origin_invalid /settings/origins/2",
        );
    }
    for destination in [
        "q.example:443",
        "q.example:0",
        "q.example:08",
        "https://q.example",
        "127.0.0.1",
        "[::1]",
        "0x7f.1",
        "*",
    ] {
        assert_found(
            "/settings/destinations/-",
            json!(destination),
            "destination_invalid /settings/destinations/3",
        );
    }
    for pattern in ["*", "", "utm *", "a=b", "**"] {
        assert_found(
            "/settings/pass_query/-",
            json!(pattern),
            "pass_query_invalid /settings/pass_query/2",
        );
    }
    for language in ["EN", "e", "en_US", "english", ""] {
        assert_found(
            "/settings/languages/-",
            json!(language),
            "language_invalid /settings/languages/2",
        );
    }
    assert_found(
        "/settings/default_language",
        json!("fr"),
        "language_unknown /settings/default_language",
    );
    assert_found(
        "/settings/products/1/code",
        json!("go"),
        "product_reserved /settings/products/1/code",
    );
    assert_found(
        "/settings/products/1/code",
        json!("auto"),
        "value_duplicate /settings/products/1/code",
    );
    assert_found(
        "/settings/products/1/code",
        json!("a/b"),
        "product_invalid /settings/products/1/code",
    );
    assert_found(
        "/settings/ask_url",
        json!("https://q.example/{zip}"),
        "placeholder_unknown /settings/ask_url",
    );
    assert_found(
        "/settings/system_value",
        json!("a\nb"),
        "text_invalid /settings/system_value",
    );
    assert_found(
        "/settings/systems/rater",
        json!([]),
        "system_reserved /settings/systems/rater",
    );
    assert_found(
        "/settings/systems/a~b",
        json!([]),
        "system_invalid /settings/systems/a~0b",
    );
    assert_found(
        "/settings/systems/crm/0/value",
        json!("{nope}"),
        "placeholder_unknown /settings/systems/crm/0/value",
    );
    assert_found(
        "/settings/systems/crm/0/value",
        json!(""),
        "text_invalid /settings/systems/crm/0/value",
    );
    assert_found(
        "/settings/aliases/product/X",
        json!("boat"),
        "alias_unknown /settings/aliases/product/X",
    );
    assert_found(
        "/settings/aliases/device/X",
        json!("tv"),
        "alias_unknown /settings/aliases/device/X",
    );
}

#[test]
fn e13_a_destination_on_the_brands_own_host_is_refused() {
    let expected = "destination_loops /settings/destinations/3";
    assert_found("/settings/destinations/-", json!("go.acme.example"), expected);
    assert_found(
        "/settings/destinations/-",
        json!("go.acme.example:8443"),
        expected,
    );
}

#[test]
fn e11_only_plain_https_urls_on_listed_hosts_are_published() {
    let at = "/rules/0/target/variants/0/url";
    let cases = [
        ("http://q.example/", "url_not_https"),
        ("//q.example/", "url_not_https"),
        ("javascript:alert(1)", "url_not_https"),
        ("https:q.example/", "url_not_https"),
        ("HTTPS://q.example/", "url_not_https"),
        ("https://evil.example/", "url_host_not_allowed"),
        ("https://q.example:444/", "url_host_not_allowed"),
        ("https://q.example./", "url_host_not_allowed"),
        ("https://Q.example/", "url_host_not_allowed"),
        ("https:///q.example/", "url_host_not_allowed"),
        ("https://q.example%2eevil.example/", "url_host_not_allowed"),
        ("https://127.0.0.1/", "url_host_not_allowed"),
        ("https://q.example@evil.example/", "url_userinfo"),
        ("https://{state}.q.example/", "url_placeholder_in_host"),
        ("https://q.example/%zz", "url_percent"),
        ("https://q.example/%2", "url_percent"),
        ("https://q.example/{nope}", "placeholder_unknown"),
        ("https://q.example/{zip", "placeholder_malformed"),
        ("https://q.example/zip}", "placeholder_malformed"),
        ("https://q.example/a b", "url_character"),
        ("https://q.example/\r\nX: y", "url_character"),
        ("https://q.example/é", "url_character"),
        ("https://q.example/<x>", "url_character"),
    ];
    for (url, code) in cases {
        assert_found(at, json!(url), &format!("{code} {at}"));
    }
    let backslash = ["url_character", "url_host_not_allowed"].map(|code| format!("{code} {at}"));
    assert_eq!(found(at, json!("https://q.example\\@evil.example/")).len(), 2);
    assert_eq!(found(at, json!("https://q.example\\.evil.example/")), backslash);
    assert_found(
        at,
        json!(format!("https://q.example/{}", "x".repeat(2_048))),
        &format!("url_too_long {at}"),
    );
    assert_found(
        "/settings/fallback_url",
        json!("https://evil.example/"),
        "url_host_not_allowed /settings/fallback_url",
    );
}

#[test]
fn conditions_are_checked_one_by_one() {
    for (dimension, value, code) in [
        ("product", "boat", "product_unknown"),
        ("language", "fr", "language_unknown"),
        ("device", "tv", "device_unknown"),
        ("media", "Google Ads", "media_invalid"),
        ("state", "ZZ", "state_unknown"),
        ("state", "ny", "state_unknown"),
        ("zip", "00001", "zip_unassigned"),
        ("zip", "213*", "zip_unassigned"),
        ("zip", "00000-00499", "zip_unassigned"),
    ] {
        let expected = format!("{code} /rules/0/when/{dimension}/0");
        assert_found(&format!("/rules/0/when/{dimension}"), json!([value]), &expected);
    }
    // A range may reach over a gap, and an exception is somewhere even where its prefix is not.
    assert!(found("/rules/0/when/zip", json!(["21299-21400", "00400-00500"])).is_empty());
    let window = json!("2026-01-01T00:00:00Z");
    let mut json = good();
    put(&mut json, "/rules/0/from", window.clone());
    put(&mut json, "/rules/0/until", window);
    assert_eq!(check(&set(&json))[0].code, "window_empty");
}

#[test]
fn e23_weights_that_make_no_sense_are_refused() {
    let at = "/rules/0/target/variants";
    let weights = |weights: &[u64]| {
        let variant = |(index, weight): (usize, &u64)| json!({"name": format!("v{index}"), "weight": weight, "url": "https://q.example/"});
        found(at, weights.iter().enumerate().map(variant).collect())
    };
    assert_eq!(weights(&[0]), [format!("weights_zero {at}")]);
    assert_eq!(weights(&[0, 0]), [format!("weights_zero {at}")]);
    assert_eq!(weights(&[999_999, 2]), [format!("weights_too_large {at}")]);
    assert_eq!(weights(&[10_000, 1]), [format!("weight_too_small {at}/1/weight")]);
    assert_eq!(weights(&[0; 101]), [format!("variants_count {at}")]);
    assert!(weights(&[333, 333, 333]).is_empty());
    for weight in [
        json!(-1),
        json!(0.5),
        json!("1"),
        json!(99.9),
        json!(4_294_967_296_u64),
    ] {
        let mut json = good();
        put(&mut json, "/rules/0/target/variants/0/weight", weight.clone());
        assert!(serde_json::from_value::<RuleSet>(json).is_err(), "{weight}");
    }
}

#[test]
fn targets_and_attributes_are_checked_one_by_one() {
    let at = "/rules/0/target/variants/0";
    assert_found(
        &format!("{at}/system"),
        json!("nope"),
        &format!("system_unknown {at}/system"),
    );
    assert_found(
        &format!("{at}/name"),
        json!("b"),
        "value_duplicate /rules/0/target/variants/1/name",
    );
    assert_found(
        &format!("{at}/name"),
        json!("a b"),
        &format!("variant_invalid {at}/name"),
    );
    assert_found(
        "/rules/2/vars/zip",
        json!("1"),
        "variable_reserved /rules/2/vars/zip",
    );
    assert_found(
        "/rules/2/vars/a~1b",
        json!("1"),
        "variable_invalid /rules/2/vars/a~01b",
    );
    assert_found(
        "/rules/2/vars/agent",
        json!(""),
        "text_invalid /rules/2/vars/agent",
    );
    assert_found(
        "/rules/2/vars/agent",
        json!("a\r\nb"),
        "text_invalid /rules/2/vars/agent",
    );
    assert_found(
        "/settings/fallback_url",
        Value::Null,
        "fallback_missing /rules/1/target/fallback",
    );
}

#[test]
fn k12_a_target_that_is_not_there_is_refused() {
    let mut json = good();
    put(&mut json, "/rules/0/target", json!({"variants": []}));
    assert!(serde_json::from_value::<RuleSet>(json.clone()).is_err());
    put(
        &mut json,
        "/rules/0/target",
        json!({"fallback": true, "variants": [{"name": "a", "url": ""}]}),
    );
    assert!(serde_json::from_value::<RuleSet>(json).is_err());
}

#[test]
fn k13_no_rules_doubled_rules_and_too_many_are_refused_with_the_reason() {
    assert_found("/rules", json!([]), "rules_missing /rules");
    let mut killed = good();
    put(&mut killed, "/rules", json!([]));
    put(&mut killed, "/settings/mode", json!("fallback"));
    assert_eq!(check(&set(&killed)), []);

    let mut doubled = set(&good());
    let again = doubled.rules.clone().into_iter().map(|mut rule| {
        rule.number += 100;
        rule
    });
    doubled.rules.extend(again.collect::<Vec<_>>());
    let findings = check(&doubled);
    assert_eq!(
        findings.iter().map(|f| (f.rule, f.code)).collect::<Vec<_>>(),
        [
            (Some(101), "rule_duplicate"),
            (Some(102), "rule_duplicate"),
            (Some(103), "rule_duplicate"),
        ]
    );
    assert_eq!(findings[0].message, "the same as rule 1; remove one");

    let mut numbered = set(&good());
    numbered.rules[1].number = 1;
    let findings = check(&numbered);
    assert_eq!(
        (findings[0].pointer.as_str(), findings[0].code),
        ("/rules/1/rule", "number_duplicate")
    );

    let mut many = settings();
    let rule = set(&good()).rules[0].clone();
    many.rules = (1..=200_001)
        .map(|number| crate::rules::Rule {
            number,
            enabled: number == 1,
            ..rule.clone()
        })
        .collect();
    many.rules[0].when = crate::rules::When::default();
    assert_eq!(
        check(&many)
            .iter()
            .filter(|finding| finding.code == "rules_too_many")
            .count(),
        1
    );
    assert!(matches!(compile(&many), Err(Refused::Findings(_))));
}

#[test]
fn a_disabled_rule_is_not_held_to_anything_but_its_number() {
    let mut json = good();
    put(&mut json, "/rules/0/enabled", json!(false));
    put(&mut json, "/rules/0/when/product", json!(["boat"]));
    assert_eq!(check(&set(&json)), []);
}

#[test]
fn unknown_keys_and_empty_lists_are_not_read_as_any() {
    for (pointer, value) in [
        ("/rules/0/when/states", json!(["NY"])),
        ("/rules/0/when/state", json!([])),
        ("/rules/0/when/zip", json!(["1234"])),
        ("/rules/0/when/zip", json!(["10099-10001"])),
        ("/rules/0/vars", json!({"a": "b"})),
        ("/rules/2/vars", json!({})),
        ("/settings/allow", json!([])),
        ("/brands", json!([])),
    ] {
        let mut json = good();
        put(&mut json, pointer, value);
        assert!(serde_json::from_value::<RuleSet>(json).is_err(), "{pointer}");
    }
}

#[test]
fn rules_survive_a_trip_through_json() {
    for seed in 0..200 {
        let set = Random(seed).rule_set(20);
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(serde_json::from_str::<RuleSet>(&json).unwrap(), set);
    }
}

#[test]
fn ties_are_exactly_the_pairs_that_meet() {
    let mut count = 0;
    for seed in 0..1_500 {
        let set = Random(seed).rule_set(if seed % 50 == 0 { 200 } else { 30 });
        let expected = ties_by_pairs(&set);
        let found: BTreeSet<u32> = ties::ties(&layers(&Numbered::new(&set))).into_keys().collect();
        assert_eq!(found, expected, "seed {seed}");
        count += expected.len();
    }
    assert!(count > 500, "only {count} ties");
}

/// Every pair of clauses, compared value by value.
fn ties_by_pairs(set: &RuleSet) -> BTreeSet<u32> {
    use crate::compile::clause::Place;
    let mut ties = BTreeSet::new();
    for layer in layers(&Numbered::new(set)) {
        for (index, clause) in layer.clauses.iter().enumerate() {
            for other in layer.clauses[..index]
                .iter()
                .filter(|other| other.tie() == clause.tie())
            {
                let (a, b) = (&clause.rule.when, &other.rule.when);
                let share = |a: &[String], b: &[String]| {
                    a.is_empty() || b.is_empty() || a.iter().any(|v| b.contains(v))
                };
                let places = match (&clause.place, &other.place) {
                    (Place::Any, _) => true,
                    (Place::States(a), Place::States(b)) => {
                        State::all().any(|state| (a & b) >> state.number() & 1 == 1)
                    }
                    (Place::Areas(a), Place::Areas(b)) | (Place::Exact(a), Place::Exact(b)) => a
                        .iter()
                        .any(|a| b.iter().any(|b| a.start.max(b.start) < a.end.min(b.end))),
                    _ => false,
                };
                let windows = match (&clause.window, &other.window) {
                    (Some(a), Some(b)) => a.start.max(b.start) < a.end.min(b.end),
                    _ => true,
                };
                let differ = match (&clause.rule.action, &other.rule.action) {
                    (Action::Attribute(a), Action::Attribute(b)) => {
                        layer.variable.is_some_and(|v| a[v] != b[v])
                    }
                    (a, b) => a != b,
                };
                let sets = share(&a.product, &b.product)
                    && share(&a.language, &b.language)
                    && share(&a.device, &b.device)
                    && share(&a.media, &b.media);
                if sets && places && windows && differ {
                    ties.insert(clause.rule.number);
                }
            }
        }
    }
    ties
}
