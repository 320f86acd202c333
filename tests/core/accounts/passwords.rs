use axum::http::{Method, StatusCode};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{PASSWORD, anonymously, is_in, mailed_link, person, sign_in};

const OTHER: &str = "gravel teapot monsoon";

async fn change(app: &TestApp, token: &str, current: &str, new: &str) -> (StatusCode, Value) {
    let body = json!({ "current": current, "new": new });
    app.call_as(token, Method::PUT, "/v1/me/password", Some(body))
        .await
}

async fn ask(app: &TestApp, email: &str) -> (StatusCode, Value) {
    anonymously(app, "/v1/password-resets", json!({ "email": email })).await
}

async fn complete(app: &TestApp, link: &str, password: &str) -> (StatusCode, Value) {
    let body = json!({ "token": link, "password": password });
    anonymously(app, "/v1/password-resets/complete", body).await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn another_password_signs_out_every_other_device(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, here) = person(&app, "ana@acme.example").await;
    let (_, session) = sign_in(&app, "ana@acme.example", PASSWORD).await;
    let elsewhere = session["token"].as_str().unwrap();
    ask(&app, "ana@acme.example").await;
    let link = mailed_link(&app, "ana@acme.example").await;

    assert_eq!(
        change(&app, &here, "wrong", OTHER).await.1["code"],
        "password_wrong"
    );
    assert_eq!(
        change(&app, &here, PASSWORD, "password1").await.1["code"],
        "password_weak"
    );
    assert!(is_in(&app, elsewhere).await, "nothing changed");
    assert_eq!(
        change(&app, &here, PASSWORD, OTHER).await.0,
        StatusCode::NO_CONTENT
    );

    assert!(is_in(&app, &here).await && !is_in(&app, elsewhere).await);
    assert_eq!(
        sign_in(&app, "ana@acme.example", PASSWORD).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        sign_in(&app, "ana@acme.example", OTHER).await.0,
        StatusCode::CREATED
    );
    assert_eq!(
        complete(&app, &link, PASSWORD).await.1["code"],
        "link_invalid",
        "older links are void"
    );
    app.run_jobs().await;
    let mail = app.mail_transport.last_to("ana@acme.example");
    assert_eq!(mail.subject, "Your password was changed");
    assert!(!mail.text.contains(OTHER) && !mail.html.contains(OTHER));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_forgotten_password_is_chosen_anew_by_a_link_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let known = ask(&app, "ANA@acme.example").await;
    assert_eq!(known, ask(&app, "nobody@acme.example").await, "nobody can tell");
    assert_eq!(known.0, StatusCode::ACCEPTED);
    let link = mailed_link(&app, "ana@acme.example").await;
    assert!(is_in(&app, &token).await, "nothing has changed yet");

    assert_eq!(complete(&app, &link, "12345678").await.1["code"], "password_weak");
    assert_eq!(
        complete(&app, &link, OTHER).await.0,
        StatusCode::NO_CONTENT,
        "the link stayed good"
    );

    assert!(!is_in(&app, &token).await);
    assert_eq!(
        sign_in(&app, "ana@acme.example", OTHER).await.0,
        StatusCode::CREATED
    );
    assert_eq!(complete(&app, &link, PASSWORD).await.1["code"], "link_invalid");
    app.run_jobs().await;
    let subjects: Vec<_> = app
        .mail_transport
        .given()
        .into_iter()
        .map(|mail| mail.subject)
        .collect();
    assert_eq!(
        subjects,
        [
            "Confirm your e-mail address",
            "Choose another password",
            "Your password was changed"
        ]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_link_to_another_password_is_good_for_two_hours(db: PgPool) {
    let app = TestApp::new(db).await;
    person(&app, "ana@acme.example").await;
    ask(&app, "ana@acme.example").await;
    let link = mailed_link(&app, "ana@acme.example").await;

    app.advance(Duration::hours(2));

    assert_eq!(complete(&app, &link, OTHER).await.1["code"], "link_invalid");
    assert_eq!(
        sign_in(&app, "ana@acme.example", PASSWORD).await.0,
        StatusCode::CREATED
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn two_who_use_one_link_at_once_set_one_password(db: PgPool) {
    let app = TestApp::new(db).await;
    person(&app, "ana@acme.example").await;
    ask(&app, "ana@acme.example").await;
    let link = mailed_link(&app, "ana@acme.example").await;

    let (first, second) = tokio::join!(
        complete(&app, &link, OTHER),
        complete(&app, &link, "violet anchor pickle")
    );

    let mut answers = [first.0.as_u16(), second.0.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [204, 422], "{first:?} {second:?}");
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_joins_the_staff_chooses_a_password_within_a_week(db: PgPool) {
    let app = TestApp::new(db).await;
    let body = json!({ "email": "bob@acme.example", "name": "Bob", "grants": [] });
    let (_, staff) = app.post("/v1/staff", body).await;
    let link = mailed_link(&app, "bob@acme.example").await;
    assert_eq!(
        app.mail_transport.last_to("bob@acme.example").subject,
        "Welcome to the staff of Marquee"
    );

    app.advance(Duration::days(6));
    assert_eq!(complete(&app, &link, OTHER).await.0, StatusCode::NO_CONTENT);

    let (status, session) = sign_in(&app, "bob@acme.example", OTHER).await;
    assert_eq!(
        (status, &session["person_id"]),
        (StatusCode::CREATED, &staff["id"])
    );
    assert_eq!(app.run_jobs().await, 0, "their first password is no news to them");
}
