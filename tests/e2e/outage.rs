//! Postgres goes away for a while and comes back.

use std::time::Duration;

use marquee_tests::e2e::{Api, Core, Database, DatabaseProxy, Sqs};
use marquee_tests::process::folder;
use marquee_tests::{eventually, hits};
use reqwest::{Method, StatusCode};
use time::OffsetDateTime;

use super::SOON;

/// So short that a core which received what it cannot store would soon have used up every receive.
const VISIBILITY: Duration = Duration::from_secs(1);
const OUTAGE: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l09_while_postgres_is_down_hits_wait_in_the_queue_and_are_counted_once_it_is_back() {
    let folder = folder("outage");
    let sqs = Sqs::start(&folder, VISIBILITY, 5).await;
    let database = Database::create().await;
    let proxy = DatabaseProxy::start(database.url());
    let settings = [
        ("MARQUEE_ENV", "local".to_owned()),
        ("DATABASE_URL", proxy.url().to_string()),
        ("SQS_ENDPOINT_URL", sqs.endpoint_url().to_string()),
        ("SQS_QUEUE_URL", sqs.queue_url().to_string()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let mut core = Core::prepare(&folder, settings.to_vec());
    core.start().await;
    let api = core.api();
    send(&sqs, 0..20).await;
    counted(&api, 20).await;

    proxy.down();
    eventually("it says that it is not ready", SOON, async || {
        readiness(&api, StatusCode::SERVICE_UNAVAILABLE).await
    })
    .await;
    send(&sqs, 20..60).await;
    let mut least = u64::MAX;
    let started = tokio::time::Instant::now();
    while started.elapsed() < OUTAGE {
        least = least.min(sqs.waiting().await);
        let (status, _) = api.call(Method::GET, "/healthz", None).await.unwrap();
        assert_eq!(status, StatusCode::OK, "alive all the time");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(
        (least, sqs.dead().await),
        (40, 0),
        "every message waits, none is given up"
    );
    let (status, problem) = api.call(Method::GET, "/v1/hits", None).await.unwrap();
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");

    proxy.up();
    eventually("it says that it is ready", SOON, async || {
        readiness(&api, StatusCode::OK).await
    })
    .await;
    counted(&api, 60).await;
    eventually("the queue is empty", SOON, async || match sqs.waiting().await {
        0 => Ok(()),
        waiting => Err(waiting),
    })
    .await;
    assert_eq!(sqs.dead().await, 0);
    let stopped = core.terminate(SOON).await;
    assert!(stopped.success(), "{stopped}");
}

async fn readiness(api: &Api, expected: StatusCode) -> Result<(), StatusCode> {
    let (status, _) = api.call(Method::GET, "/readyz", None).await.unwrap();
    if status == expected { Ok(()) } else { Err(status) }
}

async fn counted(api: &Api, expected: u64) {
    eventually("the hits are counted", SOON, async || {
        let (_, totals) = api
            .call(Method::GET, "/v1/hits", None)
            .await
            .map_err(|error| error.to_string())?;
        if totals["hits"] == expected {
            Ok(())
        } else {
            Err(totals.to_string())
        }
    })
    .await;
}

/// A message for each, of one hit.
async fn send(sqs: &Sqs, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let message = hits::pack(&[hits::hit(now(), number)]);
        sqs.send(&String::from_utf8(message).unwrap()).await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the core's clock is the machine's here, and hits are of today"
)]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
