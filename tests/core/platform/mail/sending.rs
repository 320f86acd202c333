//! From what a feature asks for to what a mail server is given.

use marquee_core::platform::mail::{self, SendError, TEST};
use marquee_tests::{ManualClock, TestApp};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{enqueue, to_ana};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_mail_that_was_asked_for_is_sent_once(db: PgPool) {
    let app = TestApp::new(db).await;
    enqueue(&app, to_ana("test/1")).await;
    assert!(app.mail_transport.given().is_empty(), "it waits for a worker");

    app.run_jobs().await;
    app.run_jobs().await;

    let given = app.mail_transport.given();
    assert_eq!(given.len(), 1);
    assert_eq!(given[0].to.to_string(), "Ana Lima <ana@acme.example>");
    assert_eq!(given[0].from.to_string(), "Marquee <no-reply@marquee.example>");
    assert_eq!(given[0].message_id, format!("{}@127.0.0.1", given[0].id));
    assert_eq!(given[0].date, ManualClock::START);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn asking_twice_for_the_same_makes_one_mail(db: PgPool) {
    let app = TestApp::new(db).await;
    enqueue(&app, to_ana("test/1")).await;
    enqueue(&app, to_ana("test/1")).await;
    app.run_jobs().await;
    enqueue(&app, to_ana("test/1")).await;
    let mut shouted = to_ana("test/1");
    shouted.to = mail::Mailbox::new("ANA@acme.example", "").unwrap();
    enqueue(&app, shouted).await;
    app.run_jobs().await;
    assert_eq!(app.mail_transport.given().len(), 1);

    enqueue(&app, to_ana("test/2")).await;
    app.run_jobs().await;
    assert_eq!(app.mail_transport.given().len(), 2, "another event");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_mail_of_a_transaction_that_fails_was_never_asked_for(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut tx = app.app.db.begin().await.unwrap();
    mail::enqueue(&mut tx, &app.app, to_ana("test/1")).await.unwrap();
    tx.rollback().await.unwrap();

    app.run_jobs().await;

    assert!(app.mail_transport.given().is_empty());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_each_get_a_mail_of_their_own(db: PgPool) {
    let app = TestApp::with(db, |parts| {
        let staff = ["ana@marquee.example", "bia@marquee.example"];
        parts.config.mail.staff = staff.map(|staff| mail::Mailbox::parse(staff).unwrap()).into();
    })
    .await;
    let mut tx = app.app.db.begin().await.unwrap();
    mail::enqueue_to_staff(&mut tx, &app.app, "test/1", &TEST, &to_ana("").context)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    app.run_jobs().await;

    let to: Vec<String> = app
        .mail_transport
        .given()
        .iter()
        .map(|mail| mail.to.to_string())
        .collect();
    assert_eq!(to, ["ana@marquee.example", "bia@marquee.example"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_a_mail_lacks_makes_it_wait_and_is_told(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mail = to_ana("test/1");
    mail.context = json!({ "by": "Bia" });
    enqueue(&app, mail).await;

    app.run_jobs().await;

    assert!(app.mail_transport.given().is_empty());
    let (_, jobs) = app.get("/v1/jobs").await;
    let error = jobs["items"][0]["last_error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("the template platform.test, en: "), "{error}");
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_server_that_is_away_is_asked_again_with_the_same_mail(db: PgPool) {
    let app = TestApp::new(db).await;
    app.mail_transport
        .fail_next(SendError::Failed("connection refused".to_owned()));
    enqueue(&app, to_ana("test/1")).await;

    app.run_jobs().await;
    assert_eq!(app.mail_transport.given().len(), 1);
    app.advance(Duration::minutes(1));
    app.run_jobs().await;

    let given = app.mail_transport.given();
    assert_eq!(given.len(), 2);
    assert_eq!(given[0].message_id, given[1].message_id);
}
