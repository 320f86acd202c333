use axum::http::{Method, StatusCode};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{PASSWORD, anonymously, is_in, mailed_link, person, sign_in};

async fn sign_up(app: &TestApp, change: Value) -> (StatusCode, Value) {
    let mut body = json!({ "email": "ana@acme.example", "name": "Ana Lima", "password": PASSWORD });
    body.as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    anonymously(app, "/v1/accounts", body).await
}

async fn confirm(app: &TestApp, link: &str) -> (StatusCode, Value) {
    anonymously(app, "/v1/accounts/confirm", json!({ "token": link })).await
}

async fn people(app: &TestApp) -> Value {
    app.get("/v1/people?staff=false").await.1["items"].clone()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_account_is_made_once_its_address_has_confirmed_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let (status, answer) = sign_up(&app, json!({ "locale": "en", "marketing": true })).await;
    assert_eq!(
        (status, answer),
        (StatusCode::ACCEPTED, json!({ "detail": "look into your mail" }))
    );
    assert_eq!(people(&app).await, json!([]), "not yet");
    let link = mailed_link(&app, "ana@acme.example").await;
    assert_eq!(
        sign_in(&app, "ana@acme.example", PASSWORD).await.0,
        StatusCode::UNAUTHORIZED
    );

    let (status, session) = confirm(&app, &link).await;
    assert_eq!(status, StatusCode::CREATED, "{session}");
    assert_eq!(session["expires_at"], "2026-07-31T12:00:00Z");
    let token = session["token"].as_str().unwrap();
    let (_, me) = app.call_as(token, Method::GET, "/v1/me", None).await;
    let id = session["person_id"].as_str().unwrap();
    assert_eq!(
        (&me["id"], &me["name"], &me["grants"]),
        (&json!(format!("person:{id}")), &json!("Ana Lima"), &json!([]))
    );
    assert_eq!(
        me["person"],
        json!({
            "id": id, "email": "ana@acme.example", "name": "Ana Lima", "locale": "en", "staff": false,
            "password": true, "second_factor": false, "marketing_since": "2026-07-01T12:00:00Z",
            "created_at": "2026-07-01T12:00:00Z", "last_seen_at": "2026-07-01T12:00:00Z",
            "suspended_at": null, "avatar_url": null,
        })
    );
    assert!(!me.to_string().contains("argon2"));

    assert_eq!(confirm(&app, &link).await.1["code"], "link_invalid", "once");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_known_address_is_answered_like_an_unknown_one(db: PgPool) {
    let app = TestApp::new(db).await;
    let unknown = sign_up(&app, json!({})).await;
    confirm(&app, &mailed_link(&app, "ana@acme.example").await).await;

    let known = sign_up(&app, json!({ "email": "ANA@ACME.example" })).await;

    assert_eq!(known, unknown);
    app.run_jobs().await;
    let mail = app.mail_transport.last_to("ana@acme.example");
    assert_eq!(mail.subject, "Você já tem uma conta");
    assert!(!mail.text.contains("#ml_"), "nothing that opens anything");
    let sign_in = async |email| {
        let (status, mut problem) = sign_in(&app, email, "wrong").await;
        problem["request_id"] = Value::Null;
        (status, problem)
    };
    let wrong = sign_in("ana@acme.example").await;
    assert_eq!(wrong, sign_in("nobody@acme.example").await);
    assert_eq!(
        (wrong.0, &wrong.1["code"]),
        (StatusCode::UNAUTHORIZED, &json!("credentials_invalid"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn two_sign_ups_of_one_address_at_once_make_one_account(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut links = Vec::new();
    for name in ["Ana", "Anna"] {
        assert_eq!(
            sign_up(&app, json!({ "name": name })).await.0,
            StatusCode::ACCEPTED
        );
        links.push(mailed_link(&app, "ana@acme.example").await);
    }

    let (first, second) = tokio::join!(confirm(&app, &links[0]), confirm(&app, &links[1]));

    let mut answers = [first.0.as_u16(), second.0.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [201, 409], "{first:?} {second:?}");
    assert_eq!(people(&app).await.as_array().unwrap().len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn one_link_used_twice_at_once_makes_one_account(db: PgPool) {
    let app = TestApp::new(db).await;
    sign_up(&app, json!({})).await;
    let link = mailed_link(&app, "ana@acme.example").await;

    let (first, second) = tokio::join!(confirm(&app, &link), confirm(&app, &link));

    let mut answers = [first.0.as_u16(), second.0.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [201, 422], "{first:?} {second:?}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_link_is_good_for_a_day_and_for_its_purpose_only(db: PgPool) {
    let app = TestApp::new(db).await;
    sign_up(&app, json!({})).await;
    let link = mailed_link(&app, "ana@acme.example").await;
    let body = json!({ "token": link, "password": PASSWORD });
    let other = anonymously(&app, "/v1/password-resets/complete", body).await;
    assert_eq!(other.1["code"], "link_invalid");
    assert!(!is_in(&app, &link).await, "it is no session");

    app.advance(Duration::days(1));
    assert_eq!(confirm(&app, &link).await.1["code"], "link_invalid");
    let forged = format!("ml_{}_{}", "0".repeat(32), "A".repeat(43));
    for nonsense in ["", "nonsense", &forged, &link.replace("ml_", "ms_")] {
        assert_eq!(
            confirm(&app, nonsense).await.1["code"],
            "link_invalid",
            "{nonsense}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_cannot_be_an_account_is_refused_and_mails_nobody(db: PgPool) {
    let app = TestApp::new(db).await;
    for (change, status, code) in [
        (json!({ "email": "" }), 422, "email_invalid"),
        (json!({ "email": "ana" }), 422, "email_invalid"),
        (
            json!({ "email": "a@b\r\nBcc: eve@evil.example" }),
            422,
            "email_invalid",
        ),
        (json!({ "name": " " }), 422, "name_invalid"),
        (json!({ "name": "Ana\nBcc: x" }), 422, "name_invalid"),
        (
            json!({ "name": "Win at https://evil.example" }),
            422,
            "name_invalid",
        ),
        (json!({ "name": "a".repeat(101) }), 422, "name_invalid"),
        (json!({ "password": "" }), 422, "password_weak"),
        (json!({ "password": "password1" }), 422, "password_weak"),
        (json!({ "password": "analima1" }), 422, "password_weak"),
        (json!({ "password": "x7#".repeat(50) }), 422, "password_weak"),
        (json!({ "locale": "fr" }), 422, "body_invalid"),
        (json!({ "role": "admin" }), 422, "body_invalid"),
        (json!({ "email": null }), 422, "body_invalid"),
    ] {
        let (answered, problem) = sign_up(&app, change.clone()).await;
        assert_eq!(
            (answered.as_u16(), &problem["code"]),
            (status, &json!(code)),
            "{change}: {problem}"
        );
    }
    assert_eq!(app.run_jobs().await, 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_is_flooded_with_mails(db: PgPool) {
    let app = TestApp::new(db).await;
    for _ in 0..3 {
        assert_eq!(sign_up(&app, json!({})).await.0, StatusCode::ACCEPTED);
    }
    let (status, problem) = sign_up(&app, json!({ "email": "Ana@acme.example" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_requests"))
    );
    let reset = anonymously(
        &app,
        "/v1/password-resets",
        json!({ "email": "ana@acme.example" }),
    )
    .await;
    assert_eq!(reset.0, StatusCode::TOO_MANY_REQUESTS, "all mails count together");
    assert_eq!(
        sign_up(&app, json!({ "email": "bob@acme.example" })).await.0,
        StatusCode::ACCEPTED
    );

    app.advance(Duration::minutes(20));
    assert_eq!(sign_up(&app, json!({})).await.0, StatusCode::ACCEPTED);
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_customer_who_comes_to_work_with_us_stays_one_person(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, token) = person(&app, "ana@acme.example").await;

    let body = json!({
        "email": "ANA@acme.example", "name": "Ana", "grants": [{ "permission": "rules.read" }],
    });
    let (status, staff) = app.post("/v1/staff", body.clone()).await;

    assert_eq!((status, &staff["id"]), (StatusCode::CREATED, &json!(id)));
    assert!(!is_in(&app, &token).await, "staff sign in for less long");
    let (_, session) = sign_in(&app, "ana@acme.example", PASSWORD).await;
    assert_eq!(session["expires_at"], "2026-07-02T00:00:00Z");
    let token = session["token"].as_str().unwrap();
    let (_, me) = app.call_as(token, Method::GET, "/v1/me", None).await;
    assert_eq!(me["id"], format!("staff:{id}"));
    assert_eq!(me["grants"][0]["permission"], "rules.read");
    assert_eq!(app.run_jobs().await, 0, "they have a password");
    assert_eq!(app.post("/v1/staff", body).await.1["code"], "email_taken");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_never_confirmed_is_forgotten_after_a_day(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    sign_up(&app, json!({})).await;
    let waiting = async || {
        app.enqueue(&marquee_core::accounts::jobs::FORGET, json!({}), None)
            .await;
        app.run_jobs().await;
        let count = sqlx::query_scalar::<_, i64>("select count(*) from accounts.sign_up");
        count.fetch_one(&db).await.unwrap()
    };

    app.advance(Duration::hours(23));
    assert_eq!(waiting().await, 1);
    app.advance(Duration::hours(1));
    assert_eq!(waiting().await, 0);
}
