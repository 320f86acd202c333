use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{PASSWORD, anonymously, is_in, person, sign_in};

async fn token(app: &TestApp) -> String {
    let (status, session) = sign_in(app, "ana@acme.example", PASSWORD).await;
    assert_eq!(status, StatusCode::CREATED, "{session}");
    session["token"].as_str().unwrap().to_owned()
}

async fn sessions(app: &TestApp, token: &str) -> Vec<Value> {
    let (_, list) = app.call_as(token, Method::GET, "/v1/sessions", None).await;
    list["items"].as_array().unwrap().clone()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn one_sees_the_devices_one_is_signed_in_on_and_nobody_elses(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, first) = person(&app, "ana@acme.example").await;
    person(&app, "bob@acme.example").await;
    app.advance(Duration::hours(1));
    let second = token(&app).await;

    let seen = sessions(&app, &second).await;

    assert_eq!(seen.len(), 2);
    assert_eq!(
        (&seen[0]["current"], &seen[1]["current"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(seen[0]["user_agent"], "a test");
    assert_eq!(seen[0]["created_at"], "2026-07-01T13:00:00Z");
    assert!(!json!(seen).to_string().contains("secret"));
    let path = format!("/v1/sessions/{}", seen[1]["id"].as_str().unwrap());
    assert_eq!(
        app.call_as(&second, Method::DELETE, &path, None).await.0,
        StatusCode::NO_CONTENT
    );
    assert!(!is_in(&app, &first).await);
    assert!(is_in(&app, &second).await);
    let again = app.call_as(&second, Method::DELETE, &path, None).await;
    assert_eq!(again.1["code"], "session_unknown");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a04_signing_out_works_at_once_here_elsewhere_and_everywhere(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, bobs) = person(&app, "bob@acme.example").await;
    person(&app, "ana@acme.example").await;
    let here = token(&app).await;
    let elsewhere = token(&app).await;

    let path = "/v1/sessions?keep_current=true";
    assert_eq!(
        app.call_as(&here, Method::DELETE, path, None).await.0,
        StatusCode::NO_CONTENT
    );
    assert!(is_in(&app, &here).await && !is_in(&app, &elsewhere).await);
    let elsewhere = token(&app).await;
    app.call_as(&here, Method::DELETE, "/v1/sessions/current", None)
        .await;
    assert!(!is_in(&app, &here).await && is_in(&app, &elsewhere).await);
    let here = token(&app).await;
    app.call_as(&here, Method::DELETE, "/v1/sessions", None).await;
    assert!(!is_in(&app, &here).await && !is_in(&app, &elsewhere).await);

    assert!(is_in(&app, &bobs).await, "nobody else is signed out");
    let id = sessions(&app, &bobs).await[0]["id"].as_str().unwrap().to_owned();
    let here = token(&app).await;
    let (_, problem) = app
        .call_as(&here, Method::DELETE, &format!("/v1/sessions/{id}"), None)
        .await;
    assert_eq!(problem["code"], "session_unknown", "nor can be");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_session_ends_after_its_time_and_is_forgotten(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;

    app.advance(Duration::days(30) - Duration::seconds(1));
    assert!(is_in(&app, &token).await);
    app.advance(Duration::seconds(1));
    assert!(!is_in(&app, &token).await);

    app.enqueue(&marquee_core::accounts::jobs::FORGET, json!({}), None)
        .await;
    app.run_jobs().await;
    let token = self::token(&app).await;
    assert_eq!(sessions(&app, &token).await.len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn guessing_is_slowed_down_and_says_when_to_come_back(db: PgPool) {
    let app = TestApp::new(db).await;
    person(&app, "ana@acme.example").await;
    person(&app, "bob@acme.example").await;
    for _ in 0..10 {
        assert_eq!(
            sign_in(&app, "ana@acme.example", "wrong").await.0,
            StatusCode::UNAUTHORIZED
        );
    }

    let request = app
        .anonymous(Method::POST, "/v1/sessions")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(
            json!({ "email": "Ana@acme.example", "password": PASSWORD }).to_string(),
        ));
    let answer = app.send(request.unwrap()).await;

    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "also with the right one"
    );
    let seconds: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    let unknown = async || sign_in(&app, "nobody@acme.example", "wrong").await.0;
    for _ in 0..10 {
        assert_eq!(unknown().await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(
        unknown().await,
        StatusCode::TOO_MANY_REQUESTS,
        "an unknown address, too"
    );
    assert_eq!(
        sign_in(&app, "bob@acme.example", PASSWORD).await.0,
        StatusCode::CREATED
    );
    app.advance(Duration::seconds(61));
    assert_eq!(
        sign_in(&app, "ana@acme.example", PASSWORD).await.0,
        StatusCode::CREATED
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a02_nothing_more_than_what_signing_in_takes_is_read(db: PgPool) {
    let app = TestApp::new(db).await;
    person(&app, "ana@acme.example").await;
    let body = json!({ "email": "ana@acme.example", "password": PASSWORD, "staff": true });
    let (status, problem) = anonymously(&app, "/v1/sessions", body).await;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("body_invalid")));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn one_changes_what_one_says_of_oneself(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let patch = async |body| app.call_as(&token, Method::PATCH, "/v1/me", Some(body)).await;

    let (status, me) = patch(json!({ "name": " Ana Souza ", "locale": "pt-BR", "marketing": true })).await;
    assert_eq!(status, StatusCode::OK, "{me}");
    assert_eq!(
        (&me["name"], &me["locale"], &me["marketing_since"]),
        (
            &json!("Ana Souza"),
            &json!("pt-BR"),
            &json!("2026-07-01T12:00:00Z")
        )
    );
    app.advance(Duration::hours(1));
    let (_, me) = patch(json!({ "marketing": true })).await;
    assert_eq!(
        me["marketing_since"], "2026-07-01T12:00:00Z",
        "since they first agreed"
    );
    assert_eq!(me["name"], "Ana Souza");
    let (_, me) = patch(json!({ "marketing": false })).await;
    assert_eq!(me["marketing_since"], Value::Null);

    for (body, code) in [
        (json!({ "name": "" }), "name_invalid"),
        (json!({ "email": "eve@evil.example" }), "body_invalid"),
        (json!({ "suspended_at": null }), "body_invalid"),
    ] {
        assert_eq!(patch(body.clone()).await.1["code"], code, "{body}");
    }
}
