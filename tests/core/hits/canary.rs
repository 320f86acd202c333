//! A canary beside what is live for the others, and what ends it.

use axum::http::StatusCode;
use marquee_core::hits::jobs;
use marquee_shared::hit::{Hit, Outcome};
use marquee_tests::TestApp;
use marquee_tests::hits::{hit, pack};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::accept;
use crate::redirects::{freeze, import_csv, live, one_rule, post_any, set_policy};

/// Revision 1 is live, revision 2 is shown to 5 percent.
async fn canary(app: &TestApp, policy: Value) {
    live(app, "acme", "a").await;
    import_csv(app, "acme", &one_rule("acme", "b")).await;
    assert_eq!(freeze(app, "acme").await, 2);
    start(app).await;
    let mut whole = json!({ "max_changed_percent": 100, "canary_min_hits": 100 });
    whole
        .as_object_mut()
        .unwrap()
        .extend(policy.as_object().unwrap().clone());
    set_policy(app, "acme", whole).await;
}

async fn start(app: &TestApp) {
    let body = json!({ "revision": 2, "percent": 5 });
    let started = post_any(app, "/v1/brands/acme/canary", body).await;
    assert_eq!(started.status, StatusCode::CREATED, "{started:?}");
    app.run_jobs().await;
}

/// Hits of now, by outcome; `first` tells them from others.
fn hits(app: &TestApp, first: u64, canary: bool, counts: &[(Outcome, u64)]) -> Vec<Hit> {
    let outcomes = counts
        .iter()
        .flat_map(|(outcome, count)| (0..*count).map(|_| *outcome));
    let one = |(n, outcome)| Hit {
        outcome,
        canary,
        revision: if canary { 2 } else { 1 },
        ..hit(app.app.now(), n)
    };
    (first..).zip(outcomes).map(one).collect()
}

/// As the edge packs them, a hundred in a message; returns how many were new.
async fn send(app: &TestApp, hits: &[Vec<Hit>]) -> u64 {
    let messages: Vec<_> = hits.concat().chunks(100).map(pack).collect();
    accept(app, &messages).await.accepted
}

/// The canary loses one in ten, the others one in a hundred.
async fn worse(app: &TestApp) {
    let stable = hits(app, 0, false, &[(Outcome::Redirect, 990), (Outcome::Lost, 10)]);
    let canary = hits(
        app,
        10_000,
        true,
        &[(Outcome::Redirect, 180), (Outcome::Lost, 20)],
    );
    assert_eq!(send(app, &[stable, canary]).await, 1_200);
}

async fn compared(app: &TestApp) -> Value {
    let (status, compared) = app.get("/v1/brands/acme/canary").await;
    assert_eq!(status, StatusCode::OK, "{compared}");
    compared
}

async fn watch(app: &TestApp) {
    jobs::watch_canaries(&app.app).await.unwrap();
    app.run_jobs().await;
}

