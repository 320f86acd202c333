//! The real wasm on the real runtime: what visitors, publishers and the log pipeline can do to it.
//!
//! Tests carry the ids of the fault tables in `tests/README.md`: E requests, K tables and KV, L hits.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod age;
mod compatible;
mod golden;
mod hits;
mod isolate;
mod publishing;
mod requests;

use std::sync::LazyLock;

use marquee_shared::rules::RuleSet;
use marquee_tests::edge::{Edge, Publication, rule_set};
use serde_json::{Value, json};

/// A runtime for tests that change nothing: the brands `acme` and `bare`, and `down`, whose table is not there.
static SHARED: LazyLock<Edge> = LazyLock::new(|| {
    let edge = Edge::start(&[("REFRESH_SECONDS", "3600")]);
    let bare = rule_set(
        "bare",
        json!({}),
        json!([route(1, json!({"product": ["home"], "state": ["NY"]}))]),
    );
    let publication = Publication::new(7).brand(&acme(), 12).brand(&bare, 3);
    edge.publish(&publication);
    edge
});

/// A rule to `https://quotes.test/{number}`.
fn route(number: u32, when: Value) -> Value {
    let url = format!("https://quotes.test/{number}");
    json!({"kind": "route", "rule": number, "when": when, "target": {"variants": [{"name": "a", "url": url}]}})
}

/// A brand whose every visitor goes to `https://quotes.test/{rule}`.
fn simple(brand: &str, rule: u32) -> RuleSet {
    rule_set(brand, json!({}), json!([route(rule, json!({}))]))
}

/// A brand with a bit of everything.
fn acme() -> RuleSet {
    let settings = json!({
        "hosts": ["go.acme.test", "xn--acm-dma.test"],
        "destinations": ["quotes.test", "www.acme.test"],
        "pass_query": ["utm_*", "gclid"],
        "ask_url": "https://www.acme.test/zip",
        "system_value": "atalaya",
        "products": [{"code": "auto"}, {"code": "home", "fallback_url": "https://www.acme.test/home"}, {"code": "life"}],
        "aliases": {
            "product": {"A": "auto", "H": "home"},
            "language": {"ESP": "es", "ENG": "en"},
            "device": {"M": "mobile", "D": "desktop"},
            "media": {"GGL": "google"},
        },
    });
    let to = |url: &str| json!({"variants": [{"name": "a", "url": url}]});
    let rules = json!([
        {"kind": "route", "rule": 1, "when": {"product": ["auto"]}, "target": {"variants": [
            {"name": "a", "url": "https://quotes.test/auto?src={brand}-{rule}", "system": "rater"}]}},
        {"kind": "route", "rule": 2, "when": {"product": ["auto"], "state": ["NY"]},
         "target": to("https://quotes.test/ny/{zip}?four={zip4}&city={city}")},
        {"kind": "route", "rule": 3, "when": {"product": ["auto"], "device": ["mobile"]},
         "target": to("https://quotes.test/mobile")},
        {"kind": "route", "rule": 4, "when": {"product": ["auto"], "language": ["es"]},
         "target": to("https://quotes.test/es")},
        {"kind": "route", "rule": 5, "when": {"product": ["auto"], "media": ["google"]},
         "target": to("https://quotes.test/google?hit={hit}&rev={revision}")},
        {"kind": "route", "rule": 6, "when": {"product": ["life"], "state": ["TX"]}, "target": {"split": "sticky",
         "variants": [{"name": "left", "url": "https://quotes.test/left"}, {"name": "right", "url": "https://quotes.test/right"}]}},
        {"kind": "route", "rule": 7, "when": {"product": ["auto"], "state": ["CA"]}, "target": {"variants": [
            {"name": "a", "url": "https://quotes.test/ca?x=1", "system": "webform"}]}},
        {"kind": "attribute", "rule": 8, "when": {"product": ["auto"]}, "vars": {"media_code": "M 1", "phone": "+1 555"}},
    ]);
    rule_set("acme", settings, rules)
}
