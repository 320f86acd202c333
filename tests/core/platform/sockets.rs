//! The service on a real socket: slow clients, and how it falls silent.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use marquee_core::http;
use marquee_tests::TestApp;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// What the other side says until it closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut text));
    read.await.expect("the connection to be closed").unwrap();
    text
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn stopping_finishes_what_was_begun_and_closes_what_is_idle(db: PgPool) {
    let app = TestApp::new(db).await;
    let (begun, mut begins) = mpsc::channel::<()>(1);
    let go = std::sync::Arc::new(tokio::sync::Notify::new());
    let slow = {
        let go = go.clone();
        get(async move || {
            begun.send(()).await.unwrap();
            go.notified().await;
            "done"
        })
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn({
        let app = app.app.clone();
        async move { http::serve(&app, listener, Router::new().route("/slow", slow)).await }
    });

    let mut idle = TcpStream::connect(address).await.unwrap();
    send(&mut idle, "GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut busy = TcpStream::connect(address).await.unwrap();
    send(&mut busy, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    begins.recv().await.unwrap();
    app.app.stopping.cancel();

    assert!(
        rest(&mut idle).await.starts_with("HTTP/1.1 404"),
        "idle ones are closed at once"
    );
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nothing new is accepted"
    );
    go.notify_one();
    assert!(rest(&mut busy).await.ends_with("done"));
    serving.await.unwrap();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a07_a_client_that_never_ends_its_head_is_sent_away(db: PgPool) {
    let app = TestApp::new(db).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn({
        let app = app.app.clone();
        async move { http::serve(&app, listener, http::router(&app)).await }
    });

    let mut slow = TcpStream::connect(address).await.unwrap();
    send(&mut slow, "GET /healthz HTTP/1.1\r\nx-slow: ").await;
    assert_eq!(rest(&mut slow).await, "");

    app.app.stopping.cancel();
    serving.await.unwrap();
}
