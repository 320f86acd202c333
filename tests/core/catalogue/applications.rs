//! From wanting to be a talent to being one, or not.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::access::Permission::ApplicationsReview;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{new_talent, publicly, talent};
use crate::accounts::{anonymously, mailed_link};

pub(super) async fn apply(app: &TestApp, body: Value) {
    let (status, answer) = anonymously(app, "/v1/applications", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    assert_eq!(answer, json!({ "detail": "we write to you by mail" }));
}

/// The only application that there is, as staff see it.
async fn only(app: &TestApp) -> Value {
    let (status, list) = app.get("/v1/applications").await;
    assert_eq!(status, StatusCode::OK, "{list}");
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{list}");
    items[0].clone()
}

fn path_of(application: &Value, verb: &str) -> String {
    format!("/v1/applications/{}/{verb}", application["id"].as_str().unwrap())
}

fn subjects_to(app: &TestApp, address: &str) -> Vec<String> {
    let given = app.mail_transport.given();
    let theirs = given.iter().filter(|mail| mail.to.address() == address);
    theirs.map(|mail| mail.subject.clone()).collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_applies_and_is_accepted_chooses_a_password_and_is_a_talent(db: PgPool) {
    let app = TestApp::new(db).await;
    apply(&app, new_talent("ana@acme.example", "Ana Lima")).await;
    app.run_jobs().await;
    assert_eq!(
        subjects_to(&app, "ana@acme.example"),
        ["We have your application"]
    );
    let told = app.mail_transport.last_to("staff@marquee.example");
    for fact in [
        "Ana Lima",
        "ana@acme.example",
        "+5511999990000",
        "instagram",
        "analima",
        "120000",
    ] {
        assert!(told.text.contains(fact), "{fact}: {}", told.text);
    }
    let application = only(&app).await;
    assert_eq!(application["status"], "open");

    let (status, accepted) = app.post(&path_of(&application, "accept"), json!({})).await;

    assert_eq!(
        (status, &accepted["status"]),
        (StatusCode::OK, &json!("accepted"))
    );
    let body = json!({
        "token": mailed_link(&app, "ana@acme.example").await, "password": crate::accounts::PASSWORD,
    });
    anonymously(&app, "/v1/password-resets/complete", body).await;
    let (_, session) = crate::accounts::sign_in(&app, "ana@acme.example", crate::accounts::PASSWORD).await;
    let token = session["token"].as_str().unwrap();
    let (status, own) = app.call_as(token, Method::GET, "/v1/me/talent", None).await;
    assert_eq!((status, &own["id"]), (StatusCode::OK, &accepted["talent_id"]));
    assert_eq!(own["listed"], false, "without a price nobody sees them");
    app.run_jobs().await;
}

/// Viggio's defects 12 and 23: two mails for invalid data, accounts with a known password.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_wrong_is_told_field_by_field_and_nobody_is_mailed(db: PgPool) {
    let app = TestApp::new(db).await;
    let body = json!({
        "email": "ana@", "name": " ", "network": "instagram", "handle": "ana lima", "followers": -1,
        "phone": "123", "message": "x".repeat(2001),
    });

    let (status, problem) = anonymously(&app, "/v1/applications", body).await;

    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("body_invalid")));
    let errors = problem["errors"].as_array().unwrap().iter();
    let pointers: Vec<_> = errors.map(|one| one["pointer"].as_str().unwrap()).collect();
    assert_eq!(
        pointers,
        ["/email", "/name", "/phone", "/handle", "/message", "/followers"]
    );
    let (status, _) = anonymously(&app, "/v1/applications", json!({ "email": "ana@acme.example" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    app.run_jobs().await;
    assert!(app.mail_transport.given().is_empty());
    assert_eq!(app.get("/v1/applications").await.1["items"], json!([]));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_second_application_is_answered_alike_and_makes_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let body = |email: &str| new_talent(email, "Ana Lima");
    tokio::join!(
        apply(&app, body("ana@acme.example")),
        apply(&app, body("ANA@acme.example")),
    );
    app.run_jobs().await;
    only(&app).await;
    assert_eq!(app.mail_transport.given().len(), 2, "one to them, one to staff");

    talent(&app, "bia@acme.example", "Bia", json!({})).await;
    apply(&app, body("Bia@acme.example")).await;
    app.run_jobs().await;
    only(&app).await;
    assert_eq!(
        subjects_to(&app, "Bia@acme.example"),
        ["You are a talent on Marquee already"]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_is_rejected_is_told_why_and_may_apply_again(db: PgPool) {
    let app = TestApp::new(db).await;
    apply(&app, new_talent("ana@acme.example", "Ana Lima")).await;
    let application = only(&app).await;

    let (status, problem) = app
        .post(&path_of(&application, "reject"), json!({ "reason": " " }))
        .await;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("body_invalid")));
    let body = json!({ "reason": "Too few followers." });
    let (status, rejected) = app.post(&path_of(&application, "reject"), body).await;

    assert_eq!(
        (status, &rejected["status"]),
        (StatusCode::OK, &json!("rejected"))
    );
    app.run_jobs().await;
    let mail = app.mail_transport.last_to("ana@acme.example");
    assert!(mail.text.contains("Too few followers."), "{}", mail.text);
    for verb in ["accept", "reject", "ask"] {
        let body = json!({ "reason": "x", "question": "x" });
        let body = if verb == "accept" {
            json!({})
        } else {
            let name = if verb == "ask" { "question" } else { "reason" };
            json!({ name: body[name] })
        };
        let (status, problem) = app.post(&path_of(&application, verb), body).await;
        assert_eq!(
            (status.as_u16(), &problem["code"]),
            (409, &json!("application_decided")),
            "{verb}"
        );
    }
    apply(&app, new_talent("ana@acme.example", "Ana Lima")).await;
    app.run_jobs().await;
    let (_, open) = app.get("/v1/applications?status=open").await;
    assert_eq!(open["items"].as_array().unwrap().len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_applicant_answers_a_question_once(db: PgPool) {
    let app = TestApp::new(db).await;
    apply(&app, new_talent("ana@acme.example", "Ana Lima")).await;
    let application = only(&app).await;
    let ask = async |question: &str| {
        let body = json!({ "question": question });
        let (status, asked) = app.post(&path_of(&application, "ask"), body).await;
        assert_eq!(
            (status, &asked["status"]),
            (StatusCode::OK, &json!("asked")),
            "{asked}"
        );
        mailed_link(&app, "ana@acme.example").await
    };
    let answer = async |token: &str| {
        let body = json!({ "token": token, "answer": "Yes, on Saturdays." });
        anonymously(&app, "/v1/applications/answers", body).await
    };
    let void = ask("When?").await;
    let link = ask("On Saturdays?").await;
    let (id, secret) = link.split_at("ml_".len() + 32 + 1);
    let other = format!("{id}{}", secret.chars().rev().collect::<String>());

    for wrong in [void.as_str(), &other, "nonsense"] {
        let (status, problem) = answer(wrong).await;
        assert_eq!(
            (status.as_u16(), &problem["code"]),
            (422, &json!("link_invalid")),
            "{wrong}"
        );
    }
    assert_eq!(answer(&link).await.0, StatusCode::ACCEPTED);
    assert_eq!(answer(&link).await.1["code"], "link_invalid", "once");

    let told = only(&app).await;
    assert_eq!(told["status"], "open");
    assert_eq!(told["question"], "On Saturdays?");
    assert_eq!(told["answer"], "Yes, on Saturdays.");
    app.run_jobs().await;
    let mail = app.mail_transport.last_to("staff@marquee.example");
    assert!(mail.text.contains("Yes, on Saturdays."), "{}", mail.text);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_who_decide_at_once_one_wins(db: PgPool) {
    let app = TestApp::new(db).await;
    apply(&app, new_talent("ana@acme.example", "Ana Lima")).await;
    let application = only(&app).await;
    let (accept, reject) = (path_of(&application, "accept"), path_of(&application, "reject"));

    let (first, second) = tokio::join!(
        app.post(&accept, json!({})),
        app.post(&reject, json!({ "reason": "No." })),
    );

    let mut statuses = [first.0.as_u16(), second.0.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let told = only(&app).await;
    assert_eq!(told["status"] == "accepted", first.0 == StatusCode::OK);
    app.run_jobs().await;
    let decisions = subjects_to(&app, "ana@acme.example");
    assert_eq!(
        decisions.len(),
        2,
        "that we have it, and what was decided: {decisions:?}"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whoever_applies_too_often_waits(db: PgPool) {
    let app = TestApp::new(db).await;
    let apply_again = async || {
        anonymously(&app, "/v1/applications", new_talent("ana@acme.example", "Ana"))
            .await
            .0
    };
    for _ in 0..3 {
        assert_eq!(apply_again().await, StatusCode::ACCEPTED);
    }

    assert_eq!(apply_again().await, StatusCode::TOO_MANY_REQUESTS);
    app.advance(Duration::minutes(20));
    assert_eq!(apply_again().await, StatusCode::ACCEPTED);
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_but_staff_sees_applications(db: PgPool) {
    let app = TestApp::new(db).await;
    apply(&app, new_talent("ana@acme.example", "Ana Müller")).await;
    apply(&app, new_talent("bia@acme.example", "Bia")).await;
    app.run_jobs().await;
    let reviewer = app.api_key(&[ApplicationsReview]).await;
    let seen = async |query: &str| {
        let path = format!("/v1/applications?{query}");
        let (status, list) = app.call_as(&reviewer, Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        super::names(&list)
    };

    assert_eq!(seen("").await, ["Bia", "Ana Müller"]);
    assert_eq!(seen("text=muller").await, ["Ana Müller"]);
    assert_eq!(seen("text=BIA@acme.example").await, ["Bia"]);
    assert_eq!(seen("status=rejected").await, [""; 0]);
    assert_eq!(seen("limit=1").await, ["Bia"]);
    assert_eq!(
        publicly(&app, "/v1/applications").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_application_sent_again_with_its_key_is_answered_alike_and_costs_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let keyed = async |key: &str, name: &str| {
        let request = app
            .anonymous(Method::POST, "/v1/applications")
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key);
        let body = Body::from(new_talent("ana@acme.example", name).to_string());
        app.send(request.body(body).unwrap()).await
    };
    let first = keyed("a", "Ana Lima").await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    assert_eq!(first.headers["idempotency-replayed"], "false");

    // More often than one may apply.
    for _ in 0..5 {
        let again = keyed("a", "Ana Lima").await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.headers["idempotency-replayed"], "true");
    }
    let other = keyed("a", "Ana Souza").await;
    assert_eq!(
        (other.status.as_u16(), &other.body["code"]),
        (422, &json!("idempotency_key_reused"))
    );
    let bad = keyed("a b", "Ana Lima").await;
    assert_eq!(bad.body["code"], "idempotency_key_invalid");
    only(&app).await;
    app.run_jobs().await;
    assert_eq!(app.mail_transport.given().len(), 2, "one to them, one to staff");
}
