//! What goes live at a time that was set before.

use std::panic::AssertUnwindSafe;

use axum::http::StatusCode;
use futures::FutureExt;
use marquee_core::access::Permission;
use marquee_core::config::Fault;
use marquee_core::platform::cron;
use marquee_core::platform::faults::Faults;
use marquee_core::redirects::jobs;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{at_the_edge, freeze, import_csv, live, one_rule, post_any, post_as, set_policy};

/// An hour after every test begins.
const LATER: &str = "2026-07-01T13:00:00Z";

/// Live with `a`, and a request for `b` at [`LATER`]. One person's word is enough.
async fn scheduled(app: &TestApp) -> Value {
    live(app, "acme", "a").await;
    import_csv(app, "acme", &one_rule("acme", "b")).await;
    let request = ask(app).await;
    assert_eq!(
        (&request["status"], &request["run_at"]),
        (&json!("scheduled"), &json!(LATER))
    );
    request
}

async fn ask(app: &TestApp) -> Value {
    let body = json!({ "action": "publish", "note": "at one", "run_at": LATER });
    let asked = post_any(app, "/v1/brands/acme/requests", body).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{asked:?}");
    asked.body
}

async fn now(app: &TestApp, request: &Value) -> Value {
    let id = request["id"].as_str().unwrap();
    app.get(&format!("/v1/brands/acme/requests/{id}")).await.1
}

