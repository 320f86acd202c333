use axum::body::Body;
use axum::http::{Method, StatusCode};
use marquee_tests::TestApp;
use sqlx::PgPool;

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
    assert_eq!(answer.body["code"], "route_unknown");
    assert_eq!(answer.body["request_id"], "from-the-client");
}
