mod blast;
mod canary;
mod exactly_once;
mod faults;
mod property;
mod quarantine;
mod queries;
mod retention;
mod traffic;

use std::time::Duration;

use marquee_core::app::App;
use marquee_core::hits::{self, Pace, Receipt};
use marquee_tests::{FakeHitQueue, TestApp, until};
use tokio::task::JoinHandle;

/// The production loop, in a hurry.
const PACE: Pace = Pace {
    receivers: 2,
    batch: 20,
    poll: Duration::from_millis(200),
    pause: Duration::from_millis(5),
    longest_pause: Duration::from_millis(40),
    grace: Duration::from_millis(300),
};

/// An ingester at work, as the role `ingest` has it.
struct Ingester {
    app: App,
    task: JoinHandle<()>,
}

impl Ingester {
    fn start(app: &App) -> Self {
        let worker = app.clone();
        Self {
            app: app.clone(),
            task: tokio::spawn(async move { hits::ingest(&worker, PACE).await }),
        }
    }

    /// As a signal would, and waits for the end.
    async fn stop(self) {
        self.app.stopping.cancel();
        self.task.await.expect("the ingester ends by itself");
    }
}

/// Has everything sent so far ingested.
async fn drain(test: &TestApp) {
    let ingester = Ingester::start(&test.app);
    emptied(&test.hit_queue).await;
    ingester.stop().await;
}

async fn emptied(queue: &FakeHitQueue) {
    until("the queue is empty", || queue.counts() == (0, 0)).await;
}

/// One transaction with these messages.
async fn accept(test: &TestApp, bodies: &[Vec<u8>]) -> Receipt {
    hits::accept(&test.app, bodies.iter().map(Vec::as_slice))
        .await
        .expect("hits are accepted")
}

/// All hits of today by the hour, bots included.
async fn total(test: &TestApp) -> i64 {
    let (status, totals) = test.get("/v1/hits?bots=include").await;
    assert_eq!(status, 200, "{totals}");
    totals["hits"].as_i64().unwrap()
}
