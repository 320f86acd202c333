//! Who sees what of an order.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOMER, Market, PRICE};
use crate::accounts::person;
use crate::catalogue::price;

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defects_20_21_a_talent_sees_neither_who_ordered_nor_what_they_paid(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    let path = format!("/v1/orders/{}", order.id);
    let (status, theirs) = market
        .app
        .call_as(&market.talent_token, Method::GET, &path, None)
        .await;
    assert_eq!(status, StatusCode::OK);
    for hidden in [
        "email",
        "list_price",
        "discount_minor",
        "price",
        "payment_id",
        "customer_id",
        "history",
    ] {
        assert_eq!(theirs[hidden], Value::Null, "{hidden}");
    }
    assert_eq!(theirs["talent_share"], price(PRICE * 3 / 4));
    assert_eq!(theirs["instruction"], "Sing for her.");
    assert!(!theirs.to_string().contains(CUSTOMER));

    let own = market.seen(&order).await;
    assert_eq!(
        (&own["talent_share"], &own["history"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(own["price"], price(PRICE));
    let known = market.known(&order).await;
    assert_eq!(known["email"], CUSTOMER);
    assert!(known["payment_id"].is_string());

    let page = crate::catalogue::publicly(&market.app, &format!("/v1/talents/{}", market.talent)).await;
    assert!(!page.text.contains("Sing for her") && !page.text.contains(&order.id));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talents_inbox_has_what_is_due_first_before_others(db: PgPool) {
    let market = Market::new(db).await;
    let mut due = Vec::new();
    for days in [3, 1, 2, 1] {
        market.terms(json!({ "delivery_days": days })).await;
        due.push((days, market.settled("sandbox_approve").await.id));
    }
    market.settled("sandbox_decline").await;
    due.sort();
    let inbox = async |query: &str| {
        let path = format!("/v1/me/talent/orders?{query}");
        let (status, list) = market
            .app
            .call_as(&market.talent_token, Method::GET, &path, None)
            .await;
        assert_eq!(status, StatusCode::OK, "{list}");
        list
    };
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = inbox(&format!("limit=1{cursor}")).await;
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, due.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>());
    let first = inbox("").await["items"][0].clone();
    assert_eq!(first["talent_share"], price(PRICE * 3 / 4));
    assert_eq!([&first["email"], &first["price"]], [&Value::Null, &Value::Null]);
    assert_eq!(inbox("status=delivered").await["items"], json!([]));
    let path = "/v1/me/talent/orders?cursor=nonsense";
    let (status, problem) = market
        .app
        .call_as(&market.talent_token, Method::GET, path, None)
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("cursor_invalid"))
    );

    let (_, customer) = person(&market.app, CUSTOMER).await;
    let (status, problem) = market
        .app
        .call_as(&customer, Method::GET, "/v1/me/talent/orders", None)
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("talent_unknown"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn customers_see_their_own_orders_and_staff_all(db: PgPool) {
    let market = Market::new(db).await;
    let (id, token) = person(&market.app, CUSTOMER).await;
    let mut own = Vec::new();
    for key in ["a", "b"] {
        let quote = market.quote().await;
        let mut body = market.body(&quote, "sandbox_approve");
        body["email"] = json!(null);
        let answer = market.order(key, Some(&token), &body).await;
        own.insert(0, answer.body["id"].as_str().unwrap().to_owned());
    }
    let guests = market.settled("sandbox_decline").await;
    own.insert(0, guests.id.clone());
    let path = format!("/v1/orders/{}", guests.id);
    let (status, _) = market.app.call_as(&token, Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::OK, "the address is confirmed as theirs");
    let ids = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let mine = async |query: &str| {
        let path = format!("/v1/me/orders?{query}");
        market.app.call_as(&token, Method::GET, &path, None).await.1
    };
    let first = mine("limit=2").await;
    let second = mine(&format!(
        "limit=1&cursor={}",
        first["next_cursor"].as_str().unwrap()
    ))
    .await;
    assert_eq!([ids(&first), ids(&second)].concat(), own);
    assert_eq!(ids(&mine("status=delivered").await), [""; 0]);

    let (_, all) = market.app.get("/v1/orders").await;
    assert_eq!(ids(&all), own);
    let (_, theirs) = market.app.get(&format!("/v1/orders?customer={id}")).await;
    assert_eq!(ids(&theirs), own[1..], "signed in");
    let (_, declined) = market.app.get("/v1/orders?status=declined").await;
    assert_eq!(ids(&declined), [guests.id]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_is_erased_leaves_orders_that_say_nothing_of_them(db: PgPool) {
    let market = Market::new(db).await;
    let (id, token) = person(&market.app, CUSTOMER).await;
    let quote = market.quote().await;
    let mut body = market.body(&quote, "sandbox_approve");
    body["email"] = json!(null);
    let answer = market.order("a", Some(&token), &body).await;
    let guests = market.settled("sandbox_approve").await;
    let (status, export) = market.app.get(&format!("/v1/people/{id}/export")).await;
    assert_eq!(status, StatusCode::OK, "{export}");
    assert_eq!(
        export["orders"].as_array().unwrap().len(),
        2,
        "with what was ordered without an account"
    );
    let (status, problem) = market
        .app
        .post(&format!("/v1/people/{id}/erase"), json!({}))
        .await;
    assert!(status.is_success(), "{problem}");
    for order in [answer.body["id"].as_str().unwrap(), &guests.id] {
        let (_, known) = market.app.get(&format!("/v1/orders/{order}")).await;
        assert_eq!(known["email"], Value::Null);
        for gone in [CUSTOMER, "Bia", "Caio", "Sing for her", "birthday"] {
            assert!(!known.to_string().contains(gone), "{gone}");
        }
        assert_eq!(known["price"], price(PRICE));
    }
    // It goes on, and nobody is written to.
    market.after(Duration::days(6)).await;
    assert_eq!(market.taken().await, 0);
}
