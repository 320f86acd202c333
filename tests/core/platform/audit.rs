use axum::http::StatusCode;
use marquee_core::access::Principal;
use marquee_core::platform::audit;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::{Executor, PgPool};
use time::Duration;

/// Ten entries, a minute apart, for two brands.
async fn log(app: &TestApp) {
    let mut conn = app.app.db.acquire().await.unwrap();
    for n in 0..10 {
        let (subject, before) = (format!("brand/{}", n % 2), json!({ "n": n }));
        let now = app.app.now();
        let by = Principal::system();
        audit::record(&mut conn, now, &by, "test.change", &subject, Some(before), None)
            .await
            .unwrap();
        app.advance(Duration::MINUTE);
    }
}

fn numbers(list: &Value) -> Vec<i64> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["before"]["n"].as_i64().unwrap())
        .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_audit_log_is_read_newest_first_page_by_page(db: PgPool) {
    let app = TestApp::new(db).await;
    log(&app).await;

    let (_, first) = app.get("/v1/audit?action=test.change&limit=6").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = app
        .get(&format!("/v1/audit?action=test.change&limit=6&cursor={cursor}"))
        .await;

    assert_eq!(numbers(&first), [9, 8, 7, 6, 5, 4]);
    assert_eq!(numbers(&second), [3, 2, 1, 0]);
    assert_eq!(second["next_cursor"], Value::Null);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_audit_log_is_filtered_by_subject_principal_and_time(db: PgPool) {
    let app = TestApp::new(db).await;
    log(&app).await;

    assert_eq!(
        numbers(&app.get("/v1/audit?subject=brand/1&principal=system").await.1),
        [9, 7, 5, 3, 1]
    );
    let (_, hour) = app
        .get("/v1/audit?from=2026-07-01T12:02:00Z&to=2026-07-01T12:05:00Z")
        .await;
    assert_eq!(numbers(&hour), [4, 3, 2]);
    assert_eq!(
        numbers(&app.get("/v1/audit?principal=key:nobody").await.1),
        [0_i64; 0]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a03_tampered_cursors_and_odd_limits_do_no_harm(db: PgPool) {
    let app = TestApp::new(db).await;
    log(&app).await;

    let (status, problem) = app.get("/v1/audit?cursor=1%27%20or%201=1").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("cursor_invalid"))
    );
    let (status, list) = app.get("/v1/audit?limit=1000000000").await;
    assert_eq!(
        (status, list["items"].as_array().unwrap().len()),
        (StatusCode::OK, 11)
    );
    assert_eq!(
        app.get("/v1/audit?limit=0").await.1["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(app.get("/v1/audit?limit=-1").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(app.get("/v1/audit?colour=red").await.0, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_changes_what_the_audit_log_says(db: PgPool) {
    let app = TestApp::new(db).await;
    log(&app).await;

    for change in [
        "update platform.audit set subject = 'x'",
        "delete from platform.audit",
        "truncate platform.audit",
    ] {
        let error = app.app.db.execute(change).await.unwrap_err();
        assert!(error.to_string().contains("append only"), "{change}: {error}");
    }
}
