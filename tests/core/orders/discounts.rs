//! Orders at a promotion's price.

use axum::http::{Method, StatusCode};
use futures::future::join_all;
use marquee_core::ledger::Account;
use marquee_core::ledger::queries::balance;
use marquee_core::money::Currency;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::refunds::delivered_at;
use super::{Market, PRICE};
use crate::catalogue::price;

/// A code that takes a tenth off, limited so.
async fn tenth(market: &Market, code: &str, limits: Value) -> Uuid {
    let mut new = json!({ "code": code, "discount": { "kind": "percent", "basis_points": 1_000 } });
    for (key, value) in limits.as_object().unwrap() {
        new[key] = value.clone();
    }
    let (status, made) = market.app.post("/v1/promotions", new).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made["id"].as_str().unwrap().parse().unwrap()
}

async fn quoted(market: &Market, code: &str) -> (StatusCode, Value) {
    let body = json!({ "talent_id": market.talent, "promotion_code": code });
    market.publicly("/v1/quotes", body).await
}

async fn quote(market: &Market, code: &str) -> String {
    let (status, quote) = quoted(market, code).await;
    assert_eq!(status, StatusCode::CREATED, "{quote}");
    quote["id"].as_str().unwrap().to_owned()
}

async fn uses(market: &Market, promotion: Uuid) -> i64 {
    let (_, view) = market.app.get(&format!("/v1/promotions/{promotion}")).await;
    view["uses"].as_i64().unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_customer_pays_less_and_the_talent_gets_as_much(db: PgPool) {
    let market = Market::new(db).await;
    let promotion = tenth(&market, "TENTH", json!({})).await;

    let (status, quote) = quoted(&market, "tenth").await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(quote["list_price"], price(PRICE));
    assert_eq!(quote["price"], price(PRICE * 9 / 10));
    assert_eq!(uses(&market, promotion).await, 0, "asking uses nothing");

    let order = delivered_at(&market, quote["id"].as_str().unwrap(), "sandbox_approve").await;
    let seen = market.seen(&order).await;
    assert_eq!(seen["status"], "delivered");
    assert_eq!(seen["price"], price(PRICE * 9 / 10));
    assert_eq!(
        market.payment(&order).await["captured_minor"],
        json!(PRICE * 9 / 10)
    );
    let talent = Account::Talent(market.talent.parse().unwrap());
    let mut conn = market.app.app.db.acquire().await.unwrap();
    let owed = -balance(&mut conn, talent, Currency::BRL).await.unwrap();
    assert_eq!(owed, PRICE * 3 / 4, "of the list price");
    let borne = balance(&mut conn, Account::PromoCost, Currency::BRL)
        .await
        .unwrap();
    assert_eq!(borne, PRICE / 10);
    assert_eq!(uses(&market, promotion).await, 1);
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p12_of_many_who_order_with_the_last_use_one_does(db: PgPool) {
    let market = Market::new(db).await;
    let promotion = tenth(&market, "LAST", json!({ "total_uses": 1 })).await;
    let mut bodies = Vec::new();
    for _ in 0..10 {
        let quote = quote(&market, "last").await;
        bodies.push((quote.clone(), market.body(&quote, "sandbox_approve")));
    }

    let orders = bodies.iter().map(|(quote, body)| market.order(quote, None, body));
    let answers = join_all(orders).await;

    let (placed, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!((placed.len(), refused.len()), (1, 9));
    for answer in refused {
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert_eq!(answer.body["code"], "promotion_used_up");
    }
    assert_eq!(uses(&market, promotion).await, 1);
    assert_eq!(
        market.taken().await,
        1,
        "who got no price has taken no place either"
    );
    market.settle().await;
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_order_that_is_cancelled_gives_its_promotion_back(db: PgPool) {
    let market = Market::new(db).await;
    let limits = json!({ "total_uses": 1, "uses_per_customer": 1 });
    let promotion = tenth(&market, "ONCE", limits).await;
    let quote_id = quote(&market, "once").await;
    let spare = quote(&market, "once").await;
    let order = market.placed_by(&quote_id, "sandbox_approve").await;
    market.settle().await;
    assert_eq!(uses(&market, promotion).await, 1);
    let (status, problem) = quoted(&market, "once").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("promotion_used_up"))
    );

    let (status, _) = market.act(&order, "cancel", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    market.settle().await;

    assert_eq!(uses(&market, promotion).await, 0);
    market.placed_by(&spare, "sandbox_approve").await;
    market.settle().await;
    assert_eq!(uses(&market, promotion).await, 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p09_what_was_quoted_is_paid_although_the_promotion_has_ended_meanwhile(db: PgPool) {
    let market = Market::new(db).await;
    let promotion = tenth(&market, "SOON", json!({})).await;
    let quote = quote(&market, "soon").await;
    let over = json!({ "valid_until": "2020-01-01T00:00:00Z" });
    let request = market
        .app
        .request(Method::PATCH, &format!("/v1/promotions/{promotion}"));
    let request = request
        .header("if-match", "*")
        .header("content-type", "application/json");
    let answer = market
        .app
        .send(request.body(over.to_string().into()).unwrap())
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(quoted(&market, "soon").await.1["code"], "promotion_over");

    let order = market.placed_by(&quote, "sandbox_approve").await;
    assert_eq!(market.seen(&order).await["price"], price(PRICE * 9 / 10));
    market.settle().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn codes_are_not_found_by_trying(db: PgPool) {
    let market = Market::new(db).await;
    let mut codes = 0;
    loop {
        let (status, problem) = quoted(&market, &format!("guess-{codes}")).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        assert_eq!(problem["code"], "promotion_unknown");
        codes += 1;
        assert!(codes < 50, "nobody stops this");
    }
    assert_eq!(codes, 20);
    let (status, _) = market
        .publicly("/v1/quotes", json!({ "talent_id": market.talent }))
        .await;
    assert_eq!(status, StatusCode::CREATED, "without a code it is none");
}
