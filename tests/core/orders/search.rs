//! How staff find orders, what they see of one, and what agencies see.

use axum::http::{Method, StatusCode};
use marquee_core::access::Permission;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use time::format_description::well_known::Rfc3339;

use super::refunds::delivered;
use super::{CUSTOMER, Market, Ordered, PRICE};
use crate::accounts::person;
use crate::catalogue::price;

fn ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn found(market: &Market, query: &str) -> Vec<String> {
    let (status, list) = market.app.get(&format!("/v1/orders?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{query}: {list}");
    ids(&list)
}

async fn ordered(market: &Market, minor: i64, is_to: &str, email: &str) -> Ordered {
    market.terms(json!({ "price": price(minor) })).await;
    let quote = market.quote().await;
    let mut body = market.body(&quote, "sandbox_approve");
    body["is_to"] = json!(is_to);
    body["email"] = json!(email);
    let answer = market.order(&quote, None, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    market.settle().await;
    Ordered {
        id: answer.body["id"].as_str().unwrap().to_owned(),
        key: answer.headers["x-order-key"].to_str().unwrap().to_owned(),
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_find_orders_by_all_that_is_known_of_them(db: PgPool) {
    let market = Market::new(db).await;
    let one = ordered(&market, 10_000, "Zoé", "Eva@Acme.example").await;
    market.app.advance(Duration::hours(1));
    let two = ordered(&market, 30_000, "Bia", CUSTOMER).await;
    market.app.advance(Duration::hours(1));
    let three = ordered(&market, 20_000, "Bia", CUSTOMER).await;
    market.act(&two, "cancel", json!({})).await;
    market.settle().await;
    let (one, two, three) = (one.id, two.id, three.id);
    let between = market.app.app.now() - Duration::minutes(90);
    let between = between.format(&Rfc3339).unwrap().replace('+', "%2B");
    let payment = market
        .known(&Ordered {
            id: one.clone(),
            key: String::new(),
        })
        .await["payment_id"]
        .clone();
    let (_, payment) = market
        .app
        .get(&format!("/v1/payments/{}", payment.as_str().unwrap()))
        .await;
    let reference = payment["reference"].as_str().unwrap();
    let payment = payment["id"].as_str().unwrap();

    for (query, expected) in [
        (String::new(), vec![&three, &two, &one]),
        ("sort=oldest".to_owned(), vec![&one, &two, &three]),
        ("sort=price".to_owned(), vec![&one, &three, &two]),
        ("sort=-price".to_owned(), vec![&two, &three, &one]),
        ("sort=deadline".to_owned(), vec![&one, &two, &three]),
        ("status=cancelled".to_owned(), vec![&two]),
        ("q=ZOE".to_owned(), vec![&one]),
        ("q=sing%20for".to_owned(), vec![&three, &two, &one]),
        ("q=nobody".to_owned(), vec![]),
        (format!("q={two}"), vec![&two]),
        (format!("q={payment}"), vec![&one]),
        ("email=eva@acme.EXAMPLE".to_owned(), vec![&one]),
        (format!("payment_reference={reference}"), vec![&one]),
        ("payment_reference=nothing".to_owned(), vec![]),
        (format!("placed_from={between}"), vec![&three, &two]),
        (format!("placed_until={between}"), vec![&one]),
        ("min_price=20000&currency=BRL".to_owned(), vec![&three, &two]),
        ("max_price=20000".to_owned(), vec![&three, &one]),
        ("currency=USD".to_owned(), vec![]),
        (format!("talent={}", market.talent), vec![&three, &two, &one]),
        (format!("agency={}", market.talent), vec![]),
        ("deadline_before=2020-01-01T00:00:00Z".to_owned(), vec![]),
    ] {
        assert_eq!(
            found(&market, &query).await,
            expected.into_iter().cloned().collect::<Vec<_>>(),
            "{query}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn pages_of_every_order_come_to_all_of_them_once(db: PgPool) {
    let market = Market::new(db).await;
    for minor in [30_000, 10_000, 20_000, 10_000] {
        ordered(&market, minor, "Bia", CUSTOMER).await;
    }
    for sort in ["newest", "oldest", "deadline", "price", "-price"] {
        let all = found(&market, &format!("sort={sort}")).await;
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let (_, page) = market
                .app
                .get(&format!("/v1/orders?sort={sort}&limit=1{cursor}"))
                .await;
            paged.extend(ids(&page));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!((paged.len(), &paged), (4, &all), "{sort}");
    }
    let (status, problem) = market.app.get("/v1/orders?cursor=nonsense").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("cursor_invalid"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_timeline_has_all_that_happened_wherever_it_is_written_down(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;
    market.app.advance(Duration::minutes(1));
    let path = format!("/v1/orders/{}/refunds", order.id);
    let request = market.app.request(Method::POST, &path);
    let request = request
        .header("content-type", "application/json")
        .header("idempotency-key", "k");
    let body = json!({ "reason": "All of it." }).to_string();
    market.app.send(request.body(body.into()).unwrap()).await;
    market.settle().await;

    let path = format!("/v1/orders/{}/timeline", order.id);
    let (status, list) = market.app.get(&format!("{path}?limit=100")).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    let items = list["items"].as_array().unwrap();
    let mut told: Vec<_> = items
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            format!("{} {}", text("kind"), text("what"))
        })
        .collect();
    let mut sorted: Vec<_> = items.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    sorted.sort_unstable();
    let times: Vec<_> = items.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    assert_eq!(times, sorted, "oldest first");
    told.sort();
    told.dedup();
    insta::assert_snapshot!(told.join("\n"));
    let refund = items.iter().find(|entry| entry["kind"] == "refund").unwrap();
    assert_eq!(refund["amount"], price(PRICE));
    assert_eq!(refund["detail"], "All of it.");

    let (mut paged, mut cursor) = (0, String::new());
    loop {
        let (_, page) = market.app.get(&format!("{path}?limit=7{cursor}")).await;
        paged += page["items"].as_array().unwrap().len();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, items.len());
    let nobodys = "/v1/orders/019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10/timeline";
    assert_eq!(market.app.get(nobodys).await.1["code"], "order_unknown");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn only_staff_who_may_search_orders_or_see_all_of_one(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    let timeline = format!("/v1/orders/{}/timeline", order.id);
    let other = market.app.api_key(&[Permission::PaymentsRead]).await;
    for path in ["/v1/orders", &timeline] {
        for token in [&market.talent_token, &other] {
            let (status, _) = market.app.call_as(token, Method::GET, path, None).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        }
        let (status, _) = market.asks(Method::GET, path, &order.key, None).await;
        assert_eq!(
            status,
            StatusCode::UNAUTHORIZED,
            "an order's key opens the order only: {path}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_manager_sees_what_was_ordered_of_their_talents_and_not_by_whom(db: PgPool) {
    let market = Market::new(db).await;
    let before = market.settled("sandbox_approve").await;
    let (bia, bias) = person(&market.app, "bia@lima.example").await;
    let (_, eves) = person(&market.app, "eve@evil.example").await;
    let (_, agency) = market.app.post("/v1/agencies", json!({ "name": "Lima" })).await;
    let agency = agency["id"].as_str().unwrap();
    for path in [format!("talents/{}", market.talent), format!("managers/{bia}")] {
        let path = format!("/v1/agencies/{agency}/{path}");
        let (status, _) = market.app.call(Method::PUT, &path, None).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    let share = format!("/v1/shares/agencies/{agency}");
    let (status, _) = market.app.put(&share, json!({ "share_bp": 1_000 })).await;
    assert!(status.is_success());
    let order = market.settled("sandbox_approve").await;
    market.settled("sandbox_decline").await;

    let path = format!("/v1/me/agencies/{agency}/orders");
    let (status, list) = market.app.call_as(&bias, Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    assert_eq!(
        ids(&list),
        std::slice::from_ref(&order.id),
        "not {}, which was ordered before",
        before.id
    );
    assert_eq!(list["items"][0]["agency_share"], price(PRICE / 10));
    assert!(!list.to_string().contains(CUSTOMER));
    let shown: Vec<_> = list["items"][0].as_object().unwrap().keys().collect();
    assert_eq!(
        shown,
        [
            "agency_share",
            "deadline_at",
            "id",
            "is_to",
            "occasion",
            "placed_at",
            "status",
            "talent_id",
            "talent_name",
            "talent_share"
        ]
    );
    let (_, none) = market
        .app
        .call_as(&bias, Method::GET, &format!("{path}?status=delivered"), None)
        .await;
    assert_eq!(none["items"], json!([]));
    for token in [&eves, &market.talent_token] {
        let (status, problem) = market.app.call_as(token, Method::GET, &path, None).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!("agency_unknown"))
        );
    }
    let one = format!("/v1/orders/{}", order.id);
    let (status, _) = market.app.call_as(&bias, Method::GET, &one, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "the order itself is not theirs");
}
