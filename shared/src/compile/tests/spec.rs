//! SPEC (e): the example, and each comparison on its own.

use super::random::settings;
use crate::compile::{Refused, compile};
use crate::decide::{Decision, Device, Lost, Site, Visitor, decide};
use crate::hit::Outcome;
use crate::manifest::{Blob, Brand, Mode};
use crate::rules::{Rule, RuleSet};
use crate::table::Table;
use crate::zip::Zip;

/// 2026-11-22.
const NOW: i64 = 1_795_305_600;
/// 2027-06-01.
const NEXT_YEAR: i64 = 1_811_808_000;

fn rules(json: serde_json::Value) -> RuleSet {
    let mut set = settings();
    set.rules = serde_json::from_value::<Vec<Rule>>(json).unwrap();
    set.settings.fallback_url = Some("https://q.example/brand".to_owned());
    set.settings.products[2].fallback_url = Some("https://q.example/home".to_owned());
    set
}

/// `when` is the rule's condition; the URL is the rule's number.
fn route(number: u32, more: serde_json::Value) -> serde_json::Value {
    let url = format!("https://q.example/{number}");
    let mut rule = serde_json::json!({
        "kind": "route", "rule": number, "target": {"variants": [{"name": "a", "url": url}]},
    });
    rule.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    rule
}

fn brand(set: &RuleSet) -> Brand {
    Brand {
        code: set.brand.clone(),
        hosts: set.settings.hosts.clone(),
        origins: Vec::new(),
        languages: set.settings.languages.clone(),
        default_language: "en".to_owned(),
        destinations: set.settings.destinations.clone(),
        pass_query: Vec::new(),
        ask_url: None,
        fallback_url: set.settings.fallback_url.clone(),
        mode: Mode::Rules,
        revision: 3,
        table: Blob {
            sha256: String::new(),
            size: 0,
        },
        city: None,
        canary: None,
    }
}

fn decided<T>(set: &RuleSet, visitor: &Visitor<'_>, look: impl FnOnce(&Decision<'_>) -> T) -> T {
    let table = Table::load(compile(set).unwrap().bytes).unwrap();
    let brand = brand(set);
    let site = Site {
        brand: &brand,
        revision: 3,
        canary: false,
        table: &table,
        city: None,
    };
    look(&decide(&site, visitor))
}

fn visitor(zip: &str) -> Visitor<'static> {
    Visitor {
        product: "auto",
        zip: Zip::parse(zip).unwrap(),
        language: "en",
        device: Device::Mobile,
        media: "google",
        at: NOW,
        hit: "01890000-0000-7000-8000-000000000000",
        seed: 1,
        query: "",
    }
}

fn winner(set: &RuleSet, visitor: &Visitor<'_>) -> Option<u32> {
    decided(set, visitor, |decision| decision.rule)
}

#[test]
fn the_example_of_the_specification_holds() {
    let one = route(1, serde_json::json!({}));
    let two = route(2, serde_json::json!({"when": {"state": ["NY"]}}));
    let three = route(
        3,
        serde_json::json!({"when": {"product": ["auto"], "media": ["google"]}}),
    );
    let four = route(4, serde_json::json!({"when": {"zip": ["100*"]}}));
    let five = route(
        5,
        serde_json::json!({"priority": 10, "when": {"product": ["auto"]}, "until": "2027-01-01T00:00:00Z"}),
    );
    let all = [one, two, three, four, five];
    // Without the winner the next one wins, down to the last.
    let order = |zip: &str, at: i64| {
        let mut left = all.to_vec();
        let mut order = Vec::new();
        while let Some(number) = winner(&rules(left.clone().into()), &Visitor { at, ..visitor(zip) }) {
            order.push(number);
            left.retain(|rule| rule["rule"] != number);
            if left.is_empty() {
                break;
            }
        }
        order
    };
    assert_eq!(order("10001", NOW), [5, 4, 2, 3, 1]);
    assert_eq!(order("90210", NOW), [5, 3, 1]);
    assert_eq!(order("10001", NEXT_YEAR)[0], 4);
}

#[test]
fn a_rule_with_states_and_zips_is_a_union_and_ranks_by_what_matched() {
    let set = rules(serde_json::json!([
        route(
            1,
            serde_json::json!({"when": {"state": ["CA"], "zip": ["10001"]}})
        ),
        route(2, serde_json::json!({"when": {"zip": ["100*"]}})),
        route(3, serde_json::json!({"when": {"zip": ["90000-90300"]}})),
    ]));
    assert_eq!(winner(&set, &visitor("10001")), Some(1));
    assert_eq!(winner(&set, &visitor("10002")), Some(2));
    assert_eq!(winner(&set, &visitor("90210")), Some(3));
    assert_eq!(winner(&set, &visitor("94105")), Some(1));
}

