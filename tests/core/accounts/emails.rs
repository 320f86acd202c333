use axum::http::{Method, StatusCode};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{PASSWORD, anonymously, is_in, mailed_link, person, sign_in};

async fn change(app: &TestApp, token: &str, email: &str) -> (StatusCode, Value) {
    let body = json!({ "email": email, "password": PASSWORD });
    app.call_as(token, Method::PUT, "/v1/me/email", Some(body)).await
}

async fn confirm(app: &TestApp, link: &str) -> (StatusCode, Value) {
    anonymously(app, "/v1/email-changes/confirm", json!({ "token": link })).await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_address_is_changed_once_both_have_agreed_in_any_order(db: PgPool) {
    for new_first in [true, false] {
        let app = TestApp::new(db.clone()).await;
        let (old, new) = (
            format!("old-{new_first}@acme.example"),
            format!("new-{new_first}@acme.example"),
        );
        let (_, token) = person(&app, &old).await;

        assert_eq!(change(&app, &token, &new).await.0, StatusCode::ACCEPTED);
        let mut links = [mailed_link(&app, &old).await, mailed_link(&app, &new).await];
        if new_first {
            links.reverse();
        }
        assert_eq!(
            confirm(&app, &links[0]).await,
            (StatusCode::OK, json!({ "changed": false }))
        );
        assert_eq!(sign_in(&app, &new, PASSWORD).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(
            confirm(&app, &links[1]).await,
            (StatusCode::OK, json!({ "changed": true }))
        );

        assert_eq!(sign_in(&app, &new, PASSWORD).await.0, StatusCode::CREATED);
        assert_eq!(sign_in(&app, &old, PASSWORD).await.0, StatusCode::UNAUTHORIZED);
        assert!(is_in(&app, &token).await);
        assert_eq!(confirm(&app, &links[0]).await.1["code"], "link_invalid");
        app.run_jobs().await;
        assert_eq!(
            app.mail_transport.last_to(&old).subject,
            "Your e-mail address was changed"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn another_wish_or_a_day_makes_the_links_void(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    change(&app, &token, "typo@acme.example").await;
    let (old, typo) = (
        mailed_link(&app, "ana@acme.example").await,
        mailed_link(&app, "typo@acme.example").await,
    );

    change(&app, &token, "new@acme.example").await;
    for link in [&old, &typo] {
        assert_eq!(confirm(&app, link).await.1["code"], "link_invalid");
    }
    let new = mailed_link(&app, "new@acme.example").await;
    app.advance(Duration::days(1));
    assert_eq!(confirm(&app, &new).await.1["code"], "link_invalid");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_takes_an_address_that_somebody_has(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    assert_eq!(
        change(&app, &token, "bob@acme.example").await.0,
        StatusCode::ACCEPTED
    );
    let links = [
        mailed_link(&app, "ana@acme.example").await,
        mailed_link(&app, "bob@acme.example").await,
    ];
    person(&app, "BOB@acme.example").await;

    assert_eq!(confirm(&app, &links[0]).await.1["changed"], false);
    assert_eq!(confirm(&app, &links[1]).await.1["code"], "email_taken");
    assert_eq!(
        sign_in(&app, "ana@acme.example", PASSWORD).await.0,
        StatusCode::CREATED
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_address_takes_the_password_and_makes_sense(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;

    let body = json!({ "email": "new@acme.example", "password": "wrong" });
    let (_, problem) = app.call_as(&token, Method::PUT, "/v1/me/email", Some(body)).await;
    assert_eq!(problem["code"], "password_wrong");
    for (email, code) in [
        ("ANA@acme.example", "email_unchanged"),
        ("x@y\nBcc: eve@evil.example", "email_invalid"),
        ("", "email_invalid"),
    ] {
        assert_eq!(change(&app, &token, email).await.1["code"], code, "{email}");
    }
    assert_eq!(app.run_jobs().await, 0, "nobody was written to");
}
