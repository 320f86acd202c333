use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

async fn get_as(app: &TestApp, token: &str, path: &str) -> StatusCode {
    let request = app
        .anonymous(Method::GET, path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    app.send(request.body(Body::empty()).unwrap()).await.status
}

async fn post_as(app: &TestApp, token: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = app
        .anonymous(Method::POST, path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    let answer = app
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await;
    (answer.status, answer.body)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_new_key_shows_its_token_once_and_works_at_once(db: PgPool) {
    let app = TestApp::new(db).await;

    let body = json!({ "name": "CI", "permissions": ["hits.read", "keys.manage", "hits.read"] });
    let (status, created) = app.post("/v1/keys", body).await;
    let token = created["token"].as_str().unwrap();
    let path = format!("/v1/keys/{}", created["id"].as_str().unwrap());

    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(created["permissions"], json!(["hits.read", "keys.manage"]));
    assert_eq!(get_as(&app, token, &path).await, StatusCode::OK);
    let (_, shown) = app.get(&path).await;
    assert_eq!(shown["last_used_at"], "2026-07-01T12:00:00Z");
    let (_, list) = app.get("/v1/keys").await;
    let secret = &token[token.len() - 43..];
    assert!(!shown.to_string().contains(secret) && !list.to_string().contains(secret));
    let (_, log) = app.get("/v1/audit?action=accounts.create_key").await;
    assert!(
        !log.to_string().contains(secret) && log["items"][0]["after"]["name"] == "CI",
        "{log}"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a04_a_revoked_key_is_refused_at_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, key) = app
        .post(
            "/v1/keys",
            json!({ "name": "old", "permissions": ["keys.manage"] }),
        )
        .await;
    let (token, path) = (
        key["token"].as_str().unwrap(),
        format!("/v1/keys/{}", key["id"].as_str().unwrap()),
    );
    assert_eq!(get_as(&app, token, &path).await, StatusCode::OK);

    assert_eq!(app.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(get_as(&app, token, &path).await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        app.delete(&path).await.0,
        StatusCode::NO_CONTENT,
        "once more is fine"
    );
    assert_eq!(app.get(&path).await.1["revoked_at"], "2026-07-01T12:00:00Z");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_key_works_until_it_expires(db: PgPool) {
    let app = TestApp::new(db).await;
    let body =
        json!({ "name": "brief", "permissions": ["keys.manage"], "expires_at": "2026-07-01T13:00:00Z" });
    let (_, key) = app.post("/v1/keys", body).await;
    let token = key["token"].as_str().unwrap();

    app.advance(Duration::minutes(59));
    assert_eq!(get_as(&app, token, "/v1/keys").await, StatusCode::OK);
    app.advance(Duration::minutes(1));
    assert_eq!(get_as(&app, token, "/v1/keys").await, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_right_id_with_a_wrong_secret_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    let token = app.api_key(&[Permission::KeysManage]).await;

    let wrong = format!("{}{}", &token[..token.len() - 43], "A".repeat(43));
    assert_eq!(get_as(&app, &token, "/v1/keys").await, StatusCode::OK);
    assert_eq!(get_as(&app, &wrong, "/v1/keys").await, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_grants_what_they_may_not_do(db: PgPool) {
    let app = TestApp::new(db).await;
    let token = app.api_key(&[Permission::KeysManage]).await;

    let body = json!({ "name": "more", "permissions": ["rules.publish"] });
    let (status, problem) = post_as(&app, &token, "/v1/keys", &body).await;

    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(problem["detail"], "this needs the permission rules.publish");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a02_bad_keys_are_refused_with_a_reason(db: PgPool) {
    let app = TestApp::new(db).await;

    for (body, status, code) in [
        (json!({ "name": "", "permissions": [] }), 422, "key_name_invalid"),
        (
            json!({ "name": "x".repeat(101), "permissions": [] }),
            422,
            "key_name_invalid",
        ),
        (
            json!({ "name": "x", "permissions": ["everything"] }),
            422,
            "body_invalid",
        ),
        (
            json!({ "name": "x", "permissions": [], "role": "admin" }),
            422,
            "body_invalid",
        ),
        (
            json!({ "name": "x", "permissions": [], "expires_at": "2020-01-01T00:00:00Z" }),
            422,
            "key_expiry_invalid",
        ),
        (json!([]), 422, "body_invalid"),
    ] {
        let (answered, problem) = app.post("/v1/keys", body.clone()).await;
        assert_eq!(
            (answered.as_u16(), problem["code"].as_str()),
            (status, Some(code)),
            "{body}: {problem}"
        );
    }
    assert_eq!(app.get("/v1/keys/x").await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        app.delete("/v1/keys/00000000-0000-0000-0000-000000000000")
            .await
            .0,
        StatusCode::NOT_FOUND
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_busy_key_is_noted_once_a_minute(db: PgPool) {
    let app = TestApp::new(db).await;
    let token = app.api_key(&[Permission::KeysManage]).await;
    let used = async || app.get("/v1/keys").await.1["items"][0]["last_used_at"].clone();

    get_as(&app, &token, "/v1/keys").await;
    app.advance(Duration::seconds(59));
    get_as(&app, &token, "/v1/keys").await;
    assert_eq!(used().await, "2026-07-01T12:00:00Z");
    app.advance(Duration::SECOND);
    get_as(&app, &token, "/v1/keys").await;
    assert_eq!(used().await, "2026-07-01T12:01:00Z");
}
