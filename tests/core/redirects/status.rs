//! What the database, KV and the edge have.

use axum::http::StatusCode;
use marquee_core::redirects::EdgeReport;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{create, live, next};

fn edge(sequence: i64, revision: i32) -> EdgeReport {
    EdgeReport {
        url: "https://go.acme.example".to_owned(),
        status: "ok".to_owned(),
        sequence: Some(sequence),
        age_seconds: Some(5),
        build: Some("test".to_owned()),
        revision: Some(revision),
        ..EdgeReport::default()
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_layer_says_what_it_has_and_whether_it_agrees(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    app.edge_health.say(vec![edge(1, 1)]);
    app.advance(Duration::minutes(3));

    let (status, layers) = app.get("/v1/brands/acme/status").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(layers["agree"], true, "{layers}");
    assert_eq!(
        (&layers["database"]["sequence"], &layers["database"]["revision"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (
            &layers["kv"]["sequence"],
            &layers["kv"]["status"],
            &layers["kv"]["age_seconds"],
            &layers["kv"]["soft_expires_at"]
        ),
        (
            &json!(1),
            &json!("synced"),
            &json!(180),
            &json!("2026-07-03T12:00:00Z")
        )
    );
    assert_eq!(
        (&layers["edges"][0]["build"], &layers["edges"][0]["agrees"]),
        (&json!("test"), &json!(true))
    );
    assert_eq!(app.edge_health.asked(), [Some("acme".to_owned())]);

    next(&app, "acme", "b").await;
    let (_, pending) = app.get("/v1/brands/acme/status").await;
    assert_eq!(
        (&pending["agree"], &pending["kv"]["agrees"]),
        (&json!(false), &json!(false))
    );
    app.run_jobs().await;
    let (_, behind) = app.get("/v1/brands/acme/status").await;
    assert_eq!(
        (
            &behind["kv"]["agrees"],
            &behind["edges"][0]["agrees"],
            &behind["agree"]
        ),
        (&json!(true), &json!(false), &json!(false)),
        "KV has it, the isolate not yet"
    );
    app.edge_health.say(vec![edge(2, 2)]);
    assert_eq!(app.get("/v1/brands/acme/status").await.1["agree"], true);
    assert_eq!(app.get("/v1/publishing").await.1["agree"], true);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_edge_that_is_down_is_a_state_and_no_error(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    app.edge_health.say(vec![
        edge(1, 1),
        EdgeReport {
            url: "https://go.other.example".to_owned(),
            status: "unreachable".to_owned(),
            error: Some("no answer within 2 seconds".to_owned()),
            ..EdgeReport::default()
        },
    ]);

    for path in ["/v1/brands/acme/status", "/v1/publishing"] {
        let (status, layers) = app.get(path).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(layers["agree"], false, "{layers}");
        let down = &layers["edges"][1];
        assert_eq!(
            (&down["status"], &down["agrees"], &down["sequence"]),
            (&json!("unreachable"), &json!(false), &json!(null))
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn where_nothing_is_live_and_no_edge_is_known_nothing_disagrees(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    let (_, layers) = app.get("/v1/brands/acme/status").await;
    assert_eq!(
        (
            &layers["agree"],
            &layers["edges"],
            &layers["database"]["revision"]
        ),
        (&json!(true), &json!([]), &json!(null))
    );
    let (status, unknown) = app.get("/v1/brands/nobody/status").await;
    assert_eq!(
        (status, &unknown["code"]),
        (StatusCode::NOT_FOUND, &json!("brand_unknown"))
    );
}
