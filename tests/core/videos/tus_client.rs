//! The client that everybody has, npm's tus-js-client, against the served API.

use std::process::Stdio;

use marquee_core::videos::source;
use marquee_tests::TestApp;
use marquee_tests::process::root;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use url::Url;
use uuid::Uuid;

use super::{good, show, stored};
use crate::accounts::person;

/// What the client did.
struct Sent {
    upload: String,
    /// Method, status and offset of each request.
    requests: Vec<Value>,
}

async fn sent(app: &TestApp, how: &str, token: &str, file: &[u8]) -> Sent {
    let endpoint = app.serve().await.join("/v1/uploads").unwrap();
    let mut client = Command::new("node")
        .arg("tests/support/tus_client.mjs")
        .args([how, endpoint.as_str(), token])
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node starts");
    let mut stdin = client.stdin.take().unwrap();
    stdin.write_all(file).await.unwrap();
    drop(stdin);
    let done = client.wait_with_output().await.unwrap();
    assert!(done.status.success(), "the client says why above (npm ci?)");
    let said: Value = serde_json::from_slice(&done.stdout).unwrap();
    let url: Url = said["url"].as_str().unwrap().parse().unwrap();
    Sent {
        upload: url.path_segments().unwrap().next_back().unwrap().to_owned(),
        requests: said["requests"].as_array().unwrap().clone(),
    }
}

async fn kept(app: &TestApp, upload: &str) -> Vec<u8> {
    let to = app.folder.path().join("whole");
    let id: Uuid = upload.parse().unwrap();
    source::download(&app.app, id, &to).await.unwrap();
    std::fs::read(to).unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_video_is_sent_whole(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let file = good();

    let sent = sent(&app, "whole", &token, &file).await;

    assert_eq!(sent.requests[0]["method"], "POST");
    assert_eq!(sent.requests.len(), 1 + file.len().div_ceil(100_000));
    app.run_jobs().await;
    let (_, upload) = show(&app, &token, &sent.upload).await;
    assert_eq!(
        (&upload["status"], &upload["type"]),
        (&json!("accepted"), &json!("video/mp4"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_video_whose_line_is_cut_is_gone_on_with(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let file: Vec<u8> = (0..40_000_000_u32)
        .map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();

    let sent = sent(&app, "interrupted", &token, &file).await;

    let asked: Vec<&Value> = sent
        .requests
        .iter()
        .filter(|one| one["method"] == "HEAD")
        .collect();
    let went_on = asked.last().unwrap()["offset"].as_u64().unwrap();
    assert!(0 < went_on && went_on < file.len() as u64, "{:?}", sent.requests);
    assert!(kept(&app, &sent.upload).await == file);
    assert_eq!(show(&app, &token, &sent.upload).await.1["status"], "received");
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_video_that_is_aborted_on_its_way_leaves_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let file = vec![7; 40_000_000];

    let sent = sent(&app, "aborted", &token, &file).await;

    assert_eq!(sent.requests.last().unwrap()["status"], 204);
    assert_eq!(show(&app, &token, &sent.upload).await.1["status"], "aborted");
    // What was on its way is refused, and removed.
    app.app.commands.close();
    app.app.commands.wait().await;
    app.run_jobs().await;
    assert_eq!(stored(&app), 0);
}
