use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::TestApp;
use serde_json::{Map, Value, json};
use sqlx::PgPool;

use crate::accounts::{PASSWORD, anonymously, is_in, mailed_link, person, sign_in};
use crate::catalogue::{new_talent, talent_in};

/// The body with each of its members left out, and the name of that.
fn each_left_out(body: &Value) -> Vec<(String, Value)> {
    let members = body.as_object().unwrap();
    let without = |name: &String| {
        let others = members.iter().filter(|(other, _)| *other != name);
        let others: Map<_, _> = others
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        (name.clone(), Value::Object(others))
    };
    members.keys().map(without).collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn each_field_that_is_missing_is_named(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let sign_up = json!({ "email": "bia@acme.example", "name": "Bia", "password": PASSWORD });
    let sign_in = json!({ "email": "ana@acme.example", "password": PASSWORD });
    let mut application = new_talent("bia@acme.example", "Bia");
    application.as_object_mut().unwrap().remove("locale");
    let change = json!({ "current": PASSWORD, "new": "gravel teapot monsoon" });

    for (method, path, body) in [
        (Method::POST, "/v1/accounts", sign_up),
        (Method::POST, "/v1/sessions", sign_in),
        (
            Method::POST,
            "/v1/password-resets",
            json!({ "email": "ana@acme.example" }),
        ),
        (Method::POST, "/v1/applications", application),
        (Method::PUT, "/v1/me/password", change),
    ] {
        for (name, without) in each_left_out(&body) {
            let (status, problem) = app.call_as(&token, method.clone(), path, Some(without)).await;
            assert_eq!(
                (status.as_u16(), &problem["code"]),
                (422, &json!("body_invalid")),
                "{path} without {name}"
            );
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(&format!("missing field `{name}`")), "{detail}");
        }
    }
    assert!(is_in(&app, &token).await, "nothing changed");
    app.run_jobs().await;
    assert_eq!(
        app.mail_transport.given().len(),
        1,
        "only that of her own sign-up"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_signs_in_is_told_what_they_are(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, customer) = person(&app, "bob@acme.example").await;
    let (talent, ana) = talent_in(&app, "ana@acme.example", json!({})).await;

    let as_talent = async |token: &str| app.call_as(token, Method::GET, "/v1/me/talent", None).await;
    assert_eq!(as_talent(&customer).await.1["code"], "talent_unknown");
    assert_eq!(as_talent(&ana).await.1["id"], json!(talent));
    let (status, _) = app.call_as("", Method::GET, "/v1/me/talent", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d22_asking_for_another_password_changes_nothing_and_tells_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let ask = async |email: &str| anonymously(&app, "/v1/password-resets", json!({ "email": email })).await;

    let known = ask("ana@acme.example").await;
    assert_eq!(known, ask("nobody@acme.example").await);
    assert_eq!(known.0, StatusCode::ACCEPTED);
    let link = mailed_link(&app, "ana@acme.example").await;

    assert!(is_in(&app, &token).await);
    assert_eq!(
        sign_in(&app, "ana@acme.example", PASSWORD).await.0,
        StatusCode::CREATED
    );
    let mail = app.mail_transport.last_to("ana@acme.example");
    assert!(!mail.text.contains(PASSWORD), "a link, and no password");
    let secret = link.strip_prefix("ml_").unwrap().split_once('_').unwrap().1;
    assert_eq!(secret.len(), 43, "256 bits");
    let wrong = sign_in(&app, "ana@acme.example", "not hers at all").await;
    let unknown = sign_in(&app, "nobody@acme.example", "not hers at all").await;
    let told = |(status, problem): &(StatusCode, Value)| {
        (*status, problem["code"].clone(), problem["detail"].clone())
    };
    assert_eq!(told(&wrong), told(&unknown));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d23_who_was_accepted_has_no_password_until_they_choose_one(db: PgPool) {
    let app = TestApp::new(db).await;
    let (status, _) = anonymously(&app, "/v1/applications", new_talent("ana@acme.example", "Ana")).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (_, list) = app.get("/v1/applications").await;
    let id = list["items"][0]["id"].as_str().unwrap();
    let guesses = [
        "",
        "ana",
        "viggio",
        "changeme",
        "123456",
        "ana@acme.example",
        "argon2id",
    ];
    let guess = async || {
        for guess in guesses {
            let (status, _) = sign_in(&app, "ana@acme.example", guess).await;
            assert_ne!(status, StatusCode::CREATED, "{guess}");
        }
        app.advance(time::Duration::hours(1));
    };

    guess().await;
    app.post(&format!("/v1/applications/{id}/accept"), json!({}))
        .await;
    guess().await;

    let link = mailed_link(&app, "ana@acme.example").await;
    let body = json!({ "token": link, "password": PASSWORD });
    let (status, _) = anonymously(&app, "/v1/password-resets/complete", body).await;
    assert!(status.is_success());
    let (status, session) = sign_in(&app, "ana@acme.example", PASSWORD).await;
    assert_eq!(status, StatusCode::CREATED);
    let person = session["person_id"].as_str().unwrap();
    app.post(&format!("/v1/people/{person}/suspend"), json!({})).await;
    let (status, _) = sign_in(&app, "ana@acme.example", PASSWORD).await;
    assert_ne!(status, StatusCode::CREATED, "who may not come in gets no token");
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d24_addresses_are_alike_in_large_and_small_letters_and_no_password_is_weak(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, token) = person(&app, "Ana@acme.example").await;
    for spelling in ["ana@acme.example", "ANA@ACME.EXAMPLE"] {
        let (status, session) = sign_in(&app, spelling, PASSWORD).await;
        assert_eq!((status, &session["person_id"]), (StatusCode::CREATED, &json!(id)));
    }
    let body = json!({ "email": "aNA@acme.example", "name": "Eve", "password": PASSWORD });
    anonymously(&app, "/v1/accounts", body).await;
    app.run_jobs().await;
    let (_, people) = app.get("/v1/people?text=acme").await;
    assert_eq!(people["items"].as_array().unwrap().len(), 1);

    for weak in ["", "a", "12345678", "password1"] {
        let body = json!({ "current": PASSWORD, "new": weak });
        let (status, problem) = app
            .call_as(&token, Method::PUT, "/v1/me/password", Some(body))
            .await;
        assert_eq!(
            (status.as_u16(), &problem["code"]),
            (422, &json!("password_weak")),
            "{weak}"
        );
    }
    let blank = json!({ "email": "", "name": "Eve", "password": PASSWORD });
    assert_eq!(
        anonymously(&app, "/v1/accounts", blank).await.1["code"],
        "email_invalid"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d25_no_cookie_lets_anybody_in(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let body = json!({ "email": "ana@acme.example", "password": PASSWORD }).to_string();
    let request = app
        .anonymous(Method::POST, "/v1/sessions")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body));

    let answer = app.send(request.unwrap()).await;

    assert_eq!(answer.status, StatusCode::CREATED);
    assert!(!answer.headers.contains_key(header::SET_COOKIE));
    for name in ["session", "token", "Authorization", "sessionid"] {
        let request = app
            .anonymous(Method::GET, "/v1/me")
            .header(header::COOKIE, format!("{name}={token}"))
            .body(Body::empty());
        assert_eq!(app.send(request.unwrap()).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d26_what_an_applicant_calls_themselves_adds_no_reader(db: PgPool) {
    let app = TestApp::new(db).await;
    for name in ["Ana\r\nBcc: eve@evil.example", "Ana\nX: y"] {
        let (status, _) = anonymously(&app, "/v1/applications", new_talent("ana@acme.example", name)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let name = "Ana, eve@evil.example, <eve@evil.example>";
    let (status, _) = anonymously(&app, "/v1/applications", new_talent("ana@acme.example", name)).await;
    assert_eq!(status, StatusCode::ACCEPTED);

    app.run_jobs().await;

    let mails = app.mail_transport.given();
    let readers: Vec<_> = mails.iter().map(|mail| mail.to.address().to_owned()).collect();
    assert_eq!(readers.len(), 2, "{readers:?}");
    for reader in readers {
        assert!(
            ["ana@acme.example", "staff@marquee.example"].contains(&reader.as_str()),
            "{reader}"
        );
    }
}

/// Kubernetes asks without a `Host` that anybody would know.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d28_a_probe_needs_neither_a_host_nor_a_secret(db: PgPool) {
    let app = TestApp::new(db).await;
    for path in ["/healthz", "/readyz"] {
        for host in [None, Some("10.0.0.1:8000"), Some("nobody.example")] {
            let request = app.anonymous(Method::GET, path);
            let request = match host {
                Some(host) => request.header(header::HOST, host),
                None => request,
            };
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::OK, "{path} of {host:?}");
        }
    }
}
