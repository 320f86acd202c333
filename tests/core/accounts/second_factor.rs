use axum::http::{Method, StatusCode};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use totp_rs::{Builder, Secret, Totp};

use super::{PASSWORD, anonymously, person, sign_in};

/// What a person's app does.
fn device(secret: &str) -> Totp {
    let secret = Secret::try_from_base32(secret).unwrap();
    Builder::new().with_secret(secret).build().unwrap()
}

fn code(app: &TestApp, device: &Totp) -> String {
    let now = u64::try_from(app.app.now().unix_timestamp()).unwrap();
    device.generate(now).to_string()
}

async fn post(app: &TestApp, token: &str, path: &str, body: Value) -> (StatusCode, Value) {
    app.call_as(token, Method::POST, path, Some(body)).await
}

async fn sign_in_with(app: &TestApp, code: &str) -> (StatusCode, Value) {
    let body = json!({ "email": "ana@acme.example", "password": PASSWORD, "code": code });
    anonymously(app, "/v1/sessions", body).await
}

/// Ana with a second factor that counts: her token, her device and her recovery codes.
async fn ana(app: &TestApp) -> (String, Totp, Vec<String>) {
    let (_, token) = person(app, "ana@acme.example").await;
    let (status, new) = post(
        app,
        &token,
        "/v1/me/second-factor",
        json!({ "password": PASSWORD }),
    )
    .await;
    assert_eq!(status, StatusCode::CREATED, "{new}");
    assert!(
        new["url"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/Marquee:ana"),
        "{new}"
    );
    let device = device(new["secret"].as_str().unwrap());
    assert_eq!(
        sign_in(app, "ana@acme.example", PASSWORD).await.0,
        StatusCode::CREATED,
        "not yet"
    );
    let wrong = post(
        app,
        &token,
        "/v1/me/second-factor/confirm",
        json!({ "code": "000000" }),
    )
    .await;
    assert_eq!(wrong.1["code"], "code_wrong");
    let body = json!({ "code": code(app, &device) });
    let (status, codes) = post(app, &token, "/v1/me/second-factor/confirm", body).await;
    assert_eq!(status, StatusCode::OK, "{codes}");
    let codes = serde_json::from_value(codes["recovery_codes"].clone()).unwrap();
    (token, device, codes)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn signing_in_then_takes_a_code_that_opens_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, device, _) = ana(&app).await;

    let (status, problem) = sign_in(&app, "ana@acme.example", PASSWORD).await;
    assert_eq!((status.as_u16(), &problem["code"]), (401, &json!("code_needed")));
    let (_, problem) = sign_in(&app, "ana@acme.example", "wrong").await;
    assert_eq!(
        problem["code"], "credentials_invalid",
        "who guesses learns nothing of it"
    );
    let used = code(&app, &device);
    assert_eq!(
        sign_in_with(&app, &used).await.1["code"],
        "code_wrong",
        "it confirmed the factor"
    );
    app.advance(Duration::seconds(60));
    let fresh = code(&app, &device);
    assert_eq!(sign_in_with(&app, &fresh).await.0, StatusCode::CREATED);
    assert_eq!(sign_in_with(&app, &fresh).await.1["code"], "code_wrong", "once");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_code_that_two_show_at_once_lets_one_in(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, device, _) = ana(&app).await;
    app.advance(Duration::seconds(60));
    let code = code(&app, &device);

    let (first, second) = tokio::join!(sign_in_with(&app, &code), sign_in_with(&app, &code));

    let mut answers = [first.0.as_u16(), second.0.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [201, 401], "{first:?} {second:?}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whoever_lost_the_device_has_eight_codes_each_good_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, _, codes) = ana(&app).await;
    assert_eq!(codes.len(), 8);

    assert_eq!(
        sign_in_with(&app, &codes[3].to_uppercase()).await.0,
        StatusCode::CREATED
    );
    assert_eq!(sign_in_with(&app, &codes[3]).await.1["code"], "code_wrong");
    assert_eq!(sign_in_with(&app, &codes[4]).await.0, StatusCode::CREATED);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn it_is_removed_with_the_password_or_by_staff_and_a_mail_tells(db: PgPool) {
    let app = TestApp::new(db).await;
    let (token, ..) = ana(&app).await;
    let begin = post(
        &app,
        &token,
        "/v1/me/second-factor",
        json!({ "password": PASSWORD }),
    )
    .await;
    assert_eq!(begin.1["code"], "second_factor_exists");

    let wrong = post(
        &app,
        &token,
        "/v1/me/second-factor/remove",
        json!({ "password": "wrong" }),
    )
    .await;
    assert_eq!(wrong.1["code"], "password_wrong");
    let removed = post(
        &app,
        &token,
        "/v1/me/second-factor/remove",
        json!({ "password": PASSWORD }),
    )
    .await;
    assert_eq!(removed.0, StatusCode::NO_CONTENT);
    assert_eq!(
        sign_in(&app, "ana@acme.example", PASSWORD).await.0,
        StatusCode::CREATED
    );
    app.run_jobs().await;
    let mail = app.mail_transport.last_to("ana@acme.example");
    assert_eq!(mail.subject, "Your account no longer asks for a code");

    let (_, me) = app.call_as(&token, Method::GET, "/v1/me", None).await;
    let path = format!(
        "/v1/people/{}/second-factor",
        me["person"]["id"].as_str().unwrap()
    );
    assert_eq!(app.delete(&path).await.1["code"], "second_factor_unknown");
}
