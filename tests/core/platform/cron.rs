use futures::future::join_all;
use marquee_core::platform::cron::{Schedule, run_ticks};
use marquee_tests::ScriptedHandler;
use sqlx::PgPool;
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
