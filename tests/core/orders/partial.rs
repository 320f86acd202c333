//! Gateways that take less than they were asked to.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOMER, Market, Ordered, PRICE, TALENT};
use crate::videos::good;

/// The customer has no video, nobody has a share, and a person was told.
async fn assert_held(market: &Market, order: &Ordered) {
    assert_eq!(market.status(order).await, "delivering");
    assert_eq!(market.seen(order).await["video"], Value::Null);
    let payment = market.payment(order).await;
    assert_eq!(
        (&payment["held_reason"], &payment["captured_minor"]),
        (&json!("the gateway says 7500, and it is 15000"), &json!(0))
    );
    let posted: i64 = sqlx::query_scalar("select count(*) from ledger.transaction")
        .fetch_one(&market.app.app.db)
        .await
        .unwrap();
    assert_eq!(posted, 0);
    assert_eq!(
        market.mailed(),
        [
            format!("{TALENT}: A new order: a video for Bia"),
            format!("{CUSTOMER}: Ana Lima has your order"),
        ]
    );
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p07_what_is_taken_only_in_part_is_never_delivered_and_a_person_is_told(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_capture_partial").await;
    market.sent(&order, good()).await;
    market.settle().await;
    assert!(market.app.alerted("payments.held", "sandbox"));
    assert_held(&market, &order).await;

    for _ in 0..3 {
        market.after(Duration::days(3)).await;
    }
    assert_held_still(&market, &order).await;
}

async fn assert_held_still(market: &Market, order: &Ordered) {
    assert_eq!(market.status(order).await, "delivering");
    assert_eq!(market.seen(order).await["video"], Value::Null);
    assert_eq!(market.mailed(), [""; 0]);
    let reconciled = marquee_core::payments::reconcile(
        &market.app.app,
        (time::OffsetDateTime::UNIX_EPOCH, market.app.app.now()),
        |_| {},
    );
    let differences = reconciled.await.unwrap().differences;
    assert!(!differences.is_empty(), "and every day it is told again");
}

/// Somebody takes half of it on a page of the gateway's, which tells us by webhook.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p07_what_somebody_took_in_part_at_the_gateway_holds_the_payment_until_all_is_taken(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    take_there(&market, PRICE / 2).await;
    assert_eq!(market.app.hear_gateway().await, [StatusCode::NO_CONTENT]);
    market.app.run_jobs().await;
    assert!(market.app.alerted("payments.held", "sandbox"));
    market.app.leave_jobs();
    market.sent(&order, good()).await;
    market.settle().await;
    assert_held(&market, &order).await;

    take_there(&market, PRICE).await;
    let path = format!(
        "/v1/payments/{}/release",
        market.payment(&order).await["id"].as_str().unwrap()
    );
    let release = json!({ "release": "look", "reason": "the rest was taken, too" });
    assert_eq!(market.app.post(&path, release).await.0, StatusCode::OK);
    market.after(Duration::HOUR).await;
    assert_eq!(market.status(&order).await, "delivered");
    market.assert_books().await;
}

async fn take_there(market: &Market, amount_minor: i64) {
    let sql = "with payment as (
            update sandbox.payment set status = 'captured', captured_minor = $1 returning reference
        )
        insert into sandbox.event (id, payment, kind, made_at, due_at)
        select gen_random_uuid(), reference, 'payment.captured', $2, $2 from payment";
    sqlx::query(sql)
        .bind(amount_minor)
        .bind(market.app.app.now())
        .execute(&market.app.app.db)
        .await
        .unwrap();
    market.app.app.gateway.tend().await.unwrap();
}
