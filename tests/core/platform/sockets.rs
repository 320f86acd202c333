//! The service on a real socket: slow clients, and how it falls silent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{MethodRouter, get};
use marquee_core::http;
use marquee_tests::TestApp;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

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

/// What tells when it is asked, and answers when it is let go.
fn slow() -> (MethodRouter, mpsc::Receiver<()>, Arc<Notify>) {
    let (begun, begins) = mpsc::channel(1);
    let go = Arc::new(Notify::new());
    let let_go = go.clone();
    let slow = get(async move || {
        begun.send(()).await.unwrap();
        go.notified().await;
        "done"
    });
    (slow, begins, let_go)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn stopping_finishes_what_was_begun_and_closes_what_is_idle(db: PgPool) {
    let app = TestApp::new(db).await;
    let (slow, mut begins, go) = slow();
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

/// The service on a socket of its own, which waits for nobody for long; `most` connections.
async fn serving(
    db: PgPool,
    most: usize,
    within: Duration,
    router: impl FnOnce(&TestApp) -> Router,
) -> Serving {
    let app = TestApp::with(db, |parts| {
        parts.config.connections_at_once = most;
        parts.config.client_within = within;
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router(&app);
    let task = tokio::spawn({
        let app = app.app.clone();
        async move { http::serve(&app, listener, router).await }
    });
    Serving { app, address, task }
}

struct Serving {
    app: TestApp,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Serving {
    async fn connect(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        send(&mut stream, text).await;
        stream
    }

    async fn stop(self) {
        self.app.app.stopping.cancel();
        self.task.await.unwrap();
    }
}

const A_MOMENT: Duration = Duration::from_millis(300);
/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a07_a_client_that_never_ends_its_head_is_sent_away(db: PgPool) {
    let serving = serving(db, 10, A_MOMENT, |app| http::router(&app.app)).await;

    let mut slow = serving.connect("GET /healthz HTTP/1.1\r\nx-slow: ").await;

    assert_eq!(rest(&mut slow).await, "");
    serving.stop().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a07_a_client_that_takes_nothing_of_its_answer_is_sent_away(db: PgPool) {
    /// Goes when the answer does.
    struct Going(mpsc::UnboundedSender<()>);
    impl Drop for Going {
        fn drop(&mut self) {
            let _nobody_waits = self.0.send(());
        }
    }
    let (going, mut gone) = mpsc::unbounded_channel();
    let endless = get(async move || {
        let going = Going(going);
        Body::from_stream(futures::stream::repeat_with(move || {
            let _until = &going;
            Ok::<_, std::io::Error>(vec![0; 1 << 20])
        }))
    });
    let serving = serving(db, 10, A_MOMENT, |_| Router::new().route("/endless", endless)).await;

    let _deaf = serving.connect("GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await;

    let gone = tokio::time::timeout(Duration::from_secs(20), gone.recv()).await;
    gone.expect("the answer is given up").unwrap();
    serving.stop().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a07_however_many_keep_silent_whoever_asks_is_answered_and_whoever_is_being_answered_stays(
    db: PgPool,
) {
    const MOST: usize = 8;
    let (slow, mut begins, go) = slow();
    let serving = serving(db, MOST, LONG, |app| http::router(&app.app).route("/slow", slow)).await;
    let mut busy = serving
        .connect("GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    begins.recv().await.unwrap();

    let mut silent = Vec::new();
    for n in 0..10 * MOST {
        let said = [
            "",
            "GET /healthz HTTP/1.1\r\nx-slow: ",
            "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
        ][n % 3];
        silent.push(serving.connect(said).await);
    }
    for _ in 0..3 {
        let mut asks = serving.connect(HEALTH).await;
        let answer = rest(&mut asks).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    // Who has been silent for longest made room, in whatever way its system tells it.
    let mut first = silent.remove(0);
    let closed = tokio::time::timeout(Duration::from_secs(20), first.read(&mut [0])).await;
    assert!(matches!(closed.expect("it is closed"), Ok(0) | Err(_)));
    go.notify_one();
    assert!(rest(&mut busy).await.ends_with("done"));
    drop(silent);
    serving.stop().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a07_whoever_takes_an_answer_slowly_gets_all_of_it_however_many_keep_silent(db: PgPool) {
    const MOST: usize = 8;
    /// More than sockets keep.
    const LARGE: usize = 64 << 20;
    let large = get(async || Body::from(vec![b'a'; LARGE]));
    let serving = serving(db, MOST, LONG, |_| Router::new().route("/large", large)).await;
    let mut slow = serving
        .connect("GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    let mut answer = vec![0];
    slow.read_exact(&mut answer).await.unwrap();

    let mut silent = Vec::new();
    for _ in 0..3 * MOST {
        silent.push(serving.connect("").await);
    }
    let mut first = silent.remove(0);
    let closed = tokio::time::timeout(Duration::from_secs(20), first.read(&mut [0])).await;
    assert!(matches!(closed.expect("it makes room"), Ok(0) | Err(_)));

    slow.read_to_end(&mut answer).await.unwrap();
    let taken = answer.iter().rev().take_while(|byte| **byte == b'a').count();
    assert_eq!(taken, LARGE);
    drop(silent);
    serving.stop().await;
}
