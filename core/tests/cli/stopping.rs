//! How the program ends when it is told to: what was begun first, or at once when it is told again.

use std::time::Duration;

use sqlx::PgPool;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{Log, ended, marquee_on, output, signal, start, terminate};

/// Waits until the program has logged `what`.
async fn logged(log: &Log, what: &str) {
    let seen = async {
        while !log.lock().unwrap().contains(what) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(20), seen).await;
    assert!(seen.is_ok(), "{what} is not in\n{}", log.lock().unwrap());
}

/// A request whose body never comes; returns once the program waits for it.
async fn begun(address: &str, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/keys HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_exact(&mut answer)).await;
    read.expect("it asks for the body").unwrap();
    assert_eq!(answer, *b"HTTP/1.1 100");
    stream
}

#[sqlx::test(migrations = false)]
async fn l14_serve_with_a_worker_stops_when_told(db: PgPool) {
    output(marquee_on(&db, &["migrate"])).await;
    let command = marquee_on(&db, &["serve", "--with-worker", "--listen", "127.0.0.1:0"]);

    let (mut serving, _, _) = start(command, "listening").await;

    assert_eq!(terminate(&mut serving).await, Some(0));
}

#[sqlx::test(migrations = false)]
async fn asked_again_to_stop_it_ends_at_once_whatever_was_begun(db: PgPool) {
    output(marquee_on(&db, &["migrate"])).await;
    let made = ["keys", "create", "--name", "me", "--permissions", "keys.manage"];
    let token = output(marquee_on(&db, &made)).await.1.trim().to_owned();
    for (first, second) in [("-TERM", "-TERM"), ("-INT", "-INT"), ("-TERM", "-INT")] {
        let mut command = marquee_on(&db, &["serve", "--with-worker", "--listen", "127.0.0.1:0"]);
        // Without the second it would wait for longer than this test does.
        command
            .env("MARQUEE_STOP_SECONDS", "600")
            .env("MARQUEE_REQUEST_SECONDS", "600");
        let (mut serving, line, log) = start(command, "listening").await;
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let _waiting = begun(line["address"].as_str().unwrap(), &token).await;

        signal(&serving, first).await;
        logged(&log, "stopping").await;
        assert!(serving.try_wait().unwrap().is_none(), "it ends what was begun");
        signal(&serving, second).await;

        assert_eq!(ended(&mut serving).await, Some(1), "{first} {second}");
        logged(&log, "marquee: asked twice to stop").await;
    }
}
