use axum::http::StatusCode;
use marquee_tests::{Step, TestApp};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{GREET, LEVEL, scripted};

/// Lets the job fail until it is dead; returns its path.
async fn dead(app: &TestApp) -> String {
    app.enqueue(&GREET, json!({ "whom": "Ana" }), Some("ana")).await;
    for _ in 0..3 {
        app.run_jobs().await;
        app.advance(Duration::MINUTE);
    }
    let (_, jobs) = app.get("/v1/jobs?status=dead&name=test.greet").await;
    assert_eq!(jobs["items"][0]["attempts"], 3, "{jobs}");
    assert_eq!(jobs["items"][0]["last_error"], "no luck");
    format!("/v1/jobs/{}", jobs["items"][0]["id"].as_str().unwrap())
}

const NO_LUCK: [Step; 3] = [
    Step::Fail("no luck"),
    Step::Fail("no luck"),
    Step::Fail("no luck"),
];

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_dead_job_is_listed_and_retried(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(GREET.name, NO_LUCK);

    let job = dead(&app).await;
    assert_eq!(app.run_jobs().await, 0);
    let (status, retried) = app.post(&format!("{job}/retry"), json!({})).await;

    assert_eq!(
        (status, &retried["status"], &retried["attempts"]),
        (StatusCode::OK, &json!("ready"), &json!(0))
    );
    assert_eq!(app.run_jobs().await, 1);
    assert_eq!(app.get(&job).await.0, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_dead_job_is_discarded_once(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(GREET.name, NO_LUCK);

    let job = dead(&app).await;

    assert_eq!(app.delete(&job).await.0, StatusCode::NO_CONTENT);
    let (status, problem) = app.delete(&job).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("job_unknown"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_job_that_is_not_dead_is_neither_retried_nor_discarded(db: PgPool) {
    let (app, _) = scripted(db).await;
    app.enqueue(&GREET, json!({}), None).await;
    let (_, jobs) = app.get("/v1/jobs").await;
    let job = format!("/v1/jobs/{}", jobs["items"][0]["id"].as_str().unwrap());

    let (status, problem) = app.delete(&job).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("job_not_dead"))
    );
    assert_eq!(
        app.post(&format!("{job}/retry"), json!({})).await.0,
        StatusCode::CONFLICT
    );
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_dead_job_that_was_asked_for_again_can_only_be_discarded(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(GREET.name, NO_LUCK);
    let job = dead(&app).await;

    app.enqueue(&GREET, json!({ "whom": "Ana" }), Some("ana")).await;

    let (status, problem) = app.post(&format!("{job}/retry"), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("job_asked_for_again"))
    );
    assert_eq!(app.delete(&job).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.run_jobs().await, 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_endless_job_never_dies(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(LEVEL.name, std::iter::repeat_n(Step::Fail("no luck"), 20));

    app.enqueue(&LEVEL, json!({}), None).await;
    for _ in 0..20 {
        assert_eq!(app.run_jobs().await, 1);
        app.advance(Duration::hours(2));
    }

    assert_eq!(app.run_jobs().await, 1);
    assert_eq!(handler.runs().len(), 21);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn all_dead_jobs_of_a_kind_are_tried_again_at_once_but_for_what_waits_already(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(GREET.name, std::iter::repeat_n(Step::Fail("no luck"), 12));
    for key in ["ana", "bob", "caio"] {
        app.enqueue(&GREET, json!({ "whom": key }), Some(key)).await;
    }
    app.enqueue(&GREET, json!({ "whom": "somebody" }), None).await;
    for _ in 0..3 {
        app.run_jobs().await;
        app.advance(Duration::MINUTE);
    }
    app.enqueue(&GREET, json!({ "whom": "ana" }), Some("ana")).await;
    let again = json!({ "name": GREET.name });

    let (status, told) = app.post("/v1/jobs/retry", again.clone()).await;

    assert_eq!(
        (status, &told),
        (StatusCode::OK, &json!({ "retried": 3, "left": 1 }))
    );
    assert_eq!(app.run_jobs().await, 4);
    assert_eq!(
        app.post("/v1/jobs/retry", again).await.1,
        json!({ "retried": 1, "left": 0 }),
        "what was asked for again is done by now"
    );
    app.run_jobs().await;
    let (_, audit) = app.get("/v1/audit?limit=2").await;
    let recorded = audit["items"].as_array().unwrap().iter();
    assert_eq!(
        recorded
            .map(|record| (record["action"].clone(), record["after"].clone()))
            .collect::<Vec<_>>(),
        [
            (json!("jobs.retry_all"), json!({ "retried": 1, "left": 0 })),
            (json!("jobs.retry_all"), json!({ "retried": 3, "left": 1 })),
        ]
    );
    let nothing = app.post("/v1/jobs/retry", json!({ "name": "no.such" })).await.1;
    assert_eq!(nothing, json!({ "retried": 0, "left": 0 }));
}
