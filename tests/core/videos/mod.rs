//! Uploads of videos through the API, looked into by the real ffprobe.

mod attacks;
mod checks;
mod faults;
mod forms;
mod making;
mod parts;
mod remaking;
mod tus;
mod tus_client;
mod uploads;
mod watching;

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::platform::jobs::{Role, run_due};
use marquee_tests::{Answer, TestApp, film};
use serde_json::{Value, json};

/// Five seconds with sound.
pub(crate) fn good() -> Vec<u8> {
    static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
        film(
            "-f lavfi -i testsrc=size=320x240:rate=25:duration=5 -f lavfi -i sine=duration=5 -c:v libx264 \
             -preset ultrafast -c:a aac -shortest",
            "mp4",
        )
    });
    GOOD.clone()
}

async fn open(app: &TestApp, token: &str, size_bytes: usize) -> (StatusCode, Value) {
    let body = json!({ "purpose": "presentation", "type": "video/mp4", "size_bytes": size_bytes });
    app.call_as(token, Method::POST, "/v1/uploads", Some(body)).await
}

pub(crate) async fn put(app: &TestApp, token: &str, id: &str, body: Body) -> Answer {
    let request = app
        .anonymous(Method::PUT, &format!("/v1/uploads/{id}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/octet-stream");
    app.send(request.body(body).unwrap()).await
}

async fn show(app: &TestApp, token: &str, id: &str) -> (StatusCode, Value) {
    app.call_as(token, Method::GET, &format!("/v1/uploads/{id}"), None)
        .await
}

/// Announced and sent; its id.
pub(crate) async fn sent(app: &TestApp, token: &str, file: Vec<u8>) -> String {
    let (status, upload) = open(app, token, file.len()).await;
    assert_eq!(status, StatusCode::CREATED, "{upload}");
    let id = upload["id"].as_str().unwrap().to_owned();
    let answer = put(app, token, &id, Body::from(file)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.body["status"], "received");
    id
}

/// Announced, sent and looked into; nothing is made of it yet.
async fn judged(app: &TestApp, token: &str, file: Vec<u8>) -> Value {
    let id = sent(app, token, file).await;
    app.leave_jobs();
    run_due(&app.app, &[Role::Default, Role::Media]).await.unwrap();
    show(app, token, &id).await.1
}

/// Announced, sent and looked into, and what is shown of it is made.
pub(crate) async fn checked(app: &TestApp, token: &str, file: Vec<u8>) -> Value {
    let id = sent(app, token, file).await;
    app.run_jobs().await;
    show(app, token, &id).await.1
}

/// How many objects are made of a small presentation: what is shown, its stream, a poster and a preview.
pub(crate) const OF_A_PRESENTATION: usize = 4;
/// Of the video of an order it is one more, without our mark.
pub(crate) const OF_AN_ORDER: usize = OF_A_PRESENTATION + 1;

/// How many objects are in the store, as they came and as they were made.
pub(crate) fn stored(app: &TestApp) -> usize {
    let count = |area| std::fs::read_dir(app.folder.path().join(area)).map_or(0, Iterator::count);
    count("quarantine") + count("videos")
}
