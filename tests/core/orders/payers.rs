//! Who pays for an order, where a gateway wants to know.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOMER, Market, Ordered};
use crate::accounts::person;

fn caio() -> Value {
    json!({
        "name": "Caio da Silva Souza", "birth_date": "1990-01-31", "tax_document": "111.444.777-35",
        "phone": "+55 11 99999-0000",
    })
}

async fn placed(market: &Market, payer: &Value) -> Ordered {
    let quote = market.quote().await;
    let mut body = market.body(&quote, "sandbox_approve");
    body["payer"] = payer.clone();
    let answer = market.order(&quote, None, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert!(!answer.text.contains("Souza") && !answer.text.contains("111444"));
    market.settle().await;
    Ordered {
        id: answer.body["id"].as_str().unwrap().to_owned(),
        key: answer.headers["x-order-key"].to_str().unwrap().to_owned(),
    }
}

async fn payer(market: &Market, order: &Ordered) -> (StatusCode, Value) {
    market.app.get(&format!("/v1/orders/{}/payer", order.id)).await
}

/// Whether the database has it anywhere in clear.
async fn is_readable(market: &Market, text: &str) -> bool {
    let dumped: String = sqlx::query_scalar(
        "select coalesce(string_agg(payer::text || encode(details, 'escape'), ''), '') from orders.payer",
    )
    .fetch_one(&market.app.app.db)
    .await
    .unwrap();
    dumped.contains(text)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_14_who_pays_is_sealed_and_staff_sees_its_end_only(db: PgPool) {
    let market = Market::new(db).await;
    let mut bia = caio();
    bia["name"] = json!("Bia");
    let order = placed(&market, &json!({ "buyer": caio(), "card_holder": bia })).await;

    let (status, seen) = payer(&market, &order).await;
    assert_eq!(status, StatusCode::OK, "{seen}");
    let shown =
        |name: &str| json!({ "name": name, "born": 1990, "tax_document": "***7735", "phone": "***0000" });
    assert_eq!(seen["buyer"], shown("Caio d. S. S."));
    assert_eq!(seen["card_holder"], shown("Bia"));
    for secret in ["Souza", "11144477735", "+5511999990000", "1990-01-31"] {
        assert!(!is_readable(&market, secret).await, "{secret}");
    }
    let path = format!("/v1/orders/{}/payer", order.id);
    let (status, _) = market
        .app
        .call_as(&market.talent_token, Method::GET, &path, None)
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!market.known(&order).await.to_string().contains("7735"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_pays_is_shredded_ninety_days_after_it_was_said_last(db: PgPool) {
    let market = Market::new(db).await;
    let one = placed(&market, &json!({ "buyer": caio() })).await;
    market.after(Duration::days(50)).await;
    let other = placed(&market, &json!({ "buyer": caio() })).await;
    market.after(Duration::days(39)).await;
    assert_eq!(payer(&market, &one).await.0, StatusCode::OK);

    market.after(Duration::days(2)).await;

    let (status, problem) = payer(&market, &one).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("payer_unknown"))
    );
    assert_eq!(payer(&market, &other).await.0, StatusCode::OK);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_said_when_paying_in_another_way_takes_the_place_of_what_was(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_decline").await;
    assert_eq!(payer(&market, &order).await.0, StatusCode::NOT_FOUND);

    let body = json!({ "payment_method": "sandbox_approve", "payer": { "buyer": caio() } });
    let (status, _) = market.act(&order, "pay", body).await;
    assert_eq!(status, StatusCode::OK);
    market.settle().await;

    assert_eq!(payer(&market, &order).await.1["card_holder"], Value::Null);
    assert_eq!(market.status(&order).await, "open");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_no_payer_is_told_and_nothing_is_ordered(db: PgPool) {
    let market = Market::new(db).await;
    let quote = market.quote().await;
    let mut body = market.body(&quote, "sandbox_approve");
    body["payer"] = json!({ "buyer": {
        "name": "", "birth_date": "2190-01-31", "tax_document": "111.444.777-36", "phone": "99999",
    } });
    let answer = market.order(&quote, None, &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let pointers: Vec<_> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    let expected =
        ["name", "birth_date", "tax_document", "phone"].map(|field| format!("/payer/buyer/{field}"));
    assert_eq!(pointers, expected);
    assert_eq!(market.app.get("/v1/orders").await.1["items"], json!([]));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn one_is_given_what_one_said_and_it_goes_with_oneself(db: PgPool) {
    let market = Market::new(db).await;
    let (id, _) = person(&market.app, CUSTOMER).await;
    // A guest with the same address is the same to us.
    let order = placed(&market, &json!({ "buyer": caio() })).await;

    let (_, export) = market.app.get(&format!("/v1/people/{id}/export")).await;
    assert_eq!(export["payers"][0]["order_id"], order.id);
    assert_eq!(
        export["payers"][0]["payer"]["buyer"]["tax_document"],
        "11144477735"
    );

    let (status, _) = market
        .app
        .call(Method::POST, &format!("/v1/people/{id}/erase"), None)
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(payer(&market, &order).await.0, StatusCode::NOT_FOUND);
}
