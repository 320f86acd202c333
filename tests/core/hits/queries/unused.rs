//! Rules that nobody needed.

use axum::http::StatusCode;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{accept, hit, ok, pages};
use crate::redirects::{create, import_csv, post_any};
use marquee_tests::hits::pack;

const FIRST: &str = "kind,rule,enabled,product,state,split,variant,weight,url,vars,note\r\n\
    route,1,true,auto,NY,,,,https://quotes.acme.example/1,,\"=New York, autos\"\r\n\
    route,2,true,auto,CA,sticky,a,1,https://quotes.acme.example/2a,,halves\r\n\
    route,2,true,auto,CA,sticky,b,1,https://quotes.acme.example/2b,,halves\r\n\
    route,3,true,home,,,,,fallback,,\r\n\
    route,4,false,home,NY,,,,https://quotes.acme.example/4,,\r\n\
    attribute,5,true,,,,,,,phone=1,\r\n";
const SIXTH: &str = "route,6,true,home,TX,,,,https://quotes.acme.example/6,,\r\n";

async fn publish(test: &TestApp, csv: &str) {
    let imported = import_csv(test, "acme", csv).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    let published = post_any(test, "/v1/brands/acme/publish", json!({})).await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
}

/// Rules 1 to 5 since noon, and rule 6 since a day later.
async fn two_revisions(db: PgPool) -> TestApp {
    let test = TestApp::new(db).await;
    create(&test, "acme").await;
    publish(&test, FIRST).await;
    test.advance(Duration::DAY);
    publish(&test, &format!("{FIRST}{SIXTH}")).await;
    test.leave_jobs();
    test
}

async fn decided(test: &TestApp, rule: u32, bot: bool) {
    let mut made = hit(test.app.now(), u64::from(rule));
    (made.rule, made.bot) = (Some(rule), bot);
    accept(test, &[pack(&[made])]).await;
}

fn numbers(items: &[Value]) -> Vec<i64> {
    items.iter().map(|item| item["rule"].as_i64().unwrap()).collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn enabled_rules_that_decided_nothing_are_listed_with_their_age(db: PgPool) {
    let test = two_revisions(db).await;
    decided(&test, 2, false).await;
    decided(&test, 3, true).await;

    let all = ok(&test, "/v1/brands/acme/hits/unused-rules").await;
    assert_eq!(
        all,
        json!({
            "of": { "of": "live", "version": null, "revision": 2 },
            "since": "2026-06-03",
            "rules": 4,
            "attribute_rules": 1,
            "items": [
                {
                    "rule": 1, "kind": "route", "note": "=New York, autos", "from": null, "until": null,
                    "live_since": "2026-07-01T12:00:00Z",
                },
                {
                    "rule": 3, "kind": "fallback", "note": "", "from": null, "until": null,
                    "live_since": "2026-07-01T12:00:00Z",
                },
                {
                    "rule": 6, "kind": "route", "note": "", "from": null, "until": null,
                    "live_since": "2026-07-02T12:00:00Z",
                },
            ],
            "next_cursor": null,
        })
    );

    let by_bots = ok(&test, "/v1/brands/acme/hits/unused-rules?bots=include").await;
    assert_eq!(numbers(by_bots["items"].as_array().unwrap()), [1, 6]);
    let paged = pages(&test, "/v1/brands/acme/hits/unused-rules?limit=2").await;
    assert_eq!(numbers(&paged), [1, 3, 6]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_rule_is_unused_again_once_its_last_hit_is_too_long_ago(db: PgPool) {
    let test = two_revisions(db).await;
    decided(&test, 2, false).await;
    test.advance(Duration::days(3));
    let unused = async |query: &str| {
        let rules = ok(&test, &format!("/v1/brands/acme/hits/unused-rules?{query}")).await;
        numbers(rules["items"].as_array().unwrap())
    };

    assert_eq!(unused("days=4").await, [1, 3, 6]);
    assert_eq!(unused("days=3").await, [1, 2, 3, 6]);
    assert_eq!(unused("days=4&of=1").await, [1, 3]);

    let imported = import_csv(&test, "acme", FIRST.split("route,3").next().unwrap()).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    assert_eq!(unused("days=4&of=draft").await, [1]);
    let draft = ok(&test, "/v1/brands/acme/hits/unused-rules?of=draft").await;
    assert_eq!(draft["items"][0]["live_since"], "2026-07-01T12:00:00Z");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_rule_that_was_away_meanwhile_is_as_old_as_its_return(db: PgPool) {
    let test = two_revisions(db).await;
    test.advance(Duration::DAY);
    publish(&test, FIRST).await;
    test.advance(Duration::DAY);
    publish(&test, &format!("{FIRST}{SIXTH}")).await;

    let rules = ok(&test, "/v1/brands/acme/hits/unused-rules").await;

    let items = rules["items"].as_array().unwrap();
    assert_eq!(items[3]["rule"], 6);
    assert_eq!(items[3]["live_since"], "2026-07-04T12:00:00Z");
    assert_eq!(items[0]["live_since"], "2026-07-01T12:00:00Z");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn rule_sets_that_are_not_there_are_named(db: PgPool) {
    let test = TestApp::new(db).await;
    create(&test, "acme").await;
    for (path, status, code) in [
        ("other/hits/unused-rules", 404, "brand_unknown"),
        ("acme/hits/unused-rules", 409, "not_live"),
        ("acme/hits/unused-rules?of=7", 404, "revision_unknown"),
        ("acme/hits/unused-rules?of=mine", 400, "rule_set_unknown"),
        ("acme/hits/unused-rules?of=draft&cursor=x", 400, "cursor_invalid"),
        (
            "acme/hits/unused-rules?of=draft&format=xlsx",
            400,
            "query_invalid",
        ),
    ] {
        let (answered, problem) = test.get(&format!("/v1/brands/{path}")).await;
        assert_eq!(
            (answered.as_u16(), problem["code"].as_str()),
            (status, Some(code)),
            "{path}: {problem}"
        );
    }
    let empty = ok(&test, "/v1/brands/acme/hits/unused-rules?of=draft").await;
    assert_eq!(empty["items"], json!([]));
}
