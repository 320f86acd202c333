//! The gate that real traffic is: few cells, many visitors.

use axum::http::{Method, StatusCode};
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::blast::{LIVE, draft, publish, traffic};
use crate::redirects::post_any;

/// New York to another form: a twentieth of all ZIPs, which the sample lets pass.
async fn move_new_york(app: &TestApp) {
    draft(app, &LIVE.replace("/ny", "/new")).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_change_of_few_cells_and_much_traffic_needs_a_second_person(db: PgPool) {
    let app = TestApp::new(db).await;
    publish(&app).await;
    traffic(&app, "10001", 60, 6, |_| {}).await;
    traffic(&app, "90210", 40, 0, |_| {}).await;
    move_new_york(&app).await;

    let refused = post_any(&app, "/v1/brands/acme/publish", json!({})).await;

    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert_eq!(refused.body["code"], "approval_required");
    let errors = refused.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{refused:?}");
    assert_eq!(errors[0]["code"], "moves_too_much_traffic");
    assert_eq!(
        errors[0]["detail"],
        "60 % of the 100 hits of the last 7 days would land elsewhere; one person may do that to 20 %"
    );
    let asked = post_any(&app, "/v1/brands/acme/requests", json!({ "action": "publish" })).await;
    assert_eq!(asked.body["reasons"][0]["code"], "moves_too_much_traffic");
    let id = asked.body["id"].as_str().unwrap();
    let another = app.api_key(&[Permission::RulesApprove]).await;
    let approve = format!("/v1/brands/acme/requests/{id}/approve");
    let (status, approved) = app
        .call_as(&another, Method::POST, &approve, Some(json!({})))
        .await;
    assert_eq!((status, &approved["status"]), (StatusCode::OK, &json!("done")));
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_change_of_little_traffic_needs_nobody_else(db: PgPool) {
    let app = TestApp::new(db).await;
    publish(&app).await;
    traffic(&app, "10001", 20, 0, |_| {}).await;
    traffic(&app, "90210", 80, 0, |_| {}).await;
    move_new_york(&app).await;

    let published = post_any(&app, "/v1/brands/acme/publish", json!({})).await;

    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn fewer_than_a_hundred_hits_hold_nothing_up_and_one_more_does(db: PgPool) {
    let app = TestApp::new(db).await;
    publish(&app).await;
    traffic(&app, "10001", 99, 0, |_| {}).await;
    move_new_york(&app).await;

    let published = post_any(&app, "/v1/brands/acme/publish", json!({})).await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    app.run_jobs().await;

    traffic(&app, "90210", 1, 0, |_| {}).await;
    draft(&app, LIVE).await;
    let refused = post_any(&app, "/v1/brands/acme/publish", json!({})).await;
    assert_eq!(
        refused.body["errors"][0]["code"], "moves_too_much_traffic",
        "{refused:?}"
    );
    assert!(
        refused.body["errors"][0]["detail"]
            .as_str()
            .unwrap()
            .starts_with("99 % of the 100 hits"),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn traffic_that_is_none_or_older_than_a_week_holds_nothing_up(db: PgPool) {
    let app = TestApp::new(db).await;
    publish(&app).await;
    traffic(&app, "10001", 100, 7, |_| {}).await;
    move_new_york(&app).await;

    let published = post_any(&app, "/v1/brands/acme/publish", json!({})).await;

    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_was_approved_goes_live_at_its_time_though_traffic_has_changed(db: PgPool) {
    let app = TestApp::new(db).await;
    publish(&app).await;
    let (status, _) = app
        .put("/v1/brands/acme/policy", json!({ "four_eyes": true }))
        .await;
    assert_eq!(status, StatusCode::OK);
    move_new_york(&app).await;
    let body = json!({ "action": "publish", "run_at": "2026-07-01T18:00:00Z" });
    let asked = post_any(&app, "/v1/brands/acme/requests", body).await;
    let id = asked.body["id"].as_str().unwrap().to_owned();
    let request = format!("/v1/brands/acme/requests/{id}");
    let another = app.api_key(&[Permission::RulesApprove]).await;
    let approved = app
        .call_as(
            &another,
            Method::POST,
            &format!("{request}/approve"),
            Some(json!({})),
        )
        .await;
    assert_eq!(approved.1["status"], "scheduled", "{approved:?}");

    // Everybody comes from New York in the meantime.
    traffic(&app, "10001", 100, 0, |_| {}).await;
    let run_at = time::macros::datetime!(2026-07-01 18:00:01 UTC);
    app.advance(run_at - app.app.now());
    app.run_jobs().await;

    let (_, done) = app.get(&request).await;
    assert_eq!(done["status"], "done", "{done}");
}