#[test]
fn which_dimensions_are_fixed_decides_before_the_number() {
    let fixed = ["product", "media", "language", "device"];
    let values = ["auto", "google", "en", "mobile"];
    for low in 0..4 {
        for high in low + 1..4 {
            let set = rules(serde_json::json!([
                route(1, serde_json::json!({"when": {fixed[high]: [values[high]]}})),
                route(2, serde_json::json!({"when": {fixed[low]: [values[low]]}})),
            ]));
            assert_eq!(
                winner(&set, &visitor("10001")),
                Some(2),
                "{} before {}",
                fixed[low],
                fixed[high]
            );
        }
    }
}

#[test]
fn a_window_wins_while_it_is_open() {
    let set = rules(serde_json::json!([
        route(1, serde_json::json!({})),
        route(
            2,
            serde_json::json!({"from": "2026-11-22T00:00:00Z", "until": "2026-11-22T00:00:01Z"})
        ),
    ]));
    let at = |at| {
        winner(
            &set,
            &Visitor {
                at,
                ..visitor("10001")
            },
        )
    };
    assert_eq!([at(NOW - 1), at(NOW), at(NOW + 1)], [Some(1), Some(2), Some(1)]);
}

#[test]
fn without_a_rule_the_products_fallback_then_the_brands_takes_over() {
    let set = rules(serde_json::json!([route(
        1,
        serde_json::json!({"when": {"state": ["CA"]}})
    )]));
    let outcome = |set: &RuleSet, product, zip| {
        let visitor = Visitor {
            product,
            ..visitor(zip)
        };
        decided(set, &visitor, |decision| {
            (decision.outcome, decision.lost, decision.location.clone())
        })
    };
    let url = |path: &str| Some(format!("https://q.example/{path}"));
    assert_eq!(
        outcome(&set, "home", "90210"),
        (Outcome::Redirect, None, url("1"))
    );
    assert_eq!(
        outcome(&set, "home", "10001"),
        (Outcome::ProductFallback, Some(Lost::NoRule), url("home"))
    );
    assert_eq!(
        outcome(&set, "home", "00001"),
        (Outcome::ProductFallback, Some(Lost::ZipUnknown), url("home"))
    );
    assert_eq!(
        outcome(&set, "auto", "10001"),
        (Outcome::BrandFallback, Some(Lost::NoRule), url("brand"))
    );
    let mut bare = set.clone();
    bare.settings.fallback_url = None;
    assert_eq!(
        outcome(&bare, "auto", "10001"),
        (Outcome::Lost, Some(Lost::NoRule), None)
    );
    assert_eq!(
        outcome(&bare, "auto", "00001"),
        (Outcome::Lost, Some(Lost::ZipUnknown), None)
    );
    assert_eq!(
        outcome(&set, "no-such", "90210"),
        (Outcome::Lost, Some(Lost::NoRule), None)
    );
}

#[test]
fn e06_no_rule_for_any_place_means_a_prefix_that_is_unassigned() {
    let set = rules(serde_json::json!([route(1, serde_json::json!({}))]));
    assert_eq!(winner(&set, &visitor("00001")), None);
    assert_eq!(winner(&set, &visitor("09012")), Some(1));
    assert_eq!(winner(&set, &visitor("99999")), Some(1));
}

#[test]
fn a_rule_may_send_to_the_brands_fallback() {
    let mut avoid = route(2, serde_json::json!({"when": {"state": ["NY"]}}));
    avoid["target"] = serde_json::json!({"fallback": true});
    let set = rules(serde_json::json!([route(1, serde_json::json!({})), avoid]));
    let visitor = Visitor {
        product: "home",
        ..visitor("10001")
    };
    decided(&set, &visitor, |decision| {
        assert_eq!(
            (decision.outcome, decision.rule, decision.lost),
            (Outcome::BrandFallback, Some(2), None)
        );
        assert_eq!(decision.location.as_deref(), Some("https://q.example/brand"));
    });
}

#[test]
fn the_kill_switch_sends_everybody_to_the_fallback() {
    let set = rules(serde_json::json!([route(1, serde_json::json!({}))]));
    let table = Table::load(compile(&set).unwrap().bytes).unwrap();
    let brand = Brand {
        mode: Mode::Fallback,
        ..brand(&set)
    };
    let site = Site {
        brand: &brand,
        revision: 3,
        canary: false,
        table: &table,
        city: None,
    };
    let decision = decide(&site, &visitor("90210"));
    assert_eq!((decision.outcome, decision.rule), (Outcome::Killed, None));
    assert_eq!(decision.location.as_deref(), Some("https://q.example/brand"));
}

