mod brute;

use marquee_shared::zip::{State, Zip, locate};
use serde_json::{Value, json};

use super::*;
use crate::redirects::Refusal;

fn set(rules: Value) -> RuleSet {
    let set = json!({
        "brand": "acme",
        "settings": {
            "languages": ["en", "es"],
            "default_language": "en",
            "destinations": ["q.example"],
            "products": [{ "code": "auto" }, { "code": "home" }],
        },
        "rules": rules,
    });
    serde_json::from_value(set).unwrap()
}

fn route(rule: u32, when: Value, priority: i32) -> Value {
    let url = format!("https://q.example/{rule}");
    let target = json!({ "variants": [{ "name": "a", "url": url }] });
    json!({ "kind": "route", "rule": rule, "when": when, "priority": priority, "target": target })
}

fn unreachable(rules: Value) -> Vec<Unreachable> {
    analyse(&set(rules), 0).unwrap().unreachable
}

#[test]
fn a_rule_that_another_covers_whole_names_that_one_and_a_visitor() {
    let found = unreachable(json!([
        route(1, json!({ "product": ["auto"], "zip": ["10001"] }), 0),
        route(2, json!({ "product": ["auto"] }), 5),
    ]));
    assert_eq!(
        found,
        [Unreachable {
            rule: 1,
            why: Why::Shadowed,
            shadowed_by: vec![2],
            more: 0,
            example: Some(Example {
                zip: "10001".to_owned(),
                product: "auto".to_owned(),
                language: "en".to_owned(),
                device: "mobile".to_owned(),
                media: None,
                at: None,
            }),
        }]
    );
}

#[test]
fn a_rule_that_several_cover_together_names_them() {
    let found = unreachable(json!([
        route(1, json!({ "product": ["auto"] }), 0),
        route(2, json!({ "product": ["auto"], "language": ["en"] }), 5),
        route(3, json!({ "product": ["auto"], "language": ["es"] }), 5),
    ]));
    let named: Vec<_> = found
        .iter()
        .map(|found| (found.rule, found.shadowed_by.as_slice()))
        .collect();
    assert_eq!(named, [(1, [2, 3].as_slice())]);
}

#[test]
fn a_rule_of_zips_in_no_state_is_nowhere() {
    let found = unreachable(json!([route(1, json!({ "zip": ["00000"] }), 0)]));
    let named: Vec<_> = found.iter().map(|found| (found.rule, found.why)).collect();
    assert_eq!(named, [(1, Why::Nowhere)]);
}

#[test]
fn a_window_that_ends_leaves_its_place_to_the_rule_below() {
    let mut first = route(1, json!({ "product": ["auto"] }), 5);
    first["until"] = json!("2030-01-01T00:00:00Z");
    assert_eq!(
        unreachable(json!([first, route(2, json!({ "product": ["auto"] }), 0)])),
        []
    );
}

#[test]
fn more_values_than_can_be_analysed_are_told() {
    let media: Vec<String> = (0..256).map(|number| format!("m{number}")).collect();
    let refused = analyse(&set(json!([route(1, json!({ "media": media }), 0)])), 0).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "media has 257 values; at most 256 can be analysed"
    );
}

