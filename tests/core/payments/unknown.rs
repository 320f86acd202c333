//! Calls without an answer: nobody assumes anything, and the gateway is asked.

use serde_json::json;
use sqlx::PgPool;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Shop;

async fn due_in(shop: &Shop, payment: Uuid) -> i64 {
    let view = shop.payment(payment).await;
    let due_at = view["operations"][0]["due_at"]
        .as_str()
        .unwrap_or_else(|| panic!("{view}"));
    let due_at = OffsetDateTime::parse(due_at, &Rfc3339).unwrap();
    (due_at - shop.app.app.now()).whole_seconds()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p04_what_was_held_without_an_answer_is_found_and_not_held_twice(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_timeout").await;
    shop.work().await;
    assert_eq!(shop.operations(payment).await, ["authorize unknown"]);
    assert_eq!(shop.status(payment).await, "new");
    assert_eq!(shop.heard(), [""; 0]);

    shop.app.advance(Duration::seconds(9));
    shop.work().await;
    assert_eq!(shop.operations(payment).await, ["authorize unknown"]);
    shop.app.advance(Duration::seconds(1));
    shop.work().await;
    assert_eq!(shop.operations(payment).await, ["authorize succeeded"]);
    assert_eq!(shop.heard(), ["authorized"]);
    assert_eq!(shop.done_at_gateway("authorized").await, 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_was_not_done_is_sent_again_under_the_same_key(db: PgPool) {
    let shop = Shop::new(db).await;
    let (failed, busy) = (shop.open("sandbox_fail").await, shop.open("sandbox_busy").await);
    shop.work().await;
    assert_eq!(shop.operations(failed).await, ["authorize unknown"]);
    assert_eq!(shop.operations(busy).await, ["authorize ready"]);
    shop.app.advance(Duration::seconds(10));
    shop.work().await;
    for payment in [failed, busy] {
        let view = shop.payment(payment).await;
        assert_eq!(view["status"], "authorized");
        assert_eq!(view["operations"].as_array().unwrap().len(), 1);
        assert_eq!(view["operations"][0]["attempts"], 2);
    }
    assert_eq!(shop.done_at_gateway("authorized").await, 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p05_what_was_captured_without_an_answer_is_in_the_books_once_it_is_known(db: PgPool) {
    let shop = Shop::new(db).await;
    for method in [
        "sandbox_capture_timeout",
        "sandbox_capture_slow",
        "sandbox_refund_timeout",
    ] {
        let payment = shop.open(method).await;
        shop.work().await;
        shop.capture(payment).await.unwrap();
        shop.work().await;
        shop.after(Duration::minutes(2)).await;
        assert_eq!(shop.status(payment).await, "captured", "{method}");
        shop.refund(payment, 5_000).await.unwrap();
        shop.work().await;
        shop.after(Duration::minutes(2)).await;
        assert_eq!(shop.payment(payment).await["refunded_minor"], 5_000, "{method}");
        assert_eq!(shop.heard(), ["authorized", "captured", "refunded"], "{method}");
        shop.assert_books().await;
    }
    assert_eq!(shop.done_at_gateway("captured").await, 3);
    assert_eq!(shop.done_at_gateway("refunded").await, 3);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_slow_gateway_is_asked_until_it_knows(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_slow").await;
    shop.work().await;
    assert_eq!(shop.operations(payment).await, ["authorize unknown"]);
    shop.app.advance(Duration::seconds(10));
    shop.work().await;
    assert_eq!(shop.status(payment).await, "authorized");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_silent_gateway_is_asked_less_and_less_often_and_somebody_is_told(db: PgPool) {
    let shop = Shop::new(db).await;
    shop.gateway.silence(true);
    let payment = shop.open("sandbox_approve").await;
    shop.work().await;
    let mut pauses = vec![];
    for _ in 0..7 {
        let pause = due_in(&shop, payment).await;
        pauses.push(pause);
        shop.app.advance(Duration::seconds(pause));
        shop.work().await;
    }
    assert_eq!(pauses, [10, 60, 300, 1_800, 3_600, 3_600, 3_600]);
    assert!(shop.app.alerted("payments.unknown", "sandbox"));

    // It was never done; the same key is sent when the gateway can say so.
    shop.gateway.silence(false);
    shop.app.advance(Duration::HOUR);
    shop.work().await;
    assert_eq!(shop.status(payment).await, "authorized");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_the_gateway_has_nothing_of_after_a_day_is_not_sent_again_but_held(db: PgPool) {
    let shop = Shop::new(db).await;
    shop.gateway.silence(true);
    let payment = shop.open("sandbox_approve").await;
    shop.work().await;
    for _ in 0..30 {
        shop.app.advance(Duration::HOUR);
        shop.work().await;
    }
    shop.gateway.silence(false);
    shop.app.advance(Duration::HOUR);
    shop.work().await;
    assert_eq!(shop.operations(payment).await, ["authorize held"]);
    assert!(shop.app.alerted("payments.operation_held", "sandbox"));
    assert_eq!(shop.done_at_gateway("authorized").await, 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_abandoned_while_nobody_knows_is_let_go_as_soon_as_it_is_known(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_timeout").await;
    shop.work().await;
    shop.abandon(payment).await.unwrap();
    shop.work().await;
    assert_eq!(shop.operations(payment).await, ["authorize unknown"]);
    shop.app.advance(Duration::seconds(10));
    shop.work().await;
    assert_eq!(
        shop.operations(payment).await,
        ["authorize succeeded", "void succeeded"]
    );
    assert_eq!(shop.heard(), ["authorized", "voided"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_operation_whose_job_is_lost_is_found_by_the_sweep(db: PgPool) {
    let shop = Shop::new(db.clone()).await;
    let payment = shop.open("sandbox_approve").await;
    sqlx::query("delete from platform.job")
        .execute(&db)
        .await
        .unwrap();
    shop.after(Duration::minutes(1)).await;
    assert_eq!(shop.payment(payment).await["operations"][0]["attempts"], json!(1));
    assert_eq!(shop.status(payment).await, "authorized");
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_waits_for_a_person_is_over_once_the_gateway_says_what_became_of_it(db: PgPool) {
    let shop = Shop::new(db).await;
    let (unwanted, wanted) = (
        shop.open("sandbox_approve").await,
        shop.open("sandbox_approve").await,
    );
    shop.settle().await;
    shop.gateway.silence(true);
    shop.abandon(unwanted).await.unwrap();
    shop.capture(wanted).await.unwrap();
    shop.work().await;
    shop.app.advance(Duration::hours(25));
    shop.gateway.silence(false);
    shop.settle().await;
    let calls = async || (shop.operations(unwanted).await, shop.operations(wanted).await);
    let (void, capture) = calls().await;
    assert_eq!(void, ["authorize succeeded", "void held"]);
    assert_eq!(capture, ["authorize succeeded", "capture held"]);
    shop.heard();

    shop.after(Duration::days(5)).await;

    let (void, capture) = calls().await;
    assert_eq!(void, ["authorize succeeded", "void succeeded"]);
    assert_eq!(capture, ["authorize succeeded", "capture refused"]);
    assert!(shop.heard().contains(&"capture_failed".to_owned()));
}
