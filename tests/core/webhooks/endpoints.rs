use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use super::{app, emit, endpoint, path};

const URL: &str = "https://hooks.example.com/marquee";

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_new_endpoint_shows_its_secret_once(db: PgPool) {
    let app = app(db).await;

    let created = endpoint(
        &app,
        json!({ "url": URL, "events": ["redirects.published"], "note": "CRM" }),
    )
    .await;
    let secret = created["secret"].as_str().unwrap();
    let (_, shown) = app.get(&path(&created)).await;
    let (_, list) = app.get("/v1/brands/acme/webhooks").await;
    let (_, log) = app.get("/v1/audit?action=webhooks.create").await;

    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
    assert_eq!(
        (&shown["url"], &shown["note"], &shown["disabled_at"]),
        (&json!(URL), &json!("CRM"), &json!(null))
    );
    assert_eq!(list["items"][0], shown);
    for text in [shown.to_string(), list.to_string(), log.to_string()] {
        assert!(!text.contains(&secret[6..]), "{text}");
    }
    let stored = sqlx::query_scalar!("select secret from webhooks.endpoint");
    let stored = stored.fetch_one(&app.app.db).await.unwrap();
    assert!(
        stored.len() > 40
            && !stored
                .windows(6)
                .any(|bytes| secret.as_bytes().windows(6).any(|part| part == bytes))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_cannot_be_an_endpoint_is_refused_with_the_reason(db: PgPool) {
    let app = app(db).await;

    for (body, pointer) in [
        (json!({ "url": "http://hooks.example.com/" }), "/url"),
        (json!({ "url": "https://127.0.0.1/" }), "/url"),
        (json!({ "url": "https://[fd00::1]/" }), "/url"),
        (json!({ "url": "https://user:secret@hooks.example.com/" }), "/url"),
        (json!({ "url": "nonsense" }), "/url"),
        (json!({ "url": URL, "events": ["orders.placed"] }), "/events"),
        (json!({ "url": URL, "note": "x".repeat(2_001) }), "/note"),
    ] {
        let (status, problem) = app.post("/v1/brands/acme/webhooks", body.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
    let (status, _) = app
        .post("/v1/brands/nobody/webhooks", json!({ "url": URL }))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/v1/brands/acme/webhooks").await.1["items"], json!([]));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_brand_has_twenty_endpoints_at_most(db: PgPool) {
    let app = app(db).await;
    for _ in 0..20 {
        endpoint(&app, json!({ "url": URL })).await;
    }
    let (status, problem) = app.post("/v1/brands/acme/webhooks", json!({ "url": URL })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("too_many_endpoints"))
    );

    let (_, first) = app.get("/v1/brands/acme/webhooks?limit=15").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = app
        .get(&format!("/v1/brands/acme/webhooks?limit=15&cursor={cursor}"))
        .await;
    assert_eq!(
        first["items"].as_array().unwrap().len() + second["items"].as_array().unwrap().len(),
        20
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn another_brands_endpoint_is_not_there(db: PgPool) {
    let app = app(db).await;
    let created = endpoint(&app, json!({ "url": URL })).await;

    let elsewhere = path(&created).replace("acme", "other");
    assert_eq!(app.get(&elsewhere).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.delete(&elsewhere).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        app.patch(&elsewhere, json!({ "enabled": false })).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(app.get(&path(&created)).await.0, StatusCode::OK);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_endpoint_that_is_off_or_removed_hears_nothing(db: PgPool) {
    let app = app(db).await;
    let off = endpoint(&app, json!({ "url": URL })).await;
    let removed = endpoint(&app, json!({ "url": URL })).await;
    let (status, changed) = app.patch(&path(&off), json!({ "enabled": false })).await;
    assert_eq!(
        (status, &changed["disabled_by"]),
        (StatusCode::OK, &json!("person"))
    );
    assert_eq!(app.delete(&path(&removed)).await.0, StatusCode::NO_CONTENT);

    emit(&app, "redirects.published", json!({ "brand": "acme" })).await;
    app.run_jobs().await;
    assert_eq!(app.webhook_sender.posted(), []);

    app.patch(&path(&off), json!({ "enabled": true })).await;
    emit(&app, "redirects.published", json!({ "brand": "acme" })).await;
    app.run_jobs().await;
    assert_eq!(app.webhook_sender.posted().len(), 1);
}
