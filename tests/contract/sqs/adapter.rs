//! What only the adapter has to cope with.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use marquee_core::adapters::sqs::Sqs;
use marquee_core::config;
use marquee_core::hits::{self, HitQueue as _, Pace};
use marquee_tests::hits::{hit, pack};
use marquee_tests::{ManualClock, SqsEmulator, TestApp, until_async};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpListener;

/// An SQS that answers each batch with the next of `answers`, given the ids it was asked about.
#[derive(Clone, Default)]
struct Scripted {
    /// How many of the first entries fail, for each call; none once it is over.
    failing: Arc<Mutex<Vec<usize>>>,
    /// The receipts of each call, in order.
    asked: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Scripted {
    async fn start(failing: &[usize]) -> (Self, config::Sqs) {
        let scripted = Self {
            failing: Arc::new(Mutex::new(failing.to_vec())),
            ..Self::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint: String = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/", post(answer))
            .with_state(scripted.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let settings = config::Sqs {
            endpoint_url: Some(endpoint.parse().unwrap()),
            queue_url: format!("{endpoint}/000000000000/marquee-hits").parse().unwrap(),
            emulated: true,
        };
        (scripted, settings)
    }

    fn asked(&self) -> Vec<Vec<String>> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(
    State(script): State<Scripted>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, Json<Value>) {
    assert!(headers["x-amz-target"].to_str().unwrap().ends_with("Batch"));
    assert!(
        headers["authorization"]
            .to_str()
            .unwrap()
            .starts_with("AWS4-HMAC-SHA256 Credential=local/")
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    let entries = body["Entries"].as_array().unwrap();
    let receipt = |entry: &Value| entry["ReceiptHandle"].as_str().unwrap().to_owned();
    script
        .asked
        .lock()
        .unwrap()
        .push(entries.iter().map(receipt).collect());
    let mut failing = script.failing.lock().unwrap();
    let count = if failing.is_empty() { 0 } else { failing.remove(0) };
    let (failed, deleted) = entries.split_at(count);
    let failed: Vec<_> = failed
        .iter()
        .map(|entry| json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": false }))
        .collect();
    let deleted: Vec<_> = deleted.iter().map(|entry| json!({ "Id": entry["Id"] })).collect();
    (
        StatusCode::OK,
        Json(json!({ "Successful": deleted, "Failed": failed })),
    )
}

fn receipts(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn only_the_entries_that_failed_are_sent_again() {
    let (script, settings) = Scripted::start(&[2, 1]).await;
    let sqs = Sqs::connect(&settings).await;

    sqs.delete(&receipts(&["a", "b", "c", "d"])).await.unwrap();

    assert_eq!(
        script.asked(),
        [
            receipts(&["a", "b", "c", "d"]),
            receipts(&["a", "b"]),
            receipts(&["a"])
        ]
    );
}

#[tokio::test]
async fn entries_that_keep_failing_are_an_error_and_not_a_loop() {
    let (script, settings) = Scripted::start(&[1, 1, 1, 1]).await;
    let sqs = Sqs::connect(&settings).await;

    let error = sqs.release(&receipts(&["a", "b"])).await.unwrap_err();

    assert_eq!(error.to_string(), "releasing to the hit queue");
    assert_eq!(script.asked().len(), 3);
}

#[tokio::test]
async fn an_sqs_that_is_not_there_is_an_error() {
    let (_, mut settings) = Scripted::start(&[]).await;
    settings.endpoint_url = Some("http://127.0.0.1:1".parse().unwrap());
    let sqs = Sqs::connect(&settings).await;

    let error = sqs.receive(10, Duration::ZERO).await.unwrap_err();

    assert_eq!(error.to_string(), "receiving from the hit queue");
    let error = sqs.depth().await.unwrap_err();
    assert_eq!(error.to_string(), "asking how deep the hit queue is");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn hits_come_from_sqs_and_dead_letters_sent_back_twice_count_once(db: PgPool) {
    let emulator = SqsEmulator::start(1).await;
    let sqs = Arc::new(Sqs::connect(&emulator.settings()).await);
    let test = TestApp::with(db, |parts| parts.hit_queue = sqs.clone()).await;
    let send = async |hits: std::ops::Range<u64>| {
        let hits: Vec<_> = hits.map(|n| hit(ManualClock::START, n)).collect();
        let body = String::from_utf8(pack(&hits)).unwrap();
        emulator
            .call(
                "SendMessage",
                json!({ "QueueUrl": emulator.queue_url, "MessageBody": body }),
            )
            .await;
    };
    // Received by somebody who crashes each time, until the queue gives up.
    send(0..50).await;
    let dead =
        json!({ "QueueUrl": emulator.dead_letter_queue_url, "WaitTimeSeconds": 0, "VisibilityTimeout": 0 });
    let mut letter = Value::Null;
    until_async("it is a dead letter", async || {
        sqs.receive(10, Duration::ZERO).await.unwrap();
        letter = emulator.call("ReceiveMessage", dead.clone()).await["Messages"][0]["Body"].clone();
        letter.is_string()
    })
    .await;
    assert_eq!(sqs.depth().await.unwrap().dead, Some(1));

    send(50..120).await;
    for _ in 0..2 {
        emulator
            .call(
                "SendMessage",
                json!({ "QueueUrl": emulator.queue_url, "MessageBody": letter }),
            )
            .await;
    }
    let pace = Pace {
        poll: Duration::from_secs(1),
        ..Pace::default()
    };
    let app = test.app.clone();
    let ingester = tokio::spawn(async move { hits::ingest(&app, pace).await });
    until_async("the queue is empty", async || {
        let queue = json!({ "QueueUrl": emulator.queue_url, "AttributeNames": ["All"] });
        let answer = emulator.call("GetQueueAttributes", queue).await;
        let attributes = &answer["Attributes"];
        attributes["ApproximateNumberOfMessages"] == "0"
            && attributes["ApproximateNumberOfMessagesNotVisible"] == "0"
    })
    .await;
    test.app.stopping.cancel();
    ingester.await.unwrap();

    let (_, totals) = test.get("/v1/hits").await;
    assert_eq!(totals["hits"], 120);
}
