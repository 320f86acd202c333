//! What a person should look at: kept, grouped, told at most so often, and acknowledged.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use marquee_core::access::Permission;
use marquee_core::app::App;
use marquee_core::platform::alerts::{Alert, AlertSink, Code, Severity, TellError, queries};
use marquee_tests::{FakeAlertSink, Line, Step, TestApp, until_async};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{GREET, scripted};

/// With a place where people hear of alerts.
async fn heard(db: PgPool) -> (TestApp, Arc<FakeAlertSink>) {
    let sink = Arc::<FakeAlertSink>::default();
    let app = TestApp::with(db, |parts| parts.alert_sinks = vec![sink.clone()]).await;
    (app, sink)
}

async fn raise(app: &App, subject: &str) {
    let alert = Alert::new(Code::BooksBroken, subject, "two entries differ");
    app.alert(&alert.about("payment", "p1"));
    app.settled().await;
}

async fn alerts(app: &TestApp) -> Vec<Value> {
    let (status, list) = app.get("/v1/alerts").await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list["items"].as_array().unwrap().clone()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_same_alert_is_one_row_with_how_often_and_when(db: PgPool) {
    let app = TestApp::new(db).await;
    raise(&app.app, "balanced").await;
    app.advance(Duration::hours(1));
    raise(&app.app, "balanced").await;
    raise(&app.app, "balances").await;

    let alerts = alerts(&app).await;
    assert_eq!(alerts.len(), 2);
    let first = &alerts[1];
    assert_eq!(
        (
            &first["code"],
            &first["severity"],
            &first["subject"],
            &first["count"]
        ),
        (
            &json!("books.broken"),
            &json!("serious"),
            &json!("balanced"),
            &json!(2)
        )
    );
    assert_eq!(first["first_at"], "2026-07-01T12:00:00Z");
    assert_eq!(first["last_at"], "2026-07-01T13:00:00Z");
    assert_eq!(first["about"], json!({ "payment": "p1" }));
    assert_eq!(first["told"], json!([]), "nobody wants to know");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_place_is_told_at_once_and_then_every_ten_minutes_how_often(db: PgPool) {
    let (app, sink) = heard(db).await;
    raise(&app.app, "balanced").await;
    app.run_jobs().await;
    let told = sink.take();
    assert_eq!((told.len(), told[0].times, told[0].told_before), (1, 1, 0));

    for _ in 0..37 {
        raise(&app.app, "balanced").await;
    }
    app.run_jobs().await;
    assert!(sink.take().is_empty(), "it has its quiet");

    app.advance(Duration::minutes(10));
    app.run_jobs().await;
    let told = sink.take();
    assert_eq!((told.len(), told[0].times, told[0].told_before), (1, 37, 1));
    let alerts = alerts(&app).await;
    assert_eq!(alerts[0]["told"][0]["count"], 38);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_processes_that_raise_the_same_one_tells(db: PgPool) {
    let (app, sink) = heard(db.clone()).await;
    let (other, other_sink) = heard(db).await;
    tokio::join!(raise(&app.app, "balanced"), raise(&other.app, "balanced"));
    tokio::join!(app.run_jobs(), other.run_jobs());
    app.run_jobs().await;

    assert_eq!(sink.take().len() + other_sink.take().len(), 1);
    assert_eq!(alerts(&app).await[0]["count"], 2);
    app.leave_jobs();
    other.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_place_that_asks_to_come_later_is_told_then(db: PgPool) {
    let (app, sink) = heard(db).await;
    let again_in = std::time::Duration::from_secs(42);
    let why = "429: Too Many Requests".to_owned();
    sink.fail([TellError::Later { again_in, why }]);
    raise(&app.app, "balanced").await;
    app.run_jobs().await;
    app.advance(Duration::seconds(41));
    app.run_jobs().await;
    assert!(sink.take().is_empty());
    let error = &alerts(&app).await[0]["told"][0]["error"];
    assert_eq!(error, "asked to come again in 42 s: 429: Too Many Requests");

    app.advance(Duration::seconds(1));
    app.run_jobs().await;

    assert_eq!(sink.take().len(), 1);
    assert_eq!(alerts(&app).await[0]["told"][0]["error"], Value::Null);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_place_that_cannot_be_told_is_tried_for_half_a_day_and_leaves_no_dead_job(db: PgPool) {
    let (app, sink) = heard(db).await;
    sink.fail(vec![
        TellError::Failed("503 Service Unavailable".to_owned());
        1_000
    ]);
    raise(&app.app, "balanced").await;
    for _ in 0..30 {
        app.run_jobs().await;
        app.app.settled().await;
        app.advance(Duration::hours(2));
    }

    let (_, dead) = app.get("/v1/jobs?status=dead").await;
    assert_eq!(dead["items"], json!([]));
    let (_, list) = app.get("/v1/alerts?code=books.broken").await;
    assert_eq!(list["items"][0]["told"][0]["error"], "503 Service Unavailable");
    // That it fails is worth an alert of its own, for places that can be told.
    let (_, list) = app.get("/v1/alerts?code=jobs.failing&severity=warning").await;
    assert_eq!(list["items"][0]["subject"], "platform.tell_alert");
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_somebody_looks_after_is_told_no_more_and_raised_again_is_another(db: PgPool) {
    let (app, sink) = heard(db).await;
    raise(&app.app, "balanced").await;
    let id = alerts(&app).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/alerts/{id}/acknowledge");

    let reader = app.api_key(&[Permission::AlertsRead]).await;
    let (status, _) = app.call_as(&reader, Method::POST, &path, None).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, alert) = app.call(Method::POST, &path, None).await;
    assert_eq!(status, StatusCode::OK, "{alert}");
    assert_eq!(alert["acknowledged_at"], "2026-07-01T12:00:00Z");
    let (status, problem) = app.call(Method::POST, &path, None).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("alert_acknowledged"))
    );
    app.run_jobs().await;
    assert!(sink.take().is_empty());
    let (_, audit) = app.get("/v1/audit?action=alerts.acknowledge").await;
    assert_eq!(audit["items"][0]["subject"], format!("alert/{id}"));

    raise(&app.app, "balanced").await;
    app.run_jobs().await;
    assert_eq!(sink.take().len(), 1);
    let (_, open) = app.get("/v1/alerts?open=true").await;
    assert_eq!(open["items"].as_array().unwrap().len(), 1);
    assert_ne!(open["items"][0]["id"], id);
    let (status, _) = app.get("/v1/alerts/00000000-0000-0000-0000-000000000007").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn while_postgres_is_away_the_process_tells_itself_and_keeps_it_afterwards(db: PgPool) {
    let line = Line::to(&db).await;
    let sink = Arc::<FakeAlertSink>::default();
    let app = TestApp::with(db, |parts| {
        parts.db = line.db.clone();
        parts.alert_sinks = vec![sink.clone() as Arc<dyn AlertSink>];
    })
    .await;
    line.cut();
    for _ in 0..3 {
        app.app
            .alert(&Alert::new(Code::DatabaseAway, "postgres", "no connection"));
    }
    until_async("it is told", async || {
        let told = sink.take();
        told.first().is_some_and(|telling| {
            assert_eq!((telling.code.as_str(), telling.times), ("database.away", 3));
            assert!(telling.alert.is_nil(), "it is kept nowhere");
            true
        })
    })
    .await;

    line.mend();
    app.app.settled().await;

    let alerts = alerts(&app).await;
    assert_eq!(
        (&alerts[0]["code"], &alerts[0]["count"]),
        (&json!("database.away"), &json!(3))
    );
    assert_eq!(alerts[0]["told"][0]["count"], 3);
    app.advance(Duration::minutes(10));
    app.run_jobs().await;
    assert!(sink.take().is_empty(), "it is not told twice");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_fault_of_ours_is_an_alert_with_the_requests_id_and_nobodys_words(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    sqlx::query("alter table platform.audit rename to gone")
        .execute(&db)
        .await
        .unwrap();
    let request = app
        .request(Method::GET, "/v1/audit?subject=ana@acme.example")
        .header("x-request-id", "req-12345678");
    let answer = app.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    app.app.settled().await;

    let alerts = alerts(&app).await;
    let alert = &alerts[0];
    assert_eq!(
        (&alert["code"], &alert["severity"], &alert["subject"]),
        (
            &json!("requests.failed"),
            &json!("warning"),
            &json!("GET /v1/audit")
        )
    );
    assert_eq!(alert["about"], json!({ "request": "req-12345678" }));
    let detail = alert["detail"].as_str().unwrap();
    assert!(
        detail.contains("platform.audit") && !detail.contains("ana@"),
        "{detail}"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_job_that_panics_or_dies_is_an_alert_with_its_id(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(GREET.name, vec![Step::Panic; 3]);
    app.enqueue(&GREET, json!({}), None).await;
    for _ in 0..3 {
        app.run_jobs().await;
        app.advance(Duration::minutes(10));
    }
    app.app.settled().await;

    let (_, jobs) = app.get("/v1/jobs").await;
    let job = &jobs["items"][0]["id"];
    for (code, count) in [("jobs.panicked", 3), ("jobs.dead", 1)] {
        let (_, list) = app.get(&format!("/v1/alerts?code={code}")).await;
        let alert = &list["items"][0];
        assert_eq!(
            (&alert["subject"], &alert["count"], &alert["about"]["job"]),
            (&json!(GREET.name), &json!(count), job),
            "{list}"
        );
    }
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_dead_job_that_a_process_died_too_soon_to_tell_is_told_by_the_clock(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    sqlx::query(
        "insert into platform.job (id, name, role, payload, status, due_at, created_at)
        values (gen_random_uuid(), 'orders.remind', 'cron', '{}', 'dead', $1, $1)",
    )
    .bind(app.app.now())
    .execute(&db)
    .await
    .unwrap();
    for _ in 0..2 {
        app.enqueue(&marquee_core::platform::alerts::jobs::WATCH, json!({}), None)
            .await;
        app.run_jobs().await;
        app.app.settled().await;
    }

    let alerts = alerts(&app).await;
    assert_eq!(
        (&alerts[0]["code"], &alerts[0]["subject"], &alerts[0]["count"]),
        (&json!("jobs.dead"), &json!("orders.remind"), &json!(1))
    );
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_nobody_has_acknowledged_is_counted_by_severity(db: PgPool) {
    let app = TestApp::new(db).await;
    let open = async || queries::open_by_severity(&app.app).await.unwrap();
    assert_eq!(open().await, [(Severity::Warning, 0), (Severity::Serious, 0)]);
    for subject in ["balanced", "balances"] {
        raise(&app.app, subject).await;
    }
    app.app
        .alert(&Alert::new(Code::JobsFailing, GREET.name, "no luck"));
    app.app.settled().await;
    assert_eq!(open().await, [(Severity::Warning, 1), (Severity::Serious, 2)]);

    let id = alerts(&app).await[0]["id"].as_str().unwrap().to_owned();
    let (status, _) = app.post(&format!("/v1/alerts/{id}/acknowledge"), json!({})).await;
    assert!(status.is_success(), "{status}");
    let left: i64 = open().await.iter().map(|(_, count)| count).sum();
    assert_eq!(left, 2, "somebody looks after one of them");
}
