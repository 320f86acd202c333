use axum::http::StatusCode;
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::{create, set_policy};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_brand_without_a_policy_has_the_defaults_and_a_change_is_audited(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    set_policy(&app, "acme", json!({})).await;
    let defaults = json!({
        "four_eyes": false,
        "max_changed_percent": 20,
        "canary_min_hits": 1000,
        "canary_max_lost_points": null,
        "canary_max_fallback_points": null,
        "canary_auto_abort": false,
    });
    let (status, policy) = app.get("/v1/brands/acme/policy").await;
    assert_eq!((status, policy), (StatusCode::OK, defaults));

    let strict = json!({ "four_eyes": true, "canary_max_lost_points": 0.5, "canary_auto_abort": true });
    set_policy(&app, "acme", strict).await;

    let (_, policy) = app.get("/v1/brands/acme/policy").await;
    assert_eq!(
        (&policy["four_eyes"], &policy["canary_max_lost_points"]),
        (&json!(true), &json!(0.5))
    );
    let (_, audit) = app.get("/v1/audit?action=redirects.set_policy").await;
    let entry = &audit["items"][0];
    assert_eq!(
        (&entry["before"]["four_eyes"], &entry["after"]["four_eyes"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        app.get("/v1/brands/nobody/policy").await.1["code"],
        "brand_unknown"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_policy_that_makes_no_sense_is_refused_and_changes_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let before = app.get("/v1/brands/acme/policy").await.1;

    for (policy, pointer) in [
        (json!({ "max_changed_percent": 101 }), "/max_changed_percent"),
        (json!({ "canary_min_hits": 0 }), "/canary_min_hits"),
        (json!({ "canary_max_lost_points": -1 }), "/canary_max_lost_points"),
        (
            json!({ "canary_max_fallback_points": 100.5 }),
            "/canary_max_fallback_points",
        ),
        (json!({ "canary_auto_abort": true }), "/canary_auto_abort"),
    ] {
        let (status, refused) = app.put("/v1/brands/acme/policy", policy).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    let (status, _) = app
        .put("/v1/brands/acme/policy", json!({ "four_eye": true }))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.get("/v1/brands/acme/policy").await.1, before);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whoever_may_publish_may_not_loosen_the_policy(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let publisher = app
        .api_key(&[
            Permission::RulesEdit,
            Permission::RulesPublish,
            Permission::RulesApprove,
        ])
        .await;
    let request = app
        .anonymous(axum::http::Method::PUT, "/v1/brands/acme/policy")
        .header("authorization", format!("Bearer {publisher}"))
        .header("content-type", "application/json");
    let refused = app.send(request.body("{}".into()).unwrap()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
