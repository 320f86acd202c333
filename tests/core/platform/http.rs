use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::http::BODY_BYTES;
use marquee_tests::TestApp;
use serde_json::json;
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
        "jobs_manage"
    );
}
