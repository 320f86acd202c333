use std::sync::Arc;

use futures::future::join_all;
use marquee_core::platform::cron::{Schedule, run_ticks};
use marquee_core::platform::jobs::{Role, run_due};
use marquee_tests::{ScriptedHandler, Step};
use serde_json::json;
use sqlx::{Executor, PgPool};
use time::Duration;

use super::{GREET, LEVEL, scripted_as};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn ten_workers_run_one_tick_once(db: PgPool) {
    let handler =
        ScriptedHandler::default().with_schedules(vec![Schedule::minutely(LEVEL), Schedule::daily(GREET, 3)]);
    let (app, handler) = scripted_as(db, handler).await;
    let workers = async || {
        let workers = (0..10).map(|_| {
            let app = app.app.clone();
            tokio::spawn(async move { run_ticks(&app).await.unwrap() })
        });
        join_all(workers)
            .await
            .into_iter()
            .map(Result::unwrap)
            .sum::<usize>()
    };

    assert_eq!(workers().await, 2);
    assert_eq!(app.run_jobs().await, 2);
    assert_eq!(workers().await, 0, "the tick is taken");
    app.advance(Duration::minutes(3));
    assert_eq!(workers().await, 1, "three missed ticks are made up for by one");
    app.run_jobs().await;
    app.advance(Duration::DAY);
    assert_eq!(workers().await, 2);
    app.run_jobs().await;
    assert_eq!(handler.runs().len(), 5);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_tick_while_the_job_still_waits_does_not_pile_up(db: PgPool) {
    let handler = ScriptedHandler::default().with_schedules(vec![Schedule::minutely(LEVEL)]);
    let (app, handler) = scripted_as(db, handler).await;

    for _ in 0..5 {
        run_ticks(&app.app).await.unwrap();
        app.advance(Duration::MINUTE);
    }

    assert_eq!(app.run_jobs().await, 1);
    assert_eq!(handler.runs().len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_job_of_a_worker_that_died_is_woken_as_soon_as_its_lease_has_lapsed(db: PgPool) {
    let (app, handler) = scripted_as(db, ScriptedHandler::default()).await;
    let woken = async || {
        run_ticks(&app.app).await.unwrap();
        let woken = sqlx::query_scalar("select count(*) from graphile_worker._private_jobs");
        woken.fetch_one(&app.app.db).await.unwrap()
    };
    handler.script(GREET.name, [Step::Wait(Arc::default())]);
    app.enqueue(&GREET, json!({}), None).await;
    let dying = tokio::spawn({
        let app = app.app.clone();
        async move { run_due(&app, &Role::ALL).await }
    });
    handler.until_runs(1).await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    app.app
        .db
        .execute("delete from graphile_worker._private_jobs")
        .await
        .unwrap();

    let mut seen: Vec<i64> = Vec::new();
    for _ in 0..5 {
        seen.push(woken().await);
        app.advance(Duration::seconds(5));
    }

    assert_eq!(seen, [0, 0, 0, 0, 1], "every five seconds");
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_see_when_what_runs_by_the_clock_ran_and_runs_next_and_how_it_is(db: PgPool) {
    let handler =
        ScriptedHandler::default().with_schedules(vec![Schedule::minutely(LEVEL), Schedule::daily(GREET, 3)]);
    let (app, handler) = scripted_as(db, handler).await;
    let seen = async || {
        let (status, list) = app.get("/v1/schedules").await;
        assert_eq!(status.as_u16(), 200, "{list}");
        let items = list["items"].as_array().unwrap().clone();
        let status = |item: &serde_json::Value| item["status"].as_str().unwrap().to_owned();
        (items.iter().map(status).collect::<Vec<_>>(), items)
    };
    let (statuses, items) = seen().await;
    assert_eq!(statuses, ["never", "never"]);
    assert_eq!(
        (
            &items[0]["name"],
            &items[0]["every_seconds"],
            &items[0]["last_tick_at"]
        ),
        (&json!("test.level"), &json!(60), &json!(null))
    );

    run_ticks(&app.app).await.unwrap();
    assert_eq!(seen().await.0, ["waiting", "waiting"]);
    handler.script(
        GREET.name,
        [
            Step::Fail("no luck"),
            Step::Fail("no luck"),
            Step::Fail("no luck"),
        ],
    );
    app.run_jobs().await;
    let (statuses, items) = seen().await;
    assert_eq!(statuses, ["done", "failing"]);
    assert_eq!(items[1]["last_error"], "no luck");
    assert_eq!(
        (&items[1]["last_tick_at"], &items[1]["next_tick_at"]),
        (&json!("2026-07-01T03:00:00Z"), &json!("2026-07-02T03:00:00Z"))
    );
    for _ in 0..2 {
        app.advance(Duration::MINUTE);
        app.run_jobs().await;
    }
    assert_eq!(seen().await.0, ["done", "dead"]);
    app.leave_jobs();
}
