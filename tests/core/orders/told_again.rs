//! What is told again, late or of a payment that does not count any more.

use marquee_core::payments::events;
use marquee_core::platform::bus;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::{CUSTOMER, Market, Ordered, PRICE};
use crate::videos::good;

/// Every news of payments that there is.
const NEWS: [&str; 8] = [
    events::AUTHORIZED,
    events::ACTION_REQUIRED,
    events::DECLINED,
    events::CAPTURED,
    events::CAPTURE_FAILED,
    events::VOIDED,
    events::LAPSED,
    events::REFUNDED,
];

/// Tells something of a payment, the order's own unless another is given.
async fn tell(market: &Market, order: &Ordered, event: &str, change: Value) {
    let payment = market.payment(order).await;
    let mut payload = json!({
        "payment": payment["id"], "order": order.id, "amount_minor": PRICE, "currency": "BRL", "code": null,
    });
    payload
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    let mut tx = market.app.app.db.begin().await.unwrap();
    bus::emit(&market.app.app, &mut tx, event, payload).await.unwrap();
    tx.commit().await.unwrap();
    market.settle().await;
}

async fn tell_of_video(market: &Market, order: &Ordered, event: &str) {
    let upload = market.known(order).await["upload_id"].clone();
    let payload =
        json!({ "upload": upload, "owner": Uuid::nil(), "purpose": "order", "reason": "too_short" });
    let mut tx = market.app.app.db.begin().await.unwrap();
    bus::emit(&market.app.app, &mut tx, event, payload).await.unwrap();
    tx.commit().await.unwrap();
    market.settle().await;
}

/// Everything that could be another afterwards.
async fn everything(market: &Market, order: &Ordered) -> (Value, Value, i64, usize) {
    let known = market.known(order).await;
    let mails = market.app.mail_transport.given().len();
    // Links are signed anew each time.
    let known = json!({ "status": known["status"], "history": known["history"], "deadline_at": known["deadline_at"] });
    (known, market.payment(order).await, market.taken().await, mails)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_has_happened_is_told_again_without_effect(db: PgPool) {
    let market = Market::new(db).await;
    let open = market.settled("sandbox_approve").await;
    let before = everything(&market, &open).await;
    for event in [events::AUTHORIZED, events::ACTION_REQUIRED, events::DECLINED] {
        tell(&market, &open, event, json!({ "code": "card_declined" })).await;
        assert_eq!(everything(&market, &open).await, before, "{event}");
    }

    let delivered = market.settled("sandbox_approve").await;
    market.sent(&delivered, good()).await;
    market.settle().await;
    assert_eq!(market.status(&delivered).await, "delivered");
    let before = everything(&market, &delivered).await;
    for event in NEWS.into_iter().filter(|event| *event != events::REFUNDED) {
        tell(&market, &delivered, event, json!({})).await;
        assert_eq!(everything(&market, &delivered).await, before, "{event}");
    }
    for event in ["videos.uploaded", "videos.accepted", "videos.refused"] {
        tell_of_video(&market, &delivered, event).await;
        assert_eq!(everything(&market, &delivered).await, before, "{event}");
    }

    let due = market.settled("sandbox_capture_decline").await;
    market.sent(&due, good()).await;
    market.settle().await;
    assert_eq!(market.status(&due).await, "payment_due");
    let before = everything(&market, &due).await;
    tell(
        &market,
        &due,
        events::CAPTURE_FAILED,
        json!({ "code": "capture_declined" }),
    )
    .await;
    assert_eq!(everything(&market, &due).await, before);

    let declined = market.settled("sandbox_decline").await;
    let before = everything(&market, &declined).await;
    tell(&market, &declined, events::DECLINED, json!({})).await;
    assert_eq!(everything(&market, &declined).await, before);

    let (status, _) = market.act(&open, "cancel", json!({})).await;
    assert!(status.is_success());
    market.settle().await;
    let before = everything(&market, &open).await;
    for event in NEWS {
        tell(&market, &open, event, json!({})).await;
        assert_eq!(everything(&market, &open).await, before, "{event}");
    }
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn news_of_a_payment_that_does_not_count_any_more_change_no_order(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_decline").await;
    let first = market.payment(&order).await["id"].clone();
    let (status, _) = market
        .act(&order, "pay", json!({ "payment_method": "sandbox_approve" }))
        .await;
    assert!(status.is_success());
    market.settle().await;
    let before = everything(&market, &order).await;
    for event in NEWS {
        tell(&market, &order, event, json!({ "payment": first })).await;
        assert_eq!(everything(&market, &order).await, before, "{event}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn another_amount_delivers_nothing_and_somebody_is_told(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.placed("sandbox_slow").await;
    market.app.run_jobs().await;
    for change in [json!({ "amount_minor": PRICE - 1 }), json!({ "currency": "USD" })] {
        tell(&market, &order, events::AUTHORIZED, change).await;
        assert_eq!(market.status(&order).await, "authorizing");
    }
    assert!(market.app.alerted("orders.amount_differs", "orders"));
    market.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_08_what_is_told_in_the_wrong_order_comes_to_the_same(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.placed("sandbox_slow").await;
    market.app.run_jobs().await;
    tell(&market, &order, events::CAPTURED, json!({})).await;
    assert_eq!(
        market.status(&order).await,
        "authorizing",
        "nothing is delivered before there is a video"
    );
    tell(&market, &order, events::AUTHORIZED, json!({})).await;
    tell(&market, &order, events::ACTION_REQUIRED, json!({})).await;
    assert_eq!(market.status(&order).await, "open");
    assert!(market.mailed().iter().any(|mail| mail.starts_with(CUSTOMER)));
    market.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_was_taken_for_an_order_that_has_ended_is_given_back_whole(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    let payment: Uuid = market.payment(&order).await["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    // Somebody takes it at the gateway, at the moment in which the customer cancels.
    let mut tx = market.app.app.db.begin().await.unwrap();
    marquee_core::payments::capture(&market.app.app, &mut tx, payment)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let (status, problem) = market.act(&order, "cancel", json!({})).await;
    assert!(status.is_success(), "{problem}");
    market.settle().await;
    let paid = market.payment(&order).await;
    assert_eq!(
        [&paid["captured_minor"], &paid["refunded_minor"]],
        [&json!(PRICE), &json!(PRICE)]
    );
    assert_eq!(market.status(&order).await, "cancelled");
    assert!(market.app.alerted("orders.paid_without_video", "orders"));
    market.assert_books().await;
}
