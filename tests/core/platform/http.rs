use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::http::{self, BODY_BYTES};
use marquee_tests::{Answer, TestApp, until_async};
use serde_json::json;
use sqlx::PgPool;
use tower::ServiceExt;

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_unknown_route_is_a_problem_with_the_requests_id(db: PgPool) {
    let app = TestApp::new(db).await;

    let request = app
        .anonymous(Method::GET, "/v1/nothing")
        .header("x-request-id", "from-the-client");
    let answer = app.send(request.body(Body::empty()).unwrap()).await;

    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.headers["x-request-id"], "from-the-client");
    let expected = json!({
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "route_unknown",
        "detail": "there is no such route",
        "request_id": "from-the-client",
        "errors": [],
    });
    assert_eq!(answer.body, expected);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l12_a_request_id_that_could_forge_a_log_line_is_replaced(db: PgPool) {
    let app = TestApp::new(db).await;

    for forged in ["short", "a b c d e f", "{\"level\":\"error\"}", &"x".repeat(65)] {
        let request = app
            .anonymous(Method::GET, "/healthz")
            .header("x-request-id", forged);
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        let id = answer.headers["x-request-id"].to_str().unwrap();
        assert!(id.parse::<uuid::Uuid>().is_ok(), "{forged:?} became {id:?}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn bodies_that_cannot_be_read_are_told_apart(db: PgPool) {
    let app = TestApp::new(db).await;
    let post = async |kind: &str, body: String| {
        let request = app
            .request(Method::POST, "/v1/keys")
            .header(header::CONTENT_TYPE, kind);
        let answer = app.send(request.body(Body::from(body)).unwrap()).await;
        (
            answer.status.as_u16(),
            answer.body["code"].as_str().unwrap().to_owned(),
        )
    };

    let json = "application/json";
    assert_eq!(
        post(json, "{".to_owned()).await,
        (400, "body_malformed".to_owned())
    );
    assert_eq!(
        post("text/plain", "{}".to_owned()).await,
        (415, "media_type_unsupported".to_owned())
    );
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(BODY_BYTES));
    assert_eq!(post(json, large).await, (413, "body_too_large".to_owned()));
}

/// Two mebibytes of JSON, which mean nothing.
fn blanks() -> Body {
    Body::from(format!("[{}]", " ".repeat(2 * BODY_BYTES)))
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_route_may_take_larger_bodies_than_its_neighbours(db: PgPool) {
    let app = TestApp::new(db).await;
    let (status, _) = app
        .post("/v1/brands", json!({ "code": "acme", "name": "Acme" }))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let put = async |path: &str| {
        let request = app
            .request(Method::PUT, path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, "*");
        app.send(request.body(blanks()).unwrap()).await.status
    };

    assert_eq!(put("/v1/brands/acme/draft/rules").await, StatusCode::OK);
    assert_eq!(
        put("/v1/brands/acme/draft/settings").await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

/// Whoever shows an API key has to wait for the end of this.
async fn nobody_is_known(db: &PgPool) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut held = db.begin().await.unwrap();
    sqlx::query("lock table accounts.api_key in access exclusive mode")
        .execute(&mut *held)
        .await
        .unwrap();
    held
}

/// Waits until so many wait for the end of [`nobody_is_known`].
async fn waiting(db: &PgPool, requests: i64) {
    until_async("requests wait for the lock", async || {
        let waiting = "select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'";
        let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(db).await.unwrap();
        waiting == requests
    })
    .await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_request_that_takes_too_long_is_told_to_come_again(db: PgPool) {
    let app = TestApp::with(db.clone(), |parts| {
        assert_eq!(parts.config.answer_within, Duration::from_secs(30), "unless set");
        parts.config.answer_within = Duration::from_millis(50);
    })
    .await;
    let held = nobody_is_known(&db).await;

    let request = app.request(Method::GET, "/v1/keys").body(Body::empty()).unwrap();
    let answer = app.send(request).await;

    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("timeout"))
    );
    assert_eq!(answer.headers["retry-after"], "2");
    held.rollback().await.unwrap();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_file_of_rules_may_take_longer_than_other_requests(db: PgPool) {
    let app = TestApp::with(db.clone(), |parts| {
        parts.config.answer_within = Duration::from_millis(50);
    })
    .await;
    let router = http::router(&app.app);
    let import = app
        .request(Method::PUT, "/v1/brands/acme/draft/rules")
        .header(header::CONTENT_TYPE, "text/csv")
        .header(header::IF_MATCH, "*");
    let import = import.body(Body::from("kind\r\n")).unwrap();
    let held = nobody_is_known(&db).await;

    let begun = tokio::spawn(router.oneshot(import));
    waiting(&db, 1).await;
    let other = app.request(Method::GET, "/v1/keys").body(Body::empty()).unwrap();
    assert_eq!(app.send(other).await.body["code"], "timeout");
    held.rollback().await.unwrap();

    let answer = Answer::read(begun.await.unwrap().unwrap()).await;
    assert_eq!(answer.body["code"], "brand_unknown", "it was waited for");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn one_request_too_many_is_sent_away_at_once_and_health_is_not(db: PgPool) {
    let app = TestApp::with(db.clone(), |parts| parts.config.requests_at_once = 2).await;
    // One router: the count is its own.
    let router = http::router(&app.app);
    let ask = |path: &str| {
        let request = app.request(Method::GET, path).body(Body::empty()).unwrap();
        let router = router.clone();
        async move { Answer::read(router.oneshot(request).await.unwrap()).await }
    };
    let held = nobody_is_known(&db).await;
    let begun = [tokio::spawn(ask("/v1/keys")), tokio::spawn(ask("/v1/keys"))];
    waiting(&db, 2).await;

    let refused = ask("/v1/keys").await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("overloaded"))
    );
    assert_eq!(refused.headers["retry-after"], "2");
    assert_eq!(ask("/healthz").await.status, StatusCode::OK);

    held.rollback().await.unwrap();
    for answer in begun {
        assert_eq!(answer.await.unwrap().status, StatusCode::OK);
    }
    assert_eq!(
        ask("/v1/keys").await.status,
        StatusCode::OK,
        "there is room again"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_unexpected_error_tells_the_client_nothing(db: PgPool) {
    use sqlx::Executor;
    let app = TestApp::new(db).await;
    app.app
        .db
        .execute("alter table platform.audit rename column subject to secret_column")
        .await
        .unwrap();

    let (status, problem) = app.get("/v1/audit").await;

    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        (&problem["code"], &problem["detail"]),
        (&json!("internal_error"), &json!("internal error"))
    );
    assert!(!problem.to_string().contains("secret_column"), "{problem}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_document_is_ours_and_names_how_callers_show_who_they_are(db: PgPool) {
    let app = TestApp::new(db).await;

    let (_, document) = app.get("/v1/openapi.json").await;

    assert_eq!(document["info"]["title"], "Marquee");
    assert_eq!(
        document["components"]["securitySchemes"]["api_key"]["scheme"],
        "bearer"
    );
    assert_eq!(
        document["paths"]["/v1/jobs/{id}/retry"]["post"]["security"][0]["api_key"][0],
        "jobs.manage"
    );
}
