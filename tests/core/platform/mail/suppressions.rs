//! Who gets no mail, and who says so.

use axum::http::StatusCode;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{enqueue, to_ana};

async fn bounce(app: &TestApp, email: &str, kind: &str) -> (StatusCode, Value) {
    let body = json!({ "email": email, "kind": kind, "detail": "said the provider" });
    app.post("/v1/mail-bounces", body).await
}

async fn list(app: &TestApp) -> Value {
    app.get("/v1/mail-suppressions").await.1["items"].take()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_comes_back_for_good_or_is_complained_of_is_not_written_to_again(db: PgPool) {
    let app = TestApp::new(db).await;
    for (email, kind, suppressed) in [
        ("Ana@acme.example", "hard", true),
        ("ana@acme.example", "complaint", true),
        ("bia@acme.example", "complaint", true),
        ("caio@acme.example", "soft", false),
    ] {
        let (status, answer) = bounce(&app, email, kind).await;
        assert_eq!(
            (status, &answer["suppressed"]),
            (StatusCode::OK, &json!(suppressed)),
            "{email}"
        );
    }

    let suppressed = list(&app).await;
    let reasons: Vec<_> = suppressed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["address"].as_str().unwrap(), one["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(
        reasons,
        [
            ("bia@acme.example", "complained"),
            ("ana@acme.example", "bounced")
        ],
        "the first reason stays"
    );
    enqueue(&app, to_ana("test/1")).await;
    app.run_jobs().await;
    assert!(app.mail_transport.given().is_empty());
    let (_, log) = app.get("/v1/audit?action=mail.suppress").await;
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    assert!(
        !log.to_string().contains("acme.example"),
        "an address could never be taken out again"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_suppress_an_address_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let body = json!({ "email": " Ana@acme.example", "detail": "asked us to" });

    let (status, first) = app.post("/v1/mail-suppressions", body.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    let (_, second) = app.post("/v1/mail-suppressions", body).await;

    assert_eq!(first, second);
    let suppressed = list(&app).await;
    assert_eq!(suppressed.as_array().unwrap().len(), 1);
    assert_eq!(
        (&suppressed[0]["address"], &suppressed[0]["reason"]),
        (&json!("ana@acme.example"), &json!("staff"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_makes_no_sense_is_refused_with_the_field(db: PgPool) {
    let app = TestApp::new(db).await;
    for (body, pointer) in [
        (json!({ "email": "ana", "kind": "hard" }), "/email"),
        (json!({ "email": "a@b\r\nx@y", "kind": "soft" }), "/email"),
        (
            json!({ "email": "a@b", "kind": "hard", "detail": "x".repeat(1_001) }),
            "/detail",
        ),
    ] {
        let (status, problem) = app.post("/v1/mail-bounces", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    for body in [
        json!({ "email": "a@b", "kind": "strange" }),
        json!({ "email": "a@b", "kind": "hard", "more": 1 }),
    ] {
        let (status, problem) = app.post("/v1/mail-bounces", body).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("body_invalid"))
        );
    }
    assert_eq!(list(&app).await, json!([]));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn lists_come_page_by_page_the_newest_first(db: PgPool) {
    let app = TestApp::new(db).await;
    for n in 1..=3 {
        enqueue(&app, to_ana(&format!("test/{n}"))).await;
        let body = json!({ "email": format!("ana{n}@acme.example") });
        assert_eq!(
            app.post("/v1/mail-suppressions", body).await.0,
            StatusCode::CREATED
        );
    }
    app.run_jobs().await;

    for (path, field, expected) in [
        ("/v1/mails", "event", ["test/3", "test/2", "test/1"]),
        (
            "/v1/mail-suppressions",
            "address",
            ["ana3@acme.example", "ana2@acme.example", "ana1@acme.example"],
        ),
    ] {
        let (_, first) = app.get(&format!("{path}?limit=2")).await;
        let cursor = first["next_cursor"].as_str().unwrap();
        let (_, second) = app.get(&format!("{path}?limit=2&cursor={cursor}")).await;
        assert_eq!(second["next_cursor"], Value::Null);
        let items = first["items"].as_array().unwrap().iter();
        let seen: Vec<_> = items.chain(second["items"].as_array().unwrap()).collect();
        let seen: Vec<_> = seen.iter().map(|item| item[field].as_str().unwrap()).collect();
        assert_eq!(seen, expected, "{path}");
    }
    let (_, mail) = app.get("/v1/mails?limit=1").await;
    assert!(mail["items"][0].get("context").is_none());
}
