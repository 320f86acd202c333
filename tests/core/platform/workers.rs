//! The real worker, on the real clock: that it is woken, and how it stops.

use std::sync::Arc;
use std::time::{Duration, Instant};

use marquee_core::platform::clock::SystemClock;
use marquee_core::platform::cron::run_ticks;
use marquee_core::platform::jobs::Role;
use marquee_core::worker;
use marquee_tests::{ScriptedHandler, Step, TestApp};
use serde_json::json;
use sqlx::{Executor, PgPool};
use tokio::sync::Notify;

use super::GREET;

async fn on_the_real_clock(db: PgPool, stop_within: Duration) -> (TestApp, Arc<ScriptedHandler>) {
    let handler = Arc::<ScriptedHandler>::default();
    let app = TestApp::with(db, |parts| {
        parts.handler = handler.clone();
        parts.clock = Arc::new(SystemClock);
        parts.config.stop_within = stop_within;
    });
    (app.await, handler)
}

fn work(app: &TestApp) -> tokio::task::JoinHandle<()> {
    let app = app.app.clone();
    tokio::spawn(async move { worker::work(&app, &[Role::Default, Role::Mail]).await })
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_worker_is_woken_for_a_job_and_stops_when_asked(db: PgPool) {
    let (app, handler) = on_the_real_clock(db, Duration::from_secs(25)).await;

    let worker = work(&app);
    app.enqueue(&GREET, json!({}), None).await;
    handler.until_runs(1).await;
    app.app.stopping.cancel();
    let stopped = tokio::time::timeout(Duration::from_secs(10), worker).await;

    stopped.expect("an idle worker stops at once").unwrap();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l14_a_worker_that_is_asked_to_stop_finishes_what_it_began(db: PgPool) {
    let (app, handler) = on_the_real_clock(db, Duration::from_secs(25)).await;
    let go = Arc::new(Notify::new());
    handler.script(GREET.name, [Step::Wait(go.clone())]);

    let worker = work(&app);
    app.enqueue(&GREET, json!({}), None).await;
    handler.until_runs(1).await;
    app.app.stopping.cancel();
    app.enqueue(&GREET, json!("not begun"), None).await;
    go.notify_one();
    worker.await.unwrap();

    assert_eq!(handler.runs().len(), 1);
    assert_eq!(app.run_jobs().await, 1, "what was not begun is left for another");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l14_a_job_that_does_not_end_in_time_is_handed_back_untried(db: PgPool) {
    let (app, handler) = on_the_real_clock(db, Duration::from_secs(6)).await;
    handler.script(GREET.name, [Step::Wait(Arc::default())]);

    let worker = work(&app);
    app.enqueue(&GREET, json!({}), None).await;
    handler.until_runs(1).await;
    let asked = Instant::now();
    app.app.stopping.cancel();
    worker.await.unwrap();

    assert!(asked.elapsed() < Duration::from_secs(6));
    assert_eq!(app.run_jobs().await, 1, "it is ready at once");
    assert_eq!(handler.runs()[1].attempts, 1, "being stopped is not a failure");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_lost_wake_up_is_made_up_for_by_the_sweep(db: PgPool) {
    let (app, handler) = on_the_real_clock(db, Duration::from_secs(25)).await;
    let mut tx = app.app.db.begin().await.unwrap();
    let long_ago = app.app.now() - time::Duration::MINUTE;
    marquee_core::platform::bus::enqueue(&mut tx, long_ago, &GREET, json!({}), None, None)
        .await
        .unwrap();
    tx.execute("delete from graphile_worker._private_jobs")
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let worker = work(&app);
    run_ticks(&app.app).await.unwrap();
    handler.until_runs(1).await;
    app.app.stopping.cancel();
    worker.await.unwrap();
}
