//! However a draft came about, the files it hands out change nothing when they come back.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::{Answer, TestApp};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use sqlx::PgPool;

use super::{create, edit, import, post_any};

const CASES: usize = 16;
const RULES: &str = "/v1/brands/acme/draft/rules";

/// A member of a merge patch: absent, `null` or a value.
fn member(
    name: &'static str,
    value: impl Strategy<Value = Value> + 'static,
) -> BoxedStrategy<(&'static str, Option<Value>)> {
    let patched = prop_oneof![Just(None), Just(Some(Value::Null)), value.prop_map(Some)];
    patched.prop_map(move |value| (name, value)).boxed()
}

fn patch(members: Vec<BoxedStrategy<(&'static str, Option<Value>)>>) -> impl Strategy<Value = Value> {
    members.prop_map(|members| {
        let given = members.into_iter();
        let given = given.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(given.collect::<Map<_, _>>())
    })
}

fn some(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    subsequence(of, 1..=of.len()).prop_map(|chosen| json!(chosen))
}

fn text(of: &'static str) -> impl Strategy<Value = Value> {
    of.prop_map(Value::String)
}

/// Of the settings, what may go without.
fn settings() -> impl Strategy<Value = Value> {
    let aliases = select(vec![
        json!({ "product": { "A": "auto" } }),
        json!({ "product": { "A": null, "H": "home" }, "language": { "S": "es" } }),
    ]);
    patch(vec![
        member("pass_query", some(&["utm_*", "gclid", "sub-id"])),
        member("system_value", text("[a-z]{1,8}")),
        member("fallback_url", text(r"https://quotes\.acme\.example/[a-z]{0,8}")),
        member("aliases", aliases),
    ])
}

fn rule() -> impl Strategy<Value = Value> {
    let when = patch(vec![
        member("product", some(&["auto", "home"])),
        member("language", some(&["en", "es"])),
        member("device", some(&["mobile", "tablet", "desktop"])),
        member("media", some(&["google", "tv", "a-1"])),
        member("state", some(&["NY", "MA", "TX"])),
        member("zip", some(&["02108", "021*", "10001-10099", "00501"])),
    ]);
    let moments = || {
        select(vec![
            json!("2026-01-01T00:00:00Z"),
            json!("2026-07-01T02:00:00.25+02:00"),
        ])
    };
    patch(vec![
        member("enabled", any::<bool>().prop_map(|enabled| json!(enabled))),
        member("priority", (-9..9_i32).prop_map(|priority| json!(priority))),
        member(
            "note",
            prop_oneof![text(r"[=+@'\t\r\n ,\x22a-c-]{0,6}"), text(r"\PC{0,12}")],
        ),
        member("from", moments()),
        member("until", moments()),
        member("when", when),
    ])
}

/// As the draft hands it out, byte for byte.
async fn file(app: &TestApp, path: &str) -> String {
    let request = app.request(Method::GET, path).body(Body::empty()).unwrap();
    let answer = app.send(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.text
}

async fn put_draft(app: &TestApp, whole: &str) -> Answer {
    let request = app
        .request(Method::PUT, "/v1/brands/acme/draft")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, "*");
    app.send(request.body(Body::from(whole.to_owned())).unwrap())
        .await
}

#[track_caller]
fn changes_nothing(taken: &Answer, version: &Value, why: &str) {
    assert_eq!(taken.status, StatusCode::OK, "{why}: {taken:?}");
    let told = ["added", "changed", "removed", "version"].map(|name| taken.body[name].clone());
    assert_eq!(told, [json!(0), json!(0), json!(0), version.clone()], "{why}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_draft_patched_at_will_goes_out_and_in_without_a_change(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    for path in ["one", "two"] {
        let url = format!("https://quotes.acme.example/{path}");
        let rule = json!({ "kind": "route", "target": { "variants": [{ "name": "a", "url": url }] } });
        assert!(post_any(&app, RULES, rule).await.status.is_success());
    }
    let attribute = json!({ "kind": "attribute", "vars": { "phone": "1-800|5%" } });
    assert!(post_any(&app, RULES, attribute).await.status.is_success());

    let mut runner = TestRunner::deterministic();
    let patches = (settings(), 1..=3_u32, rule());
    for case in 0..CASES {
        let (settings, number, rule) = patches.new_tree(&mut runner).unwrap().current();
        let why = format!("case {case}: {settings} and, of rule {number}, {rule}");
        for (path, patch) in [
            ("/v1/brands/acme/draft/settings".to_owned(), settings),
            (format!("{RULES}/{number}"), rule),
        ] {
            let patched = edit(&app, Method::PATCH, &path, "*", patch.clone()).await;
            assert_eq!(patched.status, StatusCode::OK, "{why}: {patched:?}");
            let again = edit(&app, Method::PATCH, &path, "*", patch).await;
            assert_eq!(again.headers["etag"], patched.headers["etag"], "{why}");
        }
        let (_, brand) = app.get("/v1/brands/acme").await;
        let version = &brand["draft"]["version"];
        let whole = file(&app, "/v1/brands/acme/draft").await;
        let csv = file(&app, &format!("{RULES}?format=csv")).await;

        let taken = import(&app, "acme", "", "text/csv", csv.clone()).await;
        changes_nothing(&taken, version, &why);
        changes_nothing(&put_draft(&app, &whole).await, version, &why);
        assert_eq!(file(&app, "/v1/brands/acme/draft").await, whole, "{why}");
        assert_eq!(file(&app, &format!("{RULES}?format=csv")).await, csv, "{why}");
    }
}
