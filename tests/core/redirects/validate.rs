//! Validating a draft: errors first, then what can never happen.

use axum::http::StatusCode;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{create, import_csv};

const SHADOWED: &str = "kind,rule,priority,product,state,url\r
route,1,,auto,NY,https://quotes.acme.example/new-york\r
route,2,5,auto,,https://quotes.acme.example/auto\r
route,3,,home,,https://quotes.acme.example/home\r
";

async fn validate(app: &TestApp, brand: &str) -> Value {
    let (status, body) = app.get(&format!("/v1/brands/{brand}/validate")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_rule_that_never_decides_is_told_with_who_does_and_a_visitor(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let imported = import_csv(&app, "acme", SHADOWED).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");

    let mut found = validate(&app, "acme").await;
    let size = found["table"]["size_bytes"].take();
    assert!(size.as_u64().is_some_and(|size| size > 0), "{size}");
    assert_eq!(
        found,
        json!({
            "version": 2,
            "rules": 3,
            "errors": [],
            "table": { "size_bytes": null, "max_bytes": 8_000_000 },
            "unreachable": [{
                "rule": 1,
                "why": "shadowed",
                "shadowed_by": [2],
                "more": 0,
                "example": {
                    "zip": "00501", "product": "auto", "language": "en", "device": "mobile", "media": null
                },
            }],
            "unreachable_rules": 1,
            "not_analysed": null,
        })
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_makes_publishing_impossible_is_told_and_nothing_else_looked_for(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let elsewhere = SHADOWED.replace("quotes.acme.example/home", "elsewhere.example/home");
    let imported = import_csv(&app, "acme", &elsewhere).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");

    let found = validate(&app, "acme").await;
    assert_eq!(found["errors"][0]["code"], "url_host_not_allowed", "{found}");
    assert_eq!(found["errors"][0]["rule"], 3, "{found}");
    assert_eq!(
        (&found["table"], &found["unreachable"]),
        (&Value::Null, &json!([]))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_brand_that_is_not_there_has_no_draft(db: PgPool) {
    let app = TestApp::new(db).await;
    let (status, problem) = app.get("/v1/brands/nobody/validate").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("brand_unknown"))
    );
}