#[test]
fn an_attribute_rule_is_reached_while_one_of_its_variables_is() {
    let attribute = |rule: u32, priority: i32, vars: Value| json!({ "kind": "attribute", "rule": rule, "priority": priority, "vars": vars });
    let below = attribute(1, 0, json!({ "phone": "1", "desk": "1" }));
    let one = attribute(2, 5, json!({ "phone": "2" }));
    let other = attribute(3, 5, json!({ "desk": "3" }));
    assert_eq!(unreachable(json!([below, one])), []);
    let found = unreachable(json!([below, one, other]));
    assert_eq!(found.iter().map(|found| found.rule).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_rule_whose_better_one_has_begun_for_good_never_decides_again() {
    let mut first = route(1, json!({ "product": ["auto"] }), 5);
    first["from"] = json!("2026-01-01T00:00:00Z");
    let rules = json!([first, route(2, json!({ "product": ["auto"] }), 0)]);
    let analysed = |since| analyse(&set(rules.clone()), since).unwrap().unreachable_rules;
    assert_eq!((analysed(0), analysed(1_800_000_000)), (0, 1));
}

fn gaps(rules: Value) -> Gaps {
    analyse(&set(rules), 0).unwrap().gaps
}

#[test]
fn whom_no_rule_wants_is_told_in_groups_with_places_and_a_visitor() {
    let mut home = route(2, json!({ "product": ["home"] }), 0);
    home["from"] = json!("2030-01-01T00:00:00Z");
    let states = State::all()
        .map(State::code)
        .filter(|state| !["DE", "RI"].contains(state));
    let states: Vec<&str> = states.collect();
    let found = gaps(json!([
        route(1, json!({ "product": ["auto"], "state": states }), 0),
        route(
            3,
            json!({ "product": ["auto"], "media": ["google"], "zip": ["197*"] }),
            0
        ),
        home,
    ]));
    let sentences: Vec<String> = found.groups.iter().map(Gap::sentence).collect();
    // How many ZIPs there are is the data's matter.
    let sentences = sentences
        .iter()
        .map(|sentence| sentence.replace(|c: char| c.is_ascii_digit(), ""));
    assert_eq!(
        sentences.collect::<Vec<_>>(),
        [
            "product home; everywhere; all languages; all devices; all channels; until --T::Z",
            "product auto; DE ( of  ZIPs), RI,  ZIPs; all languages; all devices; all channels",
            "product auto; DE ( of  ZIPs),  ZIPs; all languages; all devices; all channels but google",
        ]
    );
    let rest: Vec<_> = found
        .products
        .iter()
        .map(|rest| (rest.product.as_str(), rest.states.len()))
        .collect();
    assert_eq!(
        (rest[0], rest[1].0),
        (("home", found.products[0].states.len()), "auto")
    );
}

#[test]
fn a_fallback_leaves_no_gap() {
    let mut set = set(json!([route(
        1,
        json!({ "product": ["auto"], "state": ["NY"] }),
        0
    )]));
    set.settings.products[1].fallback_url = Some("https://q.example/home".to_owned());
    let found = analyse(&set, 0).unwrap().gaps;
    let rest = found
        .products
        .iter()
        .map(|rest| (rest.product.as_str(), rest.fallback));
    assert_eq!(
        rest.collect::<Vec<_>>(),
        [("auto", None), ("home", Some("product"))]
    );
    assert!(
        found
            .groups
            .iter()
            .all(|gap| gap.products.as_deref() == Some(&["auto".to_owned()]))
    );
    set.settings.fallback_url = Some("https://q.example/".to_owned());
    let found = analyse(&set, 0).unwrap().gaps;
    assert_eq!((found.groups, found.unanswered_cells), (vec![], 0));
}

#[test]
fn rules_that_clash_have_somebody_between_them() {
    let set = set(json!([
        route(1, json!({ "product": ["auto"], "state": ["NY", "CT"] }), 0),
        route(2, json!({ "product": ["auto", "home"], "state": ["CT"] }), 0),
    ]));
    let refusals: Vec<Refusal> = compile::check(&set).into_iter().map(Refusal::from).collect();
    let named: Vec<_> = refusals
        .iter()
        .map(|refusal| (refusal.code, refusal.rule, refusal.other))
        .collect();
    assert_eq!(named, [("tie", Some(2), Some(1))]);
    let example = examples(&set, &refusals, 0).remove(0).unwrap();
    let state = locate(Zip::parse(&example.zip).unwrap().zip)
        .state
        .map(State::code);
    assert_eq!((state, example.product.as_str()), (Some("CT"), "auto"));
}

#[test]
fn splits_say_what_they_do() {
    let variant = |name: &str, weight: u32, path: &str| json!({ "name": name, "weight": weight, "url": format!("https://q.example/{path}") });
    let split = |rule: u32, variants: Value| json!({ "kind": "route", "rule": rule, "target": { "variants": variants } });
    let set = set(json!([
        split(1, json!([variant("a", 3, "a"), variant("b", 1, "b")])),
        split(2, json!([variant("a", 1, "a"), variant("b", 0, "b")])),
        split(3, json!([variant("a", 1, "a"), variant("b", 1, "a")])),
        split(4, json!([variant("a", 1, "a")])),
    ]));
    let mut findings = Findings::default();
    let splits = splits(&set, &mut findings);
    let shares = splits.rules[0].variants.iter().map(|variant| variant.percent);
    assert_eq!((splits.found, shares.collect::<Vec<_>>()), (3, vec![75.0, 25.0]));
    let (findings, _) = findings.sorted();
    let said: Vec<_> = findings
        .iter()
        .map(|finding| (finding.code, finding.rules[0]))
        .collect();
    assert_eq!(
        said,
        [("variants_alike", 3), ("split_of_one", 2), ("variants_paused", 2)]
    );
}

#[test]
fn what_time_and_other_brands_make_of_rules_is_told() {
    let windowed = |rule: u32, from: Option<&str>, until: Option<&str>| {
        let mut route = route(rule, json!({}), 0);
        (route["from"], route["until"]) = (json!(from), json!(until));
        route
    };
    let mut set = set(json!([
        windowed(1, None, Some("2026-01-01T00:00:00Z")),
        windowed(2, Some("2030-01-01T00:00:00Z"), None),
    ]));
    set.settings.destinations.push("idle.example".to_owned());
    let mut findings = Findings::default();
    let taken = [("q.example".to_owned(), "other".to_owned())];
    upkeep(&set, &taken, 1_800_000_000, &mut findings);
    let (findings, counts) = findings.sorted();
    let said: Vec<_> = findings
        .iter()
        .map(|finding| (finding.code, finding.rules.as_slice()))
        .collect();
    assert_eq!(
        said,
        [
            ("destination_redirects", [1, 2].as_slice()),
            ("window_over", &[1]),
            ("destination_unused", &[]),
            ("window_ahead", &[2]),
        ]
    );
    assert_eq!(counts.len(), 4);
}
