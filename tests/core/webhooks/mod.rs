//! Webhooks: who is told, what, how it is signed, and what becomes of deliveries that fail.

mod deliveries;
mod endpoints;

use axum::http::StatusCode;
use marquee_core::platform::bus;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

/// An app with the brand `acme`.
async fn app(db: PgPool) -> TestApp {
    let app = TestApp::new(db).await;
    for brand in ["acme", "other"] {
        let (status, answer) = app
            .post(
                "/v1/brands",
                json!({ "code": brand, "name": brand, "settings": {} }),
            )
            .await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    app
}

/// An endpoint of `acme`, with its secret.
async fn endpoint(app: &TestApp, body: Value) -> Value {
    let (status, created) = app.post("/v1/brands/acme/webhooks", body).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    created
}

fn path(endpoint: &Value) -> String {
    format!("/v1/brands/acme/webhooks/{}", endpoint["id"].as_str().unwrap())
}

/// Something happened to a brand.
async fn emit(app: &TestApp, event: &str, data: Value) {
    let mut tx = app.app.db.begin().await.unwrap();
    bus::emit(&app.app, &mut tx, event, data).await.unwrap();
    tx.commit().await.unwrap();
}
