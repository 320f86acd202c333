//! A10: a machine's clock jumps, and nothing that is written, scheduled or still good does.

use std::sync::Arc;

use marquee_core::platform::clock::{Clock as _, SteadyClock, SystemClock, look};
use marquee_core::platform::cron::{Schedule, run_ticks};
use marquee_tests::{ManualClock, ScriptedHandler, TestApp};
use sqlx::PgPool;
use time::Duration;

use super::{GREET, LEVEL, scripted_as};

/// A service on a machine whose clock can be moved, and is right at first.
async fn on_a_machine(db: PgPool) -> (TestApp, Arc<ManualClock>) {
    let machine = Arc::<ManualClock>::default();
    machine.set(SystemClock.now());
    let clock = Arc::new(SteadyClock::over(machine.clone()));
    let app = TestApp::with(db, |parts| parts.clock = clock).await;
    (app, machine)
}

/// Whether the service goes by the time that it is.
fn is_right(app: &TestApp) -> bool {
    (app.app.now() - SystemClock.now()).abs() < Duration::minutes(5)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a10_a_clock_that_jumps_is_told_and_the_process_goes_by_postgres(db: PgPool) {
    let (app, machine) = on_a_machine(db).await;
    look(&app.app).await.unwrap();
    assert!(is_right(&app) && !app.alerted("process.clock", "clock"));
    let token = app.api_key(&marquee_core::access::Permission::ALL).await;

    for jump in [Duration::days(365), -Duration::HOUR] {
        machine.set(SystemClock.now() + jump);
        assert!(is_right(&app), "{jump}, before anybody looked");
        look(&app.app).await.unwrap();

        assert!(is_right(&app), "{jump}: {}", app.app.now());
        assert!(app.alerted("process.clock", "clock"), "{jump}");
        let (status, _) = app
            .call_as(&token, axum::http::Method::GET, "/v1/keys", None)
            .await;
        assert_eq!(status.as_u16(), 200, "{jump}");
    }

    machine.set(SystemClock.now());
    look(&app.app).await.unwrap();
    assert!(is_right(&app));
    app.app.settled().await;
    let (_, alerts) = app.get("/v1/alerts?code=process.clock&open=true").await;
    let alert = &alerts["items"][0];
    assert_eq!(alert["count"], 2, "{alerts}");
    let detail = alert["detail"].as_str().unwrap();
    assert!(detail.contains("behind Postgres's"), "{detail}");
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a10_a_process_that_starts_with_a_wrong_clock_is_right_once_it_has_looked(db: PgPool) {
    for wrong in [Duration::days(365), -Duration::HOUR] {
        let machine = Arc::<ManualClock>::default();
        machine.set(SystemClock.now() + wrong);
        let clock = Arc::new(SteadyClock::over(machine));
        let app = TestApp::with(db.clone(), |parts| parts.clock = clock).await;
        assert!(!is_right(&app));

        look(&app.app).await.unwrap();

        assert!(is_right(&app), "{wrong}: {}", app.app.now());
        app.app.settled().await;
        app.leave_jobs();
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a10_ticks_that_a_clock_of_the_future_took_keep_nothing_from_running(db: PgPool) {
    let handler =
        ScriptedHandler::default().with_schedules(vec![Schedule::minutely(LEVEL), Schedule::daily(GREET, 3)]);
    let (app, handler) = scripted_as(db, handler).await;
    let now = app.app.now();
    app.advance(Duration::days(365));
    assert_eq!(run_ticks(&app.app).await.unwrap(), 2);
    app.run_jobs().await;

    app.clock.set(now);
    assert_eq!(
        run_ticks(&app.app).await.unwrap(),
        2,
        "the ticks of today are taken"
    );
    assert_eq!(app.run_jobs().await, 2);
    assert_eq!(run_ticks(&app.app).await.unwrap(), 0, "once");
    app.advance(Duration::MINUTE);
    assert_eq!(run_ticks(&app.app).await.unwrap(), 1);
    app.run_jobs().await;

    app.clock.set(now - Duration::seconds(59));
    assert_eq!(
        run_ticks(&app.app).await.unwrap(),
        0,
        "a clock that is a little behind takes none again"
    );
    assert_eq!(handler.runs().len(), 5);
}
