use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::TestApp;
use sqlx::PgPool;

const OURS: &str = "https://www.acme.example";

async fn app(db: PgPool) -> TestApp {
    TestApp::with(db, |parts| {
        parts.config.cors_origins = vec![OURS.parse().unwrap()]
    })
    .await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_page_of_a_known_origin_may_ask_anything_and_read_the_answer(db: PgPool) {
    let app = app(db).await;

    let ask = app
        .anonymous(Method::OPTIONS, "/v1/brands/acme/draft")
        .header(header::ORIGIN, OURS)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "PUT")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,if-match");
    let answer = app.send(ask.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let said = |name: &str| answer.headers[name].to_str().unwrap().to_ascii_lowercase();
    assert_eq!(said("access-control-allow-origin"), OURS);
    assert!(said("access-control-allow-methods").contains("put"));
    for name in ["authorization", "if-match", "idempotency-key"] {
        assert!(said("access-control-allow-headers").contains(name), "{name}");
    }

    let get = app
        .request(Method::GET, "/v1/brands")
        .header(header::ORIGIN, OURS);
    let answer = app.send(get.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.headers["access-control-allow-origin"], OURS);
    assert!(
        answer.headers["access-control-expose-headers"]
            .to_str()
            .unwrap()
            .contains("etag")
    );
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    let refused = app
        .anonymous(Method::GET, "/v1/brands")
        .header(header::ORIGIN, OURS);
    let answer = app.send(refused.body(Body::empty()).unwrap()).await;
    assert_eq!(
        answer.headers["access-control-allow-origin"], OURS,
        "a refusal can be read, too"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_other_origin_is_told_nothing(db: PgPool) {
    let app = app(db).await;

    for origin in [
        "https://evil.example",
        "https://www.acme.example.evil.example",
        "http://www.acme.example",
        "null",
    ] {
        let get = app
            .request(Method::GET, "/v1/brands")
            .header(header::ORIGIN, origin);
        let answer = app.send(get.body(Body::empty()).unwrap()).await;
        assert!(
            !answer.headers.contains_key("access-control-allow-origin"),
            "{origin}"
        );
    }
}
