//! When a person is told to look at publishing.

use marquee_core::redirects::jobs;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{import_csv, live, next, one_rule, post_any, set_policy};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn somebody_is_told_of_a_stale_manifest_and_not_of_one_that_is_merely_late(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    next(&app, "acme", "b").await;
    app.leave_jobs();

    // KV does not follow.
    app.advance(Duration::minutes(15));
    jobs::watch(&app.app).await.unwrap();
    assert!(!app.alerted("redirects.manifest_stale", "manifest"));

    app.advance(Duration::minutes(15));
    jobs::watch(&app.app).await.unwrap();
    assert!(app.alerted("redirects.manifest_stale", "manifest"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn somebody_is_told_of_a_publish_that_failed_at_its_time(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    import_csv(&app, "acme", &one_rule("acme", "b")).await;
    let body = json!({ "action": "publish", "run_at": "2026-07-01T13:00:00Z" });
    let asked = post_any(&app, "/v1/brands/acme/requests", body).await;
    assert_eq!(asked.body["status"], "scheduled", "{asked:?}");
    set_policy(&app, "acme", json!({ "four_eyes": true })).await;

    app.advance(Duration::HOUR);
    app.run_jobs().await;

    assert!(app.alerted("redirects.request_failed", "acme"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn somebody_is_told_when_the_edge_has_not_followed_for_five_minutes(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    next(&app, "acme", "b").await;
    app.leave_jobs();
    let sync_fails = async || {
        app.edge_kv.fail_next(20);
        assert!(jobs::sync(&app.app).await.is_err());
    };

    sync_fails().await;
    app.advance(Duration::minutes(4));
    sync_fails().await;
    assert!(!app.alerted("redirects.sync", "manifest"));

    // More than the ten minutes for which an alert is not repeated.
    app.advance(Duration::minutes(11));
    sync_fails().await;
    assert!(app.alerted("redirects.sync", "manifest"));
}
