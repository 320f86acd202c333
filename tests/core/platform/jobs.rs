use std::sync::Arc;

use marquee_core::platform::bus;
use marquee_core::platform::jobs::{Role, run_due};
use marquee_tests::{ScriptedHandler, Step};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use tokio::sync::Notify;

use super::{GREET, LEVEL, scripted, scripted_as};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_job_is_done_once_with_its_payload(db: PgPool) {
    let (app, handler) = scripted(db).await;

    app.enqueue(&GREET, json!({ "whom": "Ana" }), None).await;

    assert_eq!(app.run_jobs().await, 1);
    assert_eq!(app.run_jobs().await, 0);
    assert_eq!(handler.runs()[0].payload, json!({ "whom": "Ana" }));
    assert_eq!(handler.runs().len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_job_asked_for_in_a_transaction_that_is_rolled_back_never_was(db: PgPool) {
    let (app, handler) = scripted(db).await;

    let mut tx = app.app.db.begin().await.unwrap();
    bus::enqueue(&mut tx, app.app.now(), &GREET, json!({}), None, None)
        .await
        .unwrap();
    tx.rollback().await.unwrap();

    assert_eq!(app.run_jobs().await, 0);
    assert!(handler.runs().is_empty());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_job_waits_until_it_is_due(db: PgPool) {
    let (app, _) = scripted(db).await;
    let later = app.app.now() + Duration::HOUR;
    let mut conn = app.app.db.acquire().await.unwrap();
    bus::enqueue(&mut conn, app.app.now(), &GREET, json!({}), None, Some(later))
        .await
        .unwrap();

    app.advance(Duration::minutes(59));
    assert_eq!(app.run_jobs().await, 0);
    app.advance(Duration::minutes(1));
    assert_eq!(app.run_jobs().await, 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_role_does_only_its_own_jobs(db: PgPool) {
    let (app, _) = scripted(db).await;

    app.enqueue(&GREET, json!({}), None).await;

    assert_eq!(run_due(&app.app, &[Role::Mail, Role::Ingest]).await.unwrap(), 0);
    assert_eq!(run_due(&app.app, &[GREET.role]).await.unwrap(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_job_that_fails_or_panics_is_tried_again_after_a_backoff(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(GREET.name, [Step::Fail("no luck"), Step::Panic, Step::Succeed]);

    app.enqueue(&GREET, json!({}), None).await;

    assert_eq!(app.run_jobs().await, 1);
    let (_, jobs) = app.get("/v1/jobs").await;
    assert_eq!(jobs["items"][0]["status"], "ready");
    assert_eq!(jobs["items"][0]["last_error"], "no luck");
    app.advance(Duration::SECOND);
    assert_eq!(app.run_jobs().await, 0, "two seconds have not passed");
    app.advance(Duration::seconds(2));
    assert_eq!(app.run_jobs().await, 1);
    app.advance(Duration::seconds(5));
    assert_eq!(app.run_jobs().await, 1);
    assert_eq!(
        handler.runs().iter().map(|job| job.attempts).collect::<Vec<_>>(),
        [1, 2, 3]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn jobs_of_one_key_are_one_with_the_newest_payload(db: PgPool) {
    let (app, handler) = scripted(db).await;

    app.enqueue(&LEVEL, json!(1), Some("acme")).await;
    app.enqueue(&LEVEL, json!(2), Some("acme")).await;
    app.enqueue(&LEVEL, json!(3), Some("other")).await;
    app.enqueue(&GREET, json!(4), Some("acme")).await;
    app.run_jobs().await;

    let payloads: Vec<_> = handler.runs().into_iter().map(|job| job.payload).collect();
    assert_eq!(payloads, [json!(2), json!(3), json!(4)]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn asking_again_never_puts_a_job_off(db: PgPool) {
    let (app, _) = scripted(db).await;
    let mut conn = app.app.db.acquire().await.unwrap();

    app.enqueue(&LEVEL, json!({}), Some("acme")).await;
    let later = app.app.now() + Duration::HOUR;
    bus::enqueue(
        &mut conn,
        app.app.now(),
        &LEVEL,
        json!({}),
        Some("acme"),
        Some(later),
    )
    .await
    .unwrap();

    assert_eq!(app.run_jobs().await, 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_job_asked_for_while_it_runs_runs_once_more_with_the_new_payload(db: PgPool) {
    let (app, handler) = scripted(db).await;
    let go = Arc::new(Notify::new());
    handler.script(LEVEL.name, [Step::Wait(go.clone()), Step::Succeed]);

    app.enqueue(&LEVEL, json!(1), Some("acme")).await;
    let meanwhile = async {
        handler.until_runs(1).await;
        app.enqueue(&LEVEL, json!(2), Some("acme")).await;
        app.enqueue(&LEVEL, json!(3), Some("acme")).await;
        go.notify_one();
    };
    let (ran, ()) = tokio::join!(app.run_jobs(), meanwhile);

    assert_eq!(ran, 2);
    let payloads: Vec<_> = handler.runs().into_iter().map(|job| job.payload).collect();
    assert_eq!(payloads, [json!(1), json!(3)]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_event_asks_for_one_job_per_subscriber_and_each_fails_alone(db: PgPool) {
    let handler = ScriptedHandler::default().with_subscription("things.happened", vec![GREET, LEVEL]);
    let (app, handler) = scripted_as(db, handler).await;
    handler.script(GREET.name, [Step::Fail("deaf")]);

    let mut tx = app.app.db.begin().await.unwrap();
    bus::emit(&app.app, &mut tx, "things.happened", json!({ "thing": 7 }))
        .await
        .unwrap();
    bus::emit(&app.app, &mut tx, "nobody.cares", json!({}))
        .await
        .unwrap();
    tx.commit().await.unwrap();

    assert_eq!(app.run_jobs().await, 2);
    app.advance(Duration::MINUTE);
    assert_eq!(app.run_jobs().await, 1);
    let names: Vec<_> = handler.runs().into_iter().map(|job| job.name).collect();
    assert_eq!(names, [GREET.name, LEVEL.name, GREET.name]);
}
