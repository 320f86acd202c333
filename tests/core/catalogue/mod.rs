//! Categories and talents: what the public sees, what they see of themselves, and what staff do.

mod agencies;
mod applications;
mod bank_details;
mod categories;
mod mails;
mod own;
mod search;
mod shown;
mod talents;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};

use crate::accounts::{anonymously, mailed_link};

/// What staff says of somebody whom it takes in.
pub(crate) fn new_talent(email: &str, name: &str) -> Value {
    json!({
        "email": email, "name": name, "locale": "en", "network": "instagram", "handle": "analima",
        "followers": 120_000, "phone": "+55 11 99999-0000",
    })
}

/// A talent with these terms beside; their id.
pub(crate) async fn talent(app: &TestApp, email: &str, name: &str, terms: Value) -> String {
    let (status, profile) = app.post("/v1/catalogue/talents", new_talent(email, name)).await;
    assert_eq!(status, StatusCode::CREATED, "{profile}");
    let id = profile["id"].as_str().unwrap().to_owned();
    let (status, profile) = app.patch(&format!("/v1/catalogue/talents/{id}"), terms).await;
    assert_eq!(status, StatusCode::OK, "{profile}");
    app.run_jobs().await;
    id
}

/// [`talent`], signed in: their id and token.
pub(crate) async fn talent_in(app: &TestApp, email: &str, terms: Value) -> (String, String) {
    let id = talent(app, email, "Ana Lima", terms).await;
    let body = json!({ "token": mailed_link(app, email).await, "password": crate::accounts::PASSWORD });
    let (status, session) = anonymously(app, "/v1/password-resets/complete", body).await;
    assert!(status.is_success(), "{session}");
    let (status, session) = crate::accounts::sign_in(app, email, crate::accounts::PASSWORD).await;
    assert_eq!(status, StatusCode::CREATED, "{session}");
    (id, session["token"].as_str().unwrap().to_owned())
}

pub(crate) fn price(amount_minor: i64) -> Value {
    json!({ "amount_minor": amount_minor, "currency": "BRL" })
}

/// As somebody reads it whom nobody knows.
pub(crate) async fn publicly(app: &TestApp, path: &str) -> Answer {
    let request = app.anonymous(Method::GET, path).body(Body::empty());
    app.send(request.unwrap()).await
}

/// The names of the talents that the public finds.
pub(crate) async fn found(app: &TestApp, query: &str) -> Vec<String> {
    let answer = publicly(app, &format!("/v1/talents?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
    names(&answer.body)
}

pub(crate) fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}
