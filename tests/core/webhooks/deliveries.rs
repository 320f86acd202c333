use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use marquee_core::webhooks::{SendError, sign};
use marquee_tests::{Posted, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{app, emit, endpoint, path};

const URL: &str = "https://hooks.example.com/marquee";

fn signature(secret: &Value, posted: &Posted) -> String {
    let secret = secret.as_str().unwrap().strip_prefix("whsec_").unwrap();
    let seconds = posted.header("webhook-timestamp").parse().unwrap();
    sign(
        &STANDARD.decode(secret).unwrap(),
        posted.header("webhook-id"),
        seconds,
        &posted.body,
    )
}

async fn deliveries(app: &TestApp, endpoint: &Value, query: &str) -> Vec<Value> {
    let (status, list) = app.get(&format!("{}/deliveries{query}", path(endpoint))).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list["items"].as_array().unwrap().clone()
}

async fn log(app: &TestApp, endpoint: &Value) -> Value {
    let id = deliveries(app, endpoint, "").await[0]["id"].clone();
    app.get(&format!("{}/deliveries/{}", path(endpoint), id.as_str().unwrap()))
        .await
        .1
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_happens_to_a_brand_reaches_those_who_want_it_signed(db: PgPool) {
    let app = app(db).await;
    let all = endpoint(&app, json!({ "url": URL })).await;
    endpoint(&app, json!({ "url": URL, "events": ["redirects.rolled_back"] })).await;

    emit(
        &app,
        "redirects.published",
        json!({ "brand": "acme", "revision": 7 }),
    )
    .await;
    emit(
        &app,
        "redirects.published",
        json!({ "brand": "other", "revision": 1 }),
    )
    .await;
    app.run_jobs().await;

    let posted = app.webhook_sender.posted();
    assert_eq!(posted.len(), 1, "{posted:?}");
    assert_eq!(
        posted[0].body,
        r#"{"data":{"brand":"acme","revision":7},"timestamp":"2026-07-01T12:00:00Z","type":"redirects.published"}"#
    );
    assert_eq!(
        posted[0].header("webhook-signature"),
        signature(&all["secret"], &posted[0])
    );
    assert!(posted[0].header("webhook-id").starts_with("msg_"));
    assert_eq!(posted[0].header("webhook-timestamp"), "1782907200");
    assert_eq!(deliveries(&app, &all, "?status=delivered").await.len(), 1);
    assert_eq!(log(&app, &all).await["log"][0]["status_code"], 204);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_concerns_every_brand_reaches_every_brand(db: PgPool) {
    let app = app(db).await;
    endpoint(&app, json!({ "url": URL })).await;
    let (status, _) = app
        .post(
            "/v1/brands/other/webhooks",
            json!({ "url": "https://other.example/" }),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED);

    emit(&app, "redirects.manifest_stale", json!({ "sequence": 7 })).await;
    app.run_jobs().await;

    assert_eq!(app.webhook_sender.posted().len(), 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_delivery_that_fails_is_tried_again_with_the_same_id_until_it_gets_through(db: PgPool) {
    let app = app(db).await;
    let endpoint = endpoint(&app, json!({ "url": URL })).await;
    for reply in [Ok(500), Ok(302), Err(SendError::Timeout), Err(SendError::Private)] {
        app.webhook_sender.reply_next(reply);
    }
    emit(&app, "redirects.published", json!({ "brand": "acme" })).await;

    app.run_jobs().await;
    assert_eq!(
        app.webhook_sender.posted().len(),
        1,
        "the next waits for its time"
    );
    assert!(app.get(&path(&endpoint)).await.1["failing_since"].is_string());
    for wait in [
        Duration::seconds(6),
        Duration::minutes(6),
        Duration::minutes(36),
        Duration::minutes(144),
    ] {
        app.advance(wait);
        app.run_jobs().await;
    }

    let posted = app.webhook_sender.posted();
    assert_eq!(posted.len(), 5);
    assert!(
        posted
            .iter()
            .all(|one| one.header("webhook-id") == posted[0].header("webhook-id"))
    );
    assert_ne!(
        posted[4].header("webhook-timestamp"),
        posted[0].header("webhook-timestamp")
    );
    let log = log(&app, &endpoint).await;
    let told: Vec<_> = log["log"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| (&attempt["status_code"], &attempt["error"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!(500), &json!(null)),
            (&json!(302), &json!(null)),
            (&json!(null), &json!("no answer in time")),
            (&json!(null), &json!("the host has no public address")),
            (&json!(204), &json!(null)),
        ]
    );
    assert_eq!(
        (&log["status"], &log["log"][0]["answer"]),
        (&json!("delivered"), &json!("this is 500"))
    );
    assert_eq!(app.get(&path(&endpoint)).await.1["failing_since"], json!(null));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn after_ten_attempts_a_delivery_is_given_up_and_may_be_tried_by_hand(db: PgPool) {
    let app = app(db).await;
    let endpoint = endpoint(&app, json!({ "url": URL })).await;
    for _ in 0..10 {
        app.webhook_sender.reply_next(Ok(503));
    }
    emit(&app, "redirects.published", json!({ "brand": "acme" })).await;
    app.run_jobs().await;
    // The pauses with the longest jitter, in minutes.
    for minutes in [1, 6, 36, 144, 360, 720, 1_008, 1_440, 1_728] {
        app.advance(Duration::minutes(minutes));
        app.run_jobs().await;
    }

    assert_eq!(app.webhook_sender.posted().len(), 10);
    let failed = deliveries(&app, &endpoint, "?status=failed").await;
    assert_eq!(
        (&failed[0]["attempts"], &failed[0]["due_at"]),
        (&json!(10), &json!(null))
    );

    // Nothing gets through for more than five days.
    app.webhook_sender.reply_next(Ok(503));
    app.advance(Duration::days(2));
    emit(&app, "redirects.published", json!({ "brand": "acme" })).await;
    app.run_jobs().await;
    assert_eq!(app.get(&path(&endpoint)).await.1["disabled_by"], "failing");
    app.advance(Duration::MINUTE);
    app.run_jobs().await;
    assert_eq!(app.webhook_sender.posted().len(), 11, "it is not tried any more");

    app.patch(&path(&endpoint), json!({ "enabled": true })).await;
    let retry = format!(
        "{}/deliveries/{}/retry",
        path(&endpoint),
        failed[0]["id"].as_str().unwrap()
    );
    assert_eq!(app.post(&retry, json!({})).await.0, StatusCode::ACCEPTED);
    app.run_jobs().await;
    let delivered = deliveries(&app, &endpoint, "?status=delivered").await;
    assert_eq!((delivered.len(), &delivered[0]["id"]), (1, &failed[0]["id"]));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_endpoint_that_is_gone_is_not_asked_again(db: PgPool) {
    let app = app(db).await;
    let endpoint = endpoint(&app, json!({ "url": URL })).await;
    app.webhook_sender.reply_next(Ok(410));

    emit(&app, "redirects.published", json!({ "brand": "acme" })).await;
    app.run_jobs().await;

    assert_eq!(app.get(&path(&endpoint)).await.1["disabled_by"], "gone");
    assert_eq!(deliveries(&app, &endpoint, "?status=failed").await.len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn for_a_day_after_a_change_both_secrets_sign(db: PgPool) {
    let app = app(db).await;
    let endpoint = endpoint(&app, json!({ "url": URL })).await;
    let (status, rotated) = app
        .post(&format!("{}/rotate-secret", path(&endpoint)), json!({}))
        .await;
    assert_eq!(status, StatusCode::OK, "{rotated}");

    let test = async || {
        let (status, _) = app.post(&format!("{}/test", path(&endpoint)), json!({})).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        app.run_jobs().await;
        app.webhook_sender.posted().pop().unwrap()
    };
    let both = test().await;
    let (new, old) = (
        signature(&rotated["secret"], &both),
        signature(&endpoint["secret"], &both),
    );
    assert_eq!(both.header("webhook-signature"), format!("{new} {old}"));
    app.advance(Duration::DAY);
    let one = test().await;
    assert_eq!(
        one.header("webhook-signature"),
        signature(&rotated["secret"], &one)
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_delivery_whose_worker_died_is_tried_again(db: PgPool) {
    let app = app(db).await;
    let endpoint = endpoint(&app, json!({ "url": URL })).await;
    emit(&app, "redirects.published", json!({ "brand": "acme" })).await;
    app.run_jobs().await;
    let delivered = deliveries(&app, &endpoint, "").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // As a worker leaves it that was killed after it had sent: leased, pending, and no job.
    let left = sqlx::query(
        "update webhooks.delivery set status = 'pending', due_at = created_at, leased_until = $1, attempts = 0",
    )
    .bind(app.app.now() + Duration::MINUTE);
    left.execute(&app.app.db).await.unwrap();
    sqlx::query!("delete from webhooks.attempt")
        .execute(&app.app.db)
        .await
        .unwrap();

    app.advance(Duration::seconds(30));
    marquee_core::platform::cron::run_ticks(&app.app).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.webhook_sender.posted().len(), 1, "the lease holds");
    app.advance(Duration::minutes(2));
    marquee_core::platform::cron::run_ticks(&app.app).await.unwrap();
    app.run_jobs().await;

    let posted = app.webhook_sender.posted();
    assert_eq!(posted.len(), 2);
    assert_eq!(posted[0].header("webhook-id"), posted[1].header("webhook-id"));
    assert_eq!(
        deliveries(&app, &endpoint, "?status=delivered").await[0]["id"],
        json!(delivered)
    );
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn old_deliveries_are_forgotten(db: PgPool) {
    let app = app(db).await;
    let endpoint = endpoint(&app, json!({ "url": URL })).await;
    emit(&app, "redirects.published", json!({ "brand": "acme" })).await;
    app.run_jobs().await;

    app.advance(Duration::days(31));
    marquee_core::platform::cron::run_ticks(&app.app).await.unwrap();
    app.run_jobs().await;

    assert_eq!(deliveries(&app, &endpoint, "").await, Vec::<Value>::new());
    app.leave_jobs();
}
