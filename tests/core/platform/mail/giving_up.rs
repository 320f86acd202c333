//! Mails that cannot be sent: when they are given up, and what staff do about them.

use std::panic::AssertUnwindSafe;

use axum::http::StatusCode;
use futures::FutureExt as _;
use marquee_core::config::Fault;
use marquee_core::platform::faults::Faults;
use marquee_core::platform::jobs::{self, Role};
use marquee_core::platform::mail::{self, SendError};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{enqueue, to_ana};

fn away() -> SendError {
    SendError::Failed("connection refused".to_owned())
}

fn no_such_user() -> SendError {
    SendError::Refused("5.1.1 no such user".to_owned())
}

/// The one mail there is.
async fn the_mail(app: &TestApp) -> Value {
    let (status, mails) = app.get("/v1/mails").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(mails["items"].as_array().unwrap().len(), 1);
    mails["items"][0].clone()
}

fn path(mail: &Value) -> String {
    format!("/v1/mails/{}", mail["id"].as_str().unwrap())
}

/// Lets every attempt fail.
async fn dead(app: &TestApp) -> Value {
    enqueue(app, to_ana("test/1")).await;
    for _ in 0..24 {
        app.advance(Duration::minutes(90));
        app.mail_transport.fail_next(away());
        app.run_jobs().await;
    }
    assert!(app.alerted("mail.dead", "platform.test"));
    the_mail(app).await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_mail_that_nobody_takes_for_half_a_day_is_dead_and_can_be_tried_again(db: PgPool) {
    let app = TestApp::new(db).await;
    let mail = dead(&app).await;
    assert_eq!(mail["status"], "dead");
    assert_eq!(mail["attempts"], 24);
    assert_eq!(mail["last_error"], "connection refused");
    assert_eq!(app.mail_transport.given().len(), 24);

    let (status, retried) = app.post(&format!("{}/retry", path(&mail)), json!({})).await;
    assert_eq!(
        (status, &retried["status"]),
        (StatusCode::OK, &json!("waiting")),
        "{retried}"
    );
    app.run_jobs().await;

    let sent = the_mail(&app).await;
    assert_eq!(
        (&sent["status"], &sent["attempts"], &sent["last_error"]),
        (&json!("sent"), &json!(1), &Value::Null)
    );
    let (status, problem) = app.post(&format!("{}/retry", path(&mail)), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("mail_not_given_up"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_dead_mail_is_discarded_once_and_never_sent(db: PgPool) {
    let app = TestApp::new(db).await;
    let mail = path(&dead(&app).await);

    assert_eq!(app.delete(&mail).await.0, StatusCode::NO_CONTENT);
    let (status, problem) = app.delete(&mail).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("mail_not_given_up"))
    );
    let (status, _) = app.post(&format!("{mail}/retry"), json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(the_mail(&app).await["status"], "discarded");
    let (_, log) = app.get("/v1/audit?action=mail.discard").await;
    assert_eq!(log["items"][0]["before"], json!({ "status": "dead" }));
    assert!(!log.to_string().contains("ana@acme.example"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_a_mail_was_to_say_is_forgotten_after_thirty_days(db: PgPool) {
    let app = TestApp::new(db).await;
    let mail = dead(&app).await;

    app.advance(Duration::days(31));
    app.enqueue(&mail::jobs::FORGET, json!({}), None).await;
    app.run_jobs().await;

    let (status, problem) = app.post(&format!("{}/retry", path(&mail)), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("mail_forgotten"))
    );
    app.advance(Duration::days(365));
    app.enqueue(&mail::jobs::FORGET, json!({}), None).await;
    app.run_jobs().await;
    assert_eq!(app.get(&path(&mail)).await.0, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_address_that_nobody_has_gets_no_more_mail_until_staff_say_so(db: PgPool) {
    let app = TestApp::new(db).await;
    app.mail_transport.fail_next(no_such_user());
    enqueue(&app, to_ana("test/1")).await;
    app.run_jobs().await;
    let refused = the_mail(&app).await;
    assert_eq!(
        (&refused["status"], &refused["last_error"]),
        (&json!("refused"), &json!("5.1.1 no such user"))
    );

    enqueue(&app, to_ana("test/2")).await;
    app.run_jobs().await;
    assert_eq!(app.mail_transport.given().len(), 1, "the second was not tried");
    let (_, suppressed) = app.get("/v1/mails?status=suppressed&to=ANA@acme.example").await;
    assert_eq!(suppressed["items"][0]["event"], "test/2");
    let retry = format!("{}/retry", path(&suppressed["items"][0]));
    let (status, problem) = app.post(&retry, json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("mail_suppressed"))
    );

    let (_, list) = app.get("/v1/mail-suppressions?address=ana@acme.example").await;
    let suppression = &list["items"][0];
    assert_eq!(
        (&suppression["reason"], &suppression["detail"]),
        (&json!("refused"), &json!("5.1.1 no such user"))
    );
    let remove = format!("/v1/mail-suppressions/{}", suppression["id"].as_str().unwrap());
    assert_eq!(app.delete(&remove).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.delete(&remove).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.post(&retry, json!({})).await.0, StatusCode::OK);
    app.run_jobs().await;
    assert_eq!(app.mail_transport.given().len(), 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_process_that_dies_after_sending_sends_the_same_again(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    let dying = TestApp::with(db, |parts| {
        parts.mail_transport = app.mail_transport.clone();
        parts.clock = app.clock.clone();
        let fault = Fault {
            point: "mail.sent_but_not_noted".to_owned(),
            pass: 1,
        };
        parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
    })
    .await;
    dying.leave_jobs();
    enqueue(&app, to_ana("test/1")).await;
    let _died = AssertUnwindSafe(jobs::run_due(&dying.app, &Role::ALL))
        .catch_unwind()
        .await;
    assert_eq!(app.mail_transport.given().len(), 1);
    assert_eq!(the_mail(&app).await["status"], "waiting");

    app.advance(Duration::minutes(1));
    app.run_jobs().await;

    let given = app.mail_transport.given();
    assert_eq!(given.len(), 2);
    assert_eq!(given[0].message_id, given[1].message_id);
    assert_eq!(the_mail(&app).await["status"], "sent");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whoever_is_erased_is_in_no_list_of_mails_and_gets_none(db: PgPool) {
    let app = TestApp::new(db).await;
    enqueue(&app, to_ana("test/1")).await;
    app.run_jobs().await;
    enqueue(&app, to_ana("test/2")).await;

    let mut tx = app.app.db.begin().await.unwrap();
    mail::erase(&mut tx, "Ana@Acme.example").await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;

    assert_eq!(app.get("/v1/mails").await.1["items"], json!([]));
    assert_eq!(app.mail_transport.given().len(), 1);
}