async fn publications(app: &TestApp) -> Value {
    app.get("/v1/publishing").await.1["sequence"].clone()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn it_goes_live_at_its_time_as_it_was_asked_for(db: PgPool) {
    let app = TestApp::new(db).await;
    let request = scheduled(&app).await;
    // The draft goes on.
    import_csv(&app, "acme", &one_rule("acme", "c")).await;

    app.advance(Duration::minutes(59));
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));
    app.advance(Duration::MINUTE);
    app.run_jobs().await;

    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));
    let done = now(&app, &request).await;
    assert_eq!(
        (&done["status"], &done["sequence"], &done["done_at"]),
        (&json!("done"), &json!(2), &json!(LATER))
    );
    let (_, rules) = app.get("/v1/brands/acme/revisions/2/rules").await;
    assert!(rules.to_string().contains("/b?"), "{rules}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_worker_that_comes_late_runs_it_once(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    let request = scheduled(&app).await;
    // Nobody was woken: the queue was emptied while the workers were down.
    sqlx::query("delete from platform.job")
        .execute(&db)
        .await
        .unwrap();
    app.advance(Duration::hours(7));

    cron::run_ticks(&app.app).await.unwrap();
    let (one, two, three) = tokio::join!(
        jobs::run_requests(&app.app),
        jobs::run_requests(&app.app),
        jobs::run_requests(&app.app)
    );
    one.and(two).and(three).unwrap();
    app.run_jobs().await;
    app.advance(Duration::MINUTE);
    cron::run_ticks(&app.app).await.unwrap();
    app.run_jobs().await;

    assert_eq!(now(&app, &request).await["status"], "done");
    let (_, log) = app.get("/v1/audit?action=redirects.publish").await;
    assert_eq!(
        log["items"].as_array().unwrap().len(),
        2,
        "the first, and this: {log}"
    );
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(brand["live"]["revision"], 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k15_a_crash_anywhere_on_the_way_leaves_nothing_half_done(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    live(&app, "acme", "a").await;
    for (point, happened) in [
        ("redirects.request.before_commit", false),
        ("redirects.request.after_compare", false),
        ("redirects.request.before_publish", false),
        ("redirects.request.after_publish", true),
    ] {
        import_csv(&app, "acme", &one_rule("acme", point)).await;
        let run_at = app.app.now() + Duration::HOUR;
        let run_at = run_at
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap();
        let before = publications(&app).await.as_i64().unwrap();
        let dying = TestApp::with(db.clone(), |parts| {
            parts.clock = app.clock.clone();
            let fault = Fault {
                point: point.to_owned(),
                pass: 1,
            };
            parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
        })
        .await;
        dying.leave_jobs();
        let body = json!({ "action": "publish", "run_at": run_at });
        let process = async {
            let asked = post_any(&dying, "/v1/brands/acme/requests", body.clone()).await;
            if asked.status != StatusCode::CREATED {
                panic!("it died while it was asked");
            }
            app.advance(Duration::HOUR);
            jobs::run_requests(&dying.app).await.unwrap();
        };
        let died = AssertUnwindSafe(process).catch_unwind().await;
        assert!(died.is_err(), "{point} was never reached");

        let moved = publications(&app).await.as_i64().unwrap() - before;
        assert_eq!(moved, i64::from(happened), "{point}");
        if point == "redirects.request.before_commit" {
            let (_, none) = app.get("/v1/brands/acme/requests").await;
            assert_eq!(none["items"], json!([]), "{point}");
            continue;
        }
        let (_, requests) = app.get("/v1/brands/acme/requests?limit=1").await;
        let status = if happened { "done" } else { "scheduled" };
        assert_eq!(requests["items"][0]["status"], status, "{point}");

        app.advance(Duration::MINUTE);
        jobs::run_requests(&app.app).await.unwrap();
        jobs::run_requests(&app.app).await.unwrap();
        let moved = publications(&app).await.as_i64().unwrap() - before;
        assert_eq!(moved, 1, "{point}: once");
        assert_eq!(
            now(&app, &requests["items"][0]).await["status"],
            "done",
            "{point}"
        );
    }
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn it_fails_with_the_reason_when_it_is_no_longer_possible(db: PgPool) {
    let app = TestApp::new(db).await;
    let request = scheduled(&app).await;
    import_csv(&app, "acme", &one_rule("acme", "c")).await;
    let canary = freeze(&app, "acme").await;
    let body = json!({ "revision": canary, "percent": 5 });
    post_any(&app, "/v1/brands/acme/canary", body).await;

    app.advance(Duration::HOUR);
    app.run_jobs().await;

    let failed = now(&app, &request).await;
    assert_eq!(failed["status"], "failed", "{failed}");
    assert!(failed["error"].as_str().unwrap().contains("canary"), "{failed}");
    let (_, log) = app.get("/v1/audit?action=redirects.request_failed").await;
    assert_eq!(log["items"][0]["after"]["request"], request["id"]);
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(brand["live"]["revision"], 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_nobody_approved_fails_when_the_policy_has_become_stricter(db: PgPool) {
    let app = TestApp::new(db).await;
    let request = scheduled(&app).await;
    set_policy(&app, "acme", json!({ "four_eyes": true })).await;

    app.advance(Duration::HOUR);
    app.run_jobs().await;

    let failed = now(&app, &request).await;
    assert_eq!(failed["status"], "failed", "{failed}");
    assert!(
        failed["error"].as_str().unwrap().contains("second person"),
        "{failed}"
    );
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_takes_two_waits_for_both_the_person_and_the_time(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    set_policy(&app, "acme", json!({})).await;
    import_csv(&app, "acme", &one_rule("acme", "b")).await;
    let (early, late) = (ask(&app).await, ask(&app).await);
    assert_eq!(early["status"], "pending");
    let another = app.api_key(&[Permission::RulesApprove]).await;
    let approve = async |request: &Value| {
        let path = format!(
            "/v1/brands/acme/requests/{}/approve",
            request["id"].as_str().unwrap()
        );
        post_as(&app, &another, &path, json!({})).await
    };

    let approved = approve(&early).await;
    assert_eq!(approved.body["status"], "scheduled", "{approved:?}");
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));
    app.advance(Duration::HOUR);
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));

    // The other's time has come and gone without an approval, and what it wanted is live.
    assert_eq!(now(&app, &late).await["status"], "pending");
    assert_eq!(approve(&late).await.body["code"], "already_live");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_was_cancelled_does_not_go_live(db: PgPool) {
    let app = TestApp::new(db).await;
    let request = scheduled(&app).await;
    let path = format!(
        "/v1/brands/acme/requests/{}/cancel",
        request["id"].as_str().unwrap()
    );
    assert_eq!(post_any(&app, &path, json!({})).await.body["status"], "cancelled");

    app.advance(Duration::HOUR);
    app.run_jobs().await;

    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));
}
