//! Workers that die, are slow, or come in pairs.

use std::sync::Arc;

use futures::future::join_all;
use marquee_core::platform::jobs::{Settled, run_one, still_ours};
use marquee_tests::{Line, ScriptedHandler, Step, TestApp};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{GREET, scripted};

async fn only_job(app: &TestApp) -> Uuid {
    let (_, jobs) = app.get("/v1/jobs").await;
    assert_eq!(jobs["items"].as_array().unwrap().len(), 1, "{jobs}");
    jobs["items"][0]["id"].as_str().unwrap().parse().unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_job_that_ten_workers_are_woken_for_is_done_once(db: PgPool) {
    let (app, handler) = scripted(db).await;
    app.enqueue(&GREET, json!({}), None).await;
    let id = only_job(&app).await;

    let workers = (0..10).map(|_| {
        let app = app.app.clone();
        tokio::spawn(async move { run_one(&app, id).await.unwrap() })
    });
    let settled: Vec<_> = join_all(workers).await.into_iter().map(Result::unwrap).collect();

    assert_eq!(
        settled
            .iter()
            .filter(|settled| **settled == Settled::Done)
            .count(),
        1
    );
    assert_eq!(
        settled
            .iter()
            .filter(|settled| **settled == Settled::NotOurs)
            .count(),
        9
    );
    assert_eq!(handler.runs().len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_job_whose_worker_died_is_taken_again_once_the_lease_has_lapsed(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(GREET.name, [Step::Wait(Arc::default())]);
    app.enqueue(&GREET, json!({}), None).await;
    let id = only_job(&app).await;

    let dying = tokio::spawn({
        let app = app.app.clone();
        async move { run_one(&app, id).await }
    });
    handler.until_runs(1).await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());

    assert_eq!(app.run_jobs().await, 0, "the lease still holds");
    app.advance(Duration::seconds(20));
    assert_eq!(app.run_jobs().await, 1);
    let [first, second] = &handler.runs()[..] else {
        panic!("two attempts")
    };
    assert_eq!(
        (first.id, first.generation + 1, 2),
        (second.id, second.generation, second.attempts)
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_worker_that_outlived_its_lease_changes_nothing(db: PgPool) {
    let (app, handler) = scripted(db).await;
    let (slow, quick) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    handler.script(GREET.name, [Step::Wait(slow.clone()), Step::Wait(quick.clone())]);
    app.enqueue(&GREET, json!({}), None).await;
    let id = only_job(&app).await;
    let work = || {
        let app = app.app.clone();
        tokio::spawn(async move { run_one(&app, id).await.unwrap() })
    };

    let outlived = work();
    handler.until_runs(1).await;
    app.advance(Duration::seconds(61));
    let successor = work();
    handler.until_runs(2).await;

    let mut tx = app.app.db.begin().await.unwrap();
    assert!(!still_ours(&mut tx, &handler.runs()[0]).await.unwrap());
    assert!(still_ours(&mut tx, &handler.runs()[1]).await.unwrap());
    tx.rollback().await.unwrap();
    slow.notify_one();
    assert_eq!(outlived.await.unwrap(), Settled::Lost);
    assert_eq!(only_job(&app).await, id, "the successor still works on it");
    quick.notify_one();
    assert_eq!(successor.await.unwrap(), Settled::Done);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_worker_that_hears_that_its_lease_is_lost_stops_at_once(db: PgPool) {
    let handler = Arc::<ScriptedHandler>::default();
    let line = Line::to(&db).await;
    let cut_off = TestApp::with(db.clone(), |parts| {
        parts.db = line.db.clone();
        parts.handler = handler.clone();
        parts.pace.heartbeat = std::time::Duration::from_millis(10);
    })
    .await;
    let successor = TestApp::with(db, |parts| {
        parts.clock = cut_off.clock.clone();
        parts.handler = handler.clone();
    })
    .await;
    handler.script(GREET.name, [Step::Wait(Arc::default()), Step::Succeed]);
    cut_off.enqueue(&GREET, json!({}), None).await;
    let id = only_job(&cut_off).await;

    let worker = tokio::spawn({
        let app = cut_off.app.clone();
        async move { run_one(&app, id).await.unwrap() }
    });
    handler.until_runs(1).await;
    // While it cannot be heard, its lease lapses and another does the job.
    line.cut();
    cut_off.advance(Duration::seconds(21));
    assert_eq!(run_one(&successor.app, id).await.unwrap(), Settled::Done);
    line.mend();

    assert_eq!(worker.await.unwrap(), Settled::Lost, "without having been let go");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_job_that_kills_its_worker_every_time_is_dead_in_the_end(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(
        GREET.name,
        std::iter::repeat_with(|| Step::Wait(Arc::default())).take(3),
    );
    app.enqueue(&GREET, json!({}), None).await;
    let id = only_job(&app).await;

    for attempt in 1..=3 {
        let dying = tokio::spawn({
            let app = app.app.clone();
            async move { run_one(&app, id).await }
        });
        handler.until_runs(attempt).await;
        dying.abort();
        let _ = dying.await;
        app.advance(Duration::minutes(2));
    }
    app.run_jobs().await;

    assert_eq!(handler.runs().len(), 3, "not tried a fourth time");
    let (_, job) = app.get(&format!("/v1/jobs/{id}")).await;
    assert_eq!(job["status"], "dead");
    assert!(app.alerted("jobs.dead", GREET.name));
    app.leave_jobs();
}