#[test]
fn a_host_that_the_manifest_does_not_list_is_never_reached() {
    let set = rules(serde_json::json!([route(1, serde_json::json!({}))]));
    let table = Table::load(compile(&set).unwrap().bytes).unwrap();
    let brand = Brand {
        destinations: vec!["other.example".to_owned()],
        ..brand(&set)
    };
    let site = Site {
        brand: &brand,
        revision: 3,
        canary: false,
        table: &table,
        city: None,
    };
    let decision = decide(&site, &visitor("90210"));
    assert_eq!((decision.outcome, decision.location), (Outcome::Lost, None));
}

#[test]
fn a_disabled_rule_never_wins() {
    let set = rules(serde_json::json!([
        route(1, serde_json::json!({})),
        route(2, serde_json::json!({"enabled": false, "priority": 9})),
    ]));
    assert_eq!(winner(&set, &visitor("90210")), Some(1));
}

#[test]
fn attributes_are_decided_each_for_itself_and_rendered() {
    let mut set = rules(serde_json::json!([
        {"kind": "route", "rule": 1, "target": {"variants": [{
            "name": "a", "url": "https://q.example/{product}?{agent}&v={revision}.{rule}", "system": "rater",
        }]}},
        {"kind": "attribute", "rule": 2, "vars": {"phone": "+1 800", "media_code": "M1"}},
        {"kind": "attribute", "rule": 3, "when": {"media": ["google"]}, "vars": {"media_code": "G/1"}},
        {"kind": "attribute", "rule": 4, "when": {"media": ["bing"]}, "vars": {"agent": "7"}},
    ]));
    set.settings.system_value = "ata laya".to_owned();
    decided(&set, &visitor("10001"), |decision| {
        assert_eq!(decision.attributes, [("media_code", "G/1"), ("phone", "+1 800")]);
        let expected = "https://q.example/auto?&v=3.1&media_code=G%2F1&phone=%2B1%20800&zip_code=10001&state=NY\
                        &system=ata%20laya";
        assert_eq!(decision.location.as_deref(), Some(expected));
        assert_eq!((decision.system, decision.variant), (Some("rater"), Some("a")));
        assert_eq!(
            decision.url,
            Some("https://q.example/{product}?{agent}&v={revision}.{rule}")
        );
    });
}

#[test]
fn a_split_is_sticky_by_visitor_or_drawn_by_hit() {
    let split = |mode: &str| {
        rules(
            serde_json::json!([{"kind": "route", "rule": 1, "target": {"split": mode, "variants": [
                {"name": "a", "weight": 1, "url": "https://q.example/a"},
                {"name": "paused", "weight": 0, "url": "https://q.example/p"},
                {"name": "b", "weight": 3, "url": "https://q.example/b"},
            ]}}]),
        )
    };
    let table = |set: &RuleSet| Table::load(compile(set).unwrap().bytes).unwrap();
    let [sticky, rotate] = ["sticky", "rotate"].map(split);
    let brand = brand(&sticky);
    let variant = |table: &Table, seed: u64, hit: &str| {
        let site = Site {
            brand: &brand,
            revision: 3,
            canary: false,
            table,
            city: None,
        };
        decide(
            &site,
            &Visitor {
                seed,
                hit,
                ..visitor("10001")
            },
        )
        .variant
        .map(str::to_owned)
    };
    let (sticky, rotate) = (table(&sticky), table(&rotate));
    let hits: Vec<String> = (0..4_000).map(|hit| hit.to_string()).collect();
    let of =
        |names: Vec<Option<String>>, name: &str| names.iter().filter(|n| n.as_deref() == Some(name)).count();
    let by_seed = || {
        (0..4_000)
            .map(|seed| variant(&sticky, seed, ""))
            .collect::<Vec<_>>()
    };
    assert!((900..1_100).contains(&of(by_seed(), "a")));
    assert_eq!(of(by_seed(), "paused"), 0);
    assert!(
        hits.iter()
            .all(|hit| variant(&sticky, 5, hit) == variant(&sticky, 5, ""))
    );
    let by_hit = hits.iter().map(|hit| variant(&rotate, 5, hit)).collect();
    assert!((900..1_100).contains(&of(by_hit, "a")));
}

#[test]
fn defect_b_two_rules_for_the_same_request_are_refused() {
    let set = rules(serde_json::json!([
        route(
            1,
            serde_json::json!({"when": {"product": ["auto"], "state": ["NY"]}})
        ),
        route(
            2,
            serde_json::json!({"when": {"product": ["auto", "home"], "state": ["CA", "NY"]}})
        ),
    ]));
    let Err(Refused::Findings(findings)) = compile(&set) else {
        panic!("accepted")
    };
    assert_eq!(
        findings.iter().map(|f| (f.rule, f.code)).collect::<Vec<_>>(),
        [(Some(2), "tie")]
    );
}
