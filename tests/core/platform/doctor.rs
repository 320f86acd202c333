use axum::http::StatusCode;
use marquee_core::access::Permission;
use marquee_core::adapters::sentry::Sentry;
use marquee_core::adapters::telegram::Telegram;
use marquee_core::doctor::{Check, examine};
use marquee_core::platform::mail::SendError;
use marquee_core::redirects::EdgeReport;
use marquee_tests::{AlertReceiver, Reply, TestApp};
use serde_json::json;
use sqlx::PgPool;
use std::sync::Arc;

async fn look(app: &TestApp, name: &str) -> Option<Check> {
    let checks = examine(&app.app).await;
    checks.into_iter().find(|check| check.name == name)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_tells_how_much_waits_in_the_hit_queue(db: PgPool) {
    let app = TestApp::new(db).await;
    app.hit_queue.send("one");

    let queue = look(&app, "hit queue").await.unwrap();

    assert!(queue.fine);
    assert_eq!(
        queue.detail,
        "1 messages wait, 0 are in hand, without a dead-letter queue"
    );
    assert!(look(&app, "dead letters").await.is_none());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_finds_dead_letters(db: PgPool) {
    let app = TestApp::new(db).await;

    app.hit_queue.bury(0);
    let none = look(&app, "dead letters").await.unwrap();
    app.hit_queue.bury(3);
    let some = look(&app, "dead letters").await.unwrap();

    assert!(none.fine && none.remedy.is_none());
    assert!(!some.fine);
    assert_eq!(some.detail, "3 messages were given up");
    assert!(some.remedy.unwrap().contains("redrive"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_says_what_to_do_about_a_queue_that_cannot_be_asked(db: PgPool) {
    let app = TestApp::new(db).await;
    app.hit_queue.fail_next(1);

    let queue = look(&app, "hit queue").await.unwrap();

    assert!(!queue.fine);
    assert_eq!(queue.detail, "asking the fake queue: unavailable");
    assert!(queue.remedy.unwrap().contains("SQS_QUEUE_URL"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_says_whether_mail_can_be_sent(db: PgPool) {
    let app = TestApp::new(db).await;
    assert!(look(&app, "mail").await.unwrap().fine);
    assert!(look(&app, "dead mails").await.unwrap().fine);

    app.mail_transport
        .fail_next(SendError::Failed("connection refused".to_owned()));
    let mail = look(&app, "mail").await.unwrap();

    assert!(!mail.fine);
    assert_eq!(mail.detail, "connection refused");
    assert!(mail.remedy.unwrap().contains("SMTP_URL"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_finds_grants_on_brands_that_nobody_has_made(db: PgPool) {
    let app = TestApp::new(db).await;
    assert!(look(&app, "grants").await.unwrap().fine);
    let grants = json!([{ "permission": "rules.read", "brands": ["acme", "acmee"] }]);
    let body = json!({ "email": "ana@acme.example", "name": "Ana Lima", "grants": grants });
    assert_eq!(app.post("/v1/staff", body).await.0, StatusCode::CREATED);
    app.run_jobs().await;
    app.api_key_on(&[Permission::HitsRead], &["globex"]).await;
    let brand = json!({ "code": "acme", "name": "Acme" });
    assert_eq!(app.post("/v1/brands", brand).await.0, StatusCode::CREATED);

    let grants = look(&app, "grants").await.unwrap();

    assert!(!grants.fine);
    assert_eq!(
        grants.detail,
        "somebody may do something on brands that do not exist: acmee, globex"
    );
    assert!(grants.remedy.unwrap().contains("staff grant"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_asks_the_worker_how_it_is(db: PgPool) {
    let app = TestApp::new(db).await;
    let edge = look(&app, "edge health").await.unwrap();
    assert!(edge.fine);
    assert_eq!(edge.detail, "no address of the Worker is configured");

    let report = |url: &str, status: &str, error: Option<&str>| EdgeReport {
        url: url.to_owned(),
        status: status.to_owned(),
        error: error.map(str::to_owned),
        ..EdgeReport::default()
    };
    app.edge_health.say(vec![
        report("https://go.acme.example", "ok", None),
        report(
            "https://go.globex.example",
            "unreachable",
            Some("connection refused"),
        ),
    ]);
    let edge = look(&app, "edge health").await.unwrap();

    assert!(!edge.fine);
    assert_eq!(
        edge.detail,
        "https://go.acme.example is ok; https://go.globex.example is unreachable: connection refused"
    );
    assert!(edge.remedy.unwrap().contains("MARQUEE_EDGE_URL"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_says_whether_people_would_hear_of_alerts_and_tells_them_nothing(db: PgPool) {
    let receiver = AlertReceiver::start().await;
    let nobody = TestApp::new(db.clone()).await;
    assert!(look(&nobody, "alerts").await.unwrap().fine);
    let app = TestApp::with(db, |parts| {
        let dsn = receiver.dsn().parse().unwrap();
        parts.alert_sinks = vec![
            Arc::new(Telegram::new(&receiver.telegram(), "test").unwrap()),
            Arc::new(Sentry::new(&dsn, "test").unwrap()),
        ];
    })
    .await;

    let telegram = look(&app, "telegram").await.unwrap();
    assert_eq!(
        (telegram.fine, telegram.detail.as_str()),
        (true, "@marquee_bot writes to On call")
    );
    assert!(look(&app, "sentry").await.unwrap().fine);
    let told = receiver.take();
    assert!(
        told.iter().all(|call| !call.path.ends_with("sendMessage")),
        "{told:?}"
    );

    // A token and a key that nobody knows.
    receiver.answer([Reply::Status(401), Reply::Status(403)]);
    let checks = examine(&app.app).await;
    let [telegram, sentry] = ["telegram", "sentry"].map(|name| {
        let found = checks.iter().find(|check| check.name == name);
        found.unwrap()
    });
    assert!(!telegram.fine && !sentry.fine);
    assert_eq!(telegram.detail, "getMe: 401 Unauthorized: something is wrong");
    assert!(telegram.remedy.unwrap().contains("MARQUEE_TELEGRAM_BOT_TOKEN"));
    assert_eq!(sentry.detail, "127.0.0.1 answers 403 Forbidden");
    assert!(sentry.remedy.unwrap().contains("MARQUEE_SENTRY_DSN"));
}
