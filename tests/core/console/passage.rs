use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::Browser;

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn scripts_of_our_pages_use_the_api_as_whoever_is_signed_in(db: PgPool) {
    let app = TestApp::new(db).await;
    let browser = Browser::of_person(&app, "ana@acme.example").await;
    browser.get("/account").await;
    let csrf = browser.cookie("__Host-csrf").unwrap();

    let me = browser.get("/api/v1/me").await;
    assert_eq!(
        (me.status, &me.body["person"]["name"]),
        (StatusCode::OK, &json!("Ana Lima"))
    );

    let rename = |csrf: &str| {
        app.anonymous(Method::PATCH, "/api/v1/me")
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-csrf-token", csrf)
    };
    let body = || Body::from(json!({ "name": "Ana" }).to_string());
    let refused = browser.send(rename("AAAA"), body()).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::FORBIDDEN, &json!("csrf_refused"))
    );
    let done = browser.send(rename(&csrf), body()).await;
    assert_eq!((done.status, &done.body["name"]), (StatusCode::OK, &json!("Ana")));

    let upload = json!({ "purpose": "presentation", "type": "video/mp4", "size_bytes": 1_000 });
    let request = app
        .anonymous(Method::POST, "/api/v1/uploads")
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", "one-of-its-own")
        .header("x-csrf-token", &csrf);
    let opened = browser.send(request, Body::from(upload.to_string())).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    let place = opened.headers[header::LOCATION].to_str().unwrap();
    assert!(place.starts_with("/api/v1/uploads/"), "{place}");
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_brings_a_token_of_their_own(db: PgPool) {
    let app = TestApp::new(db).await;
    let key = app.api_key(&[]).await;
    let browser = Browser::new(&app);
    let request = app
        .anonymous(Method::GET, "/api/v1/me")
        .header(header::AUTHORIZATION, format!("Bearer {key}"));
    let answer = browser.send(request, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    for path in ["/api/v2/me", "/api/healthz", "/api/v1"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
