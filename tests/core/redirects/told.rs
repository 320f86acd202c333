//! What others are told of publishing.

use std::sync::Arc;

use marquee_core::platform::jobs::{Attempts, Kind, Role};
use marquee_core::redirects::{events, jobs};
use marquee_tests::{ScriptedHandler, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{freeze, import_csv, live, next, one_rule, post_any};

/// Each event has a job of its own, so that what is heard names what happened.
const HEARD: [(&str, &str); 8] = [
    (events::PUBLISHED, "test.published"),
    (events::ROLLED_BACK, "test.rolled_back"),
    (events::CANARY_STARTED, "test.canary_started"),
    (events::CANARY_PROMOTED, "test.canary_promoted"),
    (events::CANARY_ABORTED, "test.canary_aborted"),
    (events::MODE_CHANGED, "test.mode_changed"),
    (events::RETIRED, "test.retired"),
    (events::MANIFEST_STALE, "test.manifest_stale"),
];

async fn listening(db: PgPool) -> (TestApp, Arc<ScriptedHandler>) {
    let subscribed = HEARD
        .iter()
        .fold(ScriptedHandler::default(), |handler, (event, name)| {
            let kind = Kind {
                name,
                role: Role::Default,
                attempts: Attempts::Limited(1),
            };
            handler.with_subscription(event, vec![kind])
        });
    let handler = Arc::new(subscribed);
    let theirs = handler.clone();
    let app = TestApp::with(db, |parts| parts.handler = theirs).await;
    (app, handler)
}

/// Names of what was heard since the beginning, with the payloads.
fn heard(handler: &ScriptedHandler) -> Vec<(String, Value)> {
    let runs = handler.runs().into_iter();
    runs.filter_map(|job| {
        Some((
            job.name.strip_prefix("test.")?.to_owned(),
            job.payload["data"].clone(),
        ))
    })
    .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_change_of_what_is_live_is_told_once_with_who_and_why(db: PgPool) {
    let (app, handler) = listening(db).await;
    live(&app, "acme", "a").await;
    import_csv(&app, "acme", &one_rule("acme", "b")).await;
    let canary = json!({ "revision": freeze(&app, "acme").await, "percent": 5 });
    let post = async |path: &str, body: Value| {
        let answer = post_any(&app, &format!("/v1/brands/acme/{path}"), body).await;
        assert!(answer.status.is_success(), "{answer:?}");
        app.run_jobs().await;
    };
    post("canary", canary.clone()).await;
    post("abort", json!({ "note": "it looks bad" })).await;
    post("canary", canary).await;
    post("promote", json!({})).await;
    post("rollback", json!({ "revision": 1 })).await;
    app.put("/v1/brands/acme/mode", json!({ "mode": "fallback" }))
        .await;
    app.run_jobs().await;
    post("retire", json!({ "note": "sold" })).await;

    let heard = heard(&handler);
    let names: Vec<_> = heard.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "published",
            "canary_started",
            "canary_aborted",
            "canary_started",
            "canary_promoted",
            "rolled_back",
            "mode_changed",
            "retired"
        ]
    );
    let aborted = &heard[2].1;
    assert!(aborted["by"].as_str().unwrap().starts_with("key:"), "{aborted}");
    let expected = json!({
        "brand": "acme", "revision": 1, "sequence": 3, "at": "2026-07-01T12:00:00Z", "by": aborted["by"],
        "note": "it looks bad",
    });
    assert_eq!(aborted, &expected);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_refused_is_not_told(db: PgPool) {
    let (app, handler) = listening(db).await;
    live(&app, "acme", "a").await;
    let again = post_any(&app, "/v1/brands/acme/publish", json!({ "revision": 1 })).await;
    assert_eq!(again.body["code"], "already_live");
    app.run_jobs().await;
    assert_eq!(heard(&handler).len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_stale_manifest_is_told_once_an_episode(db: PgPool) {
    let (app, handler) = listening(db).await;
    live(&app, "acme", "a").await;
    let stale = async || {
        jobs::watch(&app.app).await.unwrap();
        app.run_jobs().await;
        let heard = heard(&handler).into_iter();
        heard.filter(|(name, _)| name == "manifest_stale").count()
    };
    jobs::sync(&app.app).await.unwrap();
    assert_eq!(stale().await, 0);

    // KV does not follow.
    next(&app, "acme", "b").await;
    app.advance(Duration::minutes(15));
    assert_eq!(stale().await, 0);
    app.advance(Duration::MINUTE);
    assert_eq!((stale().await, stale().await), (1, 1));
    jobs::sync(&app.app).await.unwrap();
    assert_eq!(stale().await, 1);

    // Nobody signs it anew.
    app.advance(Duration::hours(49));
    assert_eq!((stale().await, stale().await), (2, 2));
    let (_, last) = heard(&handler).pop().unwrap();
    assert_eq!(
        (&last["brand"], &last["by"], &last["sequence"]),
        (&json!(null), &json!("system"), &json!(2))
    );
}