/// Whoever ended a canary, and why, the newest first.
async fn aborts(app: &TestApp) -> Vec<(String, String)> {
    let (_, log) = app.get("/v1/audit?action=redirects.abort").await;
    let entries = log["items"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .map(|entry| (text(&entry["principal_id"]), text(&entry["after"]["note"])))
        .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn both_populations_are_counted_since_it_began_and_each_hit_once(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    let before = hits(&app, 50_000, false, &[(Outcome::Lost, 500)]);
    send(&app, &[before]).await;
    app.advance(Duration::seconds(90));
    import_csv(&app, "acme", &one_rule("acme", "b")).await;
    freeze(&app, "acme").await;
    start(&app).await;
    app.advance(Duration::minutes(2));

    worse(&app).await;
    worse_again_changes_nothing(&app).await;
    let fallbacks = [(Outcome::ProductFallback, 30), (Outcome::BrandFallback, 20)];
    let bots: Vec<_> = hits(&app, 60_000, true, &[(Outcome::Lost, 300)])
        .into_iter()
        .map(|hit| Hit { bot: true, ..hit })
        .collect();
    let killed = hits(&app, 70_000, true, &[(Outcome::Killed, 40)]);
    let more = hits(&app, 80_000, false, &fallbacks);
    send(&app, &[bots, killed, more]).await;

    let compared = compared(&app).await;
    assert_eq!(
        (
            &compared["revision"],
            &compared["stable_revision"],
            &compared["percent"]
        ),
        (&json!(2), &json!(1), &json!(5))
    );
    assert_eq!(compared["since"], "2026-07-01T12:01:30Z");
    let counts = |population: &str| {
        ["redirect", "product_fallback", "brand_fallback", "lost"]
            .map(|outcome| compared[population][outcome]["hits"].as_i64().unwrap())
    };
    assert_eq!(counts("canary"), [180, 0, 0, 20]);
    assert_eq!(counts("stable"), [990, 30, 20, 10]);
    assert_eq!(compared["stable"]["hits"], 1_050);
    let lost = &compared["canary"]["lost"];
    assert_eq!(lost["share"], 0.1);
    assert!(
        lost["low"].as_f64().unwrap() > 0.06 && lost["high"].as_f64().unwrap() < 0.15,
        "{lost}"
    );
    assert_eq!(compared["verdict"], "too_few", "the default asks for 1000");
}

async fn worse_again_changes_nothing(app: &TestApp) {
    let canary = hits(
        app,
        10_000,
        true,
        &[(Outcome::Redirect, 180), (Outcome::Lost, 20)],
    );
    assert_eq!(send(app, &[canary]).await, 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_canary_beyond_the_policy_is_ended_once_with_the_figures(db: PgPool) {
    let app = TestApp::new(db).await;
    canary(
        &app,
        json!({ "canary_max_lost_points": 5, "canary_auto_abort": true }),
    )
    .await;
    watch(&app).await;
    assert_eq!(compared(&app).await["verdict"], "too_few");
    worse(&app).await;
    let compared = compared(&app).await;
    assert_eq!(compared["verdict"], "worse");
    assert!(
        compared["breach"]
            .as_str()
            .unwrap()
            .starts_with("lost +9.00 points"),
        "{compared}"
    );

    let (one, two) = tokio::join!(jobs::watch_canaries(&app.app), jobs::watch_canaries(&app.app));
    one.and(two).unwrap();
    watch(&app).await;

    let aborts = aborts(&app).await;
    assert_eq!(aborts.len(), 1, "{aborts:?}");
    assert_eq!(aborts[0].0, "system");
    assert!(
        aborts[0].1.contains("lost +9.00 points") && aborts[0].1.contains("of 200 hits beside 1000"),
        "{aborts:?}"
    );
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(
        (&brand["live"]["revision"], &brand["live"]["canary"]),
        (&json!(1), &json!(null))
    );
    let (status, none) = app.get("/v1/brands/acme/canary").await;
    assert_eq!(
        (status, &none["code"]),
        (StatusCode::NOT_FOUND, &json!("no_canary"))
    );

    // A person starts it again: it is judged by what comes then.
    app.advance(Duration::minutes(3));
    start(&app).await;
    watch(&app).await;
    let (_, again) = app.get("/v1/brands/acme/canary").await;
    assert_eq!(
        (&again["canary"]["hits"], &again["verdict"]),
        (&json!(0), &json!("too_few"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_only_watched_or_within_the_policy_goes_on(db: PgPool) {
    let app = TestApp::new(db).await;
    canary(&app, json!({ "canary_max_lost_points": 5 })).await;
    worse(&app).await;
    watch(&app).await;
    assert_eq!(compared(&app).await["verdict"], "worse", "a person decides");

    set_policy(
        &app,
        "acme",
        json!({ "canary_min_hits": 100, "canary_max_lost_points": 15, "canary_auto_abort": true }),
    )
    .await;
    watch(&app).await;
    assert_eq!(compared(&app).await["breach"], json!(null));

    set_policy(
        &app,
        "acme",
        json!({ "canary_min_hits": 201, "canary_max_lost_points": 5, "canary_auto_abort": true }),
    )
    .await;
    watch(&app).await;
    assert_eq!(compared(&app).await["verdict"], "too_few");
    assert!(aborts(&app).await.is_empty());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_canary_that_does_well_is_never_promoted_by_itself(db: PgPool) {
    let app = TestApp::new(db).await;
    canary(
        &app,
        json!({ "canary_max_fallback_points": 1, "canary_auto_abort": true }),
    )
    .await;
    let stable = hits(
        &app,
        0,
        false,
        &[(Outcome::Redirect, 800), (Outcome::BrandFallback, 200)],
    );
    let better = hits(&app, 10_000, true, &[(Outcome::Redirect, 500)]);
    send(&app, &[stable, better]).await;

    watch(&app).await;

    let compared = compared(&app).await;
    assert_eq!(compared["verdict"], "better", "{compared}");
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(brand["live"]["revision"], 1);
}
