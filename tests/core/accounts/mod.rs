mod avatar;
mod emails;
mod keys;
mod mails;
mod owned_keys;
mod passwords;
mod people;
mod permissions;
mod second_factor;
mod sessions;
mod sign_up;
mod staff;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use serde_json::{Value, json};

/// Grants of these permissions, on these brands or (`None`) everywhere.
pub(crate) fn grants(permissions: &[Permission], brands: Option<&[&str]>) -> Value {
    let grant = |permission: &Permission| json!({ "permission": permission, "brands": brands });
    permissions.iter().map(grant).collect()
}

/// A person with these grants; their id.
pub(crate) async fn staff_member(app: &TestApp, email: &str, grants: Value) -> String {
    let name = email.split('@').next().unwrap();
    let body = json!({ "email": email, "name": name, "grants": grants });
    let (status, staff) = app.post("/v1/staff", body).await;
    assert_eq!(status, StatusCode::CREATED, "{staff}");
    app.run_jobs().await;
    staff["id"].as_str().unwrap().to_owned()
}

/// A key of that person, for all brands; its token.
pub(crate) async fn staff_key(app: &TestApp, staff: &str, permissions: &[Permission]) -> String {
    let body = json!({ "name": "laptop", "permissions": permissions, "staff_id": staff });
    let (status, key) = app.post("/v1/keys", body).await;
    assert_eq!(status, StatusCode::CREATED, "{key}");
    key["token"].as_str().unwrap().to_owned()
}

/// Good enough, and nobody's.
pub(crate) const PASSWORD: &str = "parsnip orbit lantern";

/// A request of somebody who is not known.
pub(crate) async fn anonymously(app: &TestApp, path: &str, body: Value) -> (StatusCode, Value) {
    let request = app
        .anonymous(Method::POST, path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "a test");
    let answer = app
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await;
    (answer.status, answer.body)
}

/// What stands behind `#` in the last mail to the address.
pub(crate) async fn mailed_link(app: &TestApp, email: &str) -> String {
    app.run_jobs().await;
    let text = app.mail_transport.last_to(email).text;
    let (_, link) = text
        .split_once("#ml_")
        .unwrap_or_else(|| panic!("no link: {text}"));
    let secret = link.split_whitespace().next().unwrap();
    format!("ml_{secret}")
}

/// Somebody with an account and [`PASSWORD`], signed in: their id and token.
pub(crate) async fn person(app: &TestApp, email: &str) -> (String, String) {
    let body = json!({ "email": email, "name": "Ana Lima", "password": PASSWORD, "locale": "en" });
    let (status, answer) = anonymously(app, "/v1/accounts", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let body = json!({ "token": mailed_link(app, email).await });
    let (status, session) = anonymously(app, "/v1/accounts/confirm", body).await;
    assert_eq!(status, StatusCode::CREATED, "{session}");
    let text = |name: &str| session[name].as_str().unwrap().to_owned();
    (text("person_id"), text("token"))
}

pub(crate) async fn sign_in(app: &TestApp, email: &str, password: &str) -> (StatusCode, Value) {
    anonymously(
        app,
        "/v1/sessions",
        json!({ "email": email, "password": password }),
    )
    .await
}

/// Whether the token opens anything.
pub(crate) async fn is_in(app: &TestApp, token: &str) -> bool {
    app.call_as(token, Method::GET, "/v1/me", None).await.0 == StatusCode::OK
}
