//! What is given back of what was paid.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use futures::future::join_all;
use marquee_core::access::Permission;
use marquee_core::ledger::Account;
use marquee_core::ledger::queries::balance;
use marquee_core::money::Currency;
use marquee_tests::Answer;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{CUSTOMER, Market, Ordered, PRICE};
use crate::catalogue::price;
use crate::videos::good;

pub(crate) async fn delivered(market: &Market, method: &str) -> Ordered {
    let quote = market.quote().await;
    delivered_at(market, &quote, method).await
}

/// At the price that was quoted.
pub(crate) async fn delivered_at(market: &Market, quote: &str, method: &str) -> Ordered {
    let order = market.placed_by(quote, method).await;
    market.settle().await;
    market.sent(&order, good()).await;
    market.settle().await;
    market.mailed();
    order
}

fn of(amount_minor: i64) -> Value {
    json!({ "amount": price(amount_minor), "reason": "The name was wrong." })
}

pub(crate) async fn refund(market: &Market, order: &Ordered, key: &str, body: &Value) -> Answer {
    let path = format!("/v1/orders/{}/refunds", order.id);
    let request = market.app.request(Method::POST, &path);
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key);
    market
        .app
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

pub(crate) async fn refunds(market: &Market, order: &Ordered) -> Vec<Value> {
    let (status, list) = market.app.get(&format!("/v1/orders/{}/refunds", order.id)).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list["items"].as_array().unwrap().clone()
}

pub(crate) async fn owed(market: &Market) -> i64 {
    let talent = Account::Talent(market.talent.parse().unwrap());
    let mut conn = market.app.app.db.acquire().await.unwrap();
    -balance(&mut conn, talent, Currency::BRL).await.unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn some_of_it_is_given_back_and_the_order_stays_delivered(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;

    let answer = refund(&market, &order, "k", &of(PRICE / 3)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.body["status"], "ready", "the gateway is asked later");
    market.settle().await;

    assert_eq!(market.status(&order).await, "delivered");
    assert!(market.seen(&order).await["video"].is_object());
    let given_back = &refunds(&market, &order).await[0];
    assert_eq!(given_back["status"], "succeeded");
    assert_eq!(given_back["amount"], price(PRICE / 3));
    assert_eq!(given_back["reason"], "The name was wrong.");
    assert_eq!(
        owed(&market).await,
        PRICE / 2,
        "the talent gives their part of it"
    );
    assert_eq!(
        market.mailed(),
        [format!("{CUSTOMER}: BRL 50.00 are on their way back to you")]
    );
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn once_all_is_given_back_the_video_is_withheld(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;
    refund(&market, &order, "some", &of(PRICE / 3)).await;
    market.settle().await;

    let answer = refund(&market, &order, "rest", &json!({ "reason": "All of it." })).await;
    assert_eq!(answer.body["amount"], price(PRICE * 2 / 3), "what is left");
    market.settle().await;

    let seen = market.seen(&order).await;
    assert_eq!(
        (&seen["status"], &seen["video"]),
        (&json!("refunded"), &Value::Null)
    );
    assert_eq!(owed(&market).await, 0);
    assert_eq!(market.mailed().len(), 2);
    let again = refund(&market, &order, "more", &json!({ "reason": "More." })).await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (StatusCode::CONFLICT, &json!("nothing_left"))
    );
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_may_leave_the_customer_the_video(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;
    refund(
        &market,
        &order,
        "k",
        &json!({ "reason": "A present.", "keeps_video": true }),
    )
    .await;
    market.settle().await;

    let seen = market.seen(&order).await;
    assert_eq!(seen["status"], "refunded");
    assert!(seen["video"].is_object());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p14_of_many_refunds_at_once_no_more_goes_back_than_came(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;

    let keys: Vec<_> = (0..10).map(|at| format!("k{at}")).collect();
    let third = of(PRICE / 3);
    let answers = join_all(keys.iter().map(|key| refund(&market, &order, key, &third))).await;

    let (fine, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!((fine.len(), refused.len()), (3, 7));
    assert!(
        refused
            .iter()
            .all(|answer| answer.body["code"] == "refund_too_large"),
        "{refused:?}"
    );
    market.settle().await;
    assert_eq!(market.status(&order).await, "refunded");
    assert_eq!(market.payment(&order).await["refunded_minor"], json!(PRICE));
    assert_eq!(refunds(&market, &order).await.len(), 3);
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_repeated_request_refunds_once(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;

    let first = refund(&market, &order, "k", &of(100)).await;
    let again = refund(&market, &order, "k", &of(100)).await;
    assert_eq!(first.headers["idempotency-replayed"], "false");
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(first.body["id"], again.body["id"]);
    let other = refund(&market, &order, "k", &of(200)).await;
    assert_eq!(other.body["code"], "idempotency_key_reused");
    let path = format!("/v1/orders/{}/refunds", order.id);
    let (status, problem) = market.app.post(&path, of(100)).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("idempotency_key_missing"))
    );
    market.settle().await;
    assert_eq!(refunds(&market, &order).await.len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_the_gateway_refuses_can_be_tried_again_and_staff_is_told(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_refund_decline").await;

    refund(&market, &order, "k", &of(PRICE)).await;
    market.settle().await;

    let refused = &refunds(&market, &order).await[0];
    assert_eq!(
        (&refused["status"], &refused["code"]),
        (&json!("refused"), &json!("refund_declined"))
    );
    assert!(market.app.alerted("payments.refund_failed", "sandbox"));
    assert_eq!(market.status(&order).await, "delivered");
    assert_eq!(market.mailed(), [""; 0], "nothing went back");
    let again = refund(&market, &order, "again", &of(PRICE)).await;
    assert_eq!(again.status, StatusCode::CREATED);
    market.settle().await;
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn only_what_was_delivered_is_refunded_and_only_by_staff_who_may(db: PgPool) {
    let market = Market::new(db).await;
    let open = market.settled("sandbox_approve").await;
    let answer = refund(&market, &open, "k", &of(100)).await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::CONFLICT, &json!("illegal_transition"))
    );
    let order = delivered(&market, "sandbox_approve").await;
    for body in [json!({ "reason": "" }), json!({ "reason": "a\nb" })] {
        let answer = refund(&market, &order, "k", &body).await;
        assert_eq!(answer.body["errors"][0]["pointer"], "/reason");
    }
    let path = format!("/v1/orders/{}/refunds", order.id);
    let manager = market
        .app
        .api_key(&[Permission::OrdersManage, Permission::OrdersRead])
        .await;
    for token in [&manager, &market.talent_token] {
        let (status, _) = market
            .app
            .call_as(token, Method::POST, &path, Some(of(100)))
            .await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_customer_sees_what_they_get_back_but_not_what_staff_says_of_it(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;
    refund(&market, &order, "k", &of(100)).await;
    market.settle().await;

    let path = format!("/v1/orders/{}/refunds", order.id);
    let (status, list) = market.asks(Method::GET, &path, &order.key, None).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    let seen = &list["items"][0];
    assert_eq!(
        (&seen["amount"], &seen["status"]),
        (&price(100), &json!("succeeded"))
    );
    assert_eq!((&seen["reason"], &seen["by"]), (&Value::Null, &Value::Null));
    let (status, _) = market
        .app
        .call_as(&market.talent_token, Method::GET, &path, None)
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND, "it says what the customer paid");
    let (status, _) = market.asks(Method::GET, &path, "nonsense", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
