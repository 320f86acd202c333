use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use serde_json::Value;
use sqlx::PgPool;

/// Every operation that the OpenAPI document lists: method, path with something in its parameters, permission.
async fn operations(app: &TestApp) -> Vec<(Method, String, Permission)> {
    let (status, document) = app.get("/v1/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let scope = operation["security"][0]["api_key"][0].as_str();
            let scope = scope.unwrap_or_else(|| panic!("{method} {path} names no permission"));
            let permission = Permission::parse(scope).unwrap_or_else(|| panic!("{method} {path}: {scope}?"));
            operations.push((method, filled(path), permission));
        }
    }
    assert!(operations.len() >= 9, "the document lists the routes");
    operations
}

fn filled(path: &str) -> String {
    let segments = path
        .split('/')
        .map(|segment| if segment.starts_with('{') { "x1" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

async fn answer(app: &TestApp, method: &Method, path: &str, token: Option<&str>) -> (StatusCode, Value) {
    let mut request = app
        .anonymous(method.clone(), path)
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let answer = app.send(request.body(Body::from("{}")).unwrap()).await;
    (answer.status, answer.body)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a01_every_route_refuses_strangers_and_keys_without_its_permission(db: PgPool) {
    let app = TestApp::new(db).await;
    app.leave_jobs();
    let forged = format!("mk_{}_{}", "0".repeat(32), "A".repeat(43));

    for (method, path, permission) in operations(&app).await {
        for stranger in [None, Some("nonsense"), Some(forged.as_str())] {
            let (status, problem) = answer(&app, &method, &path, stranger).await;
            assert_eq!(
                status,
                StatusCode::UNAUTHORIZED,
                "{method} {path} with {stranger:?}: {problem}"
            );
            assert_eq!(problem["code"], "unauthorized");
        }

        let others: Vec<_> = Permission::ALL
            .into_iter()
            .filter(|other| *other != permission)
            .collect();
        let lacking = app.api_key(&others).await;
        let (status, problem) = answer(&app, &method, &path, Some(&lacking)).await;
        assert_eq!(
            status,
            StatusCode::FORBIDDEN,
            "{method} {path} without {permission}: {problem}"
        );

        let enough = app.api_key(&[permission]).await;
        let (status, problem) = answer(&app, &method, &path, Some(&enough)).await;
        let refused = [
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::INTERNAL_SERVER_ERROR,
        ];
        assert!(
            !refused.contains(&status),
            "{method} {path} with {permission}: {status} {problem}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_method_that_is_not_documented_is_not_answered(db: PgPool) {
    let app = TestApp::new(db).await;

    let request = app
        .request(Method::PATCH, "/v1/keys")
        .body(Body::empty())
        .unwrap();
    let answer = app.send(request).await;

    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.body["code"], "method_not_allowed");
    assert_eq!(answer.headers["allow"], "GET,HEAD,POST");
    let head = app.request(Method::HEAD, "/v1/keys").body(Body::empty()).unwrap();
    assert_eq!(app.send(head).await.status, StatusCode::OK);
}
