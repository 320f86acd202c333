//! From the quote to the order.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOMER, Market, PRICE, TALENT};
use crate::accounts::person;
use crate::catalogue::price;

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_quote_says_what_an_order_costs_and_how_long_that_holds(db: PgPool) {
    let market = Market::new(db).await;
    let (status, quote) = market
        .publicly("/v1/quotes", json!({ "talent_id": market.talent }))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let expected = json!({
        "id": quote["id"], "talent_id": market.talent, "list_price": price(PRICE), "discount_minor": 0,
        "price": price(PRICE), "delivery_days": 5, "expires_at": "2026-07-01T12:15:00Z", "used": false,
    });
    assert_eq!(quote, expected);
    let path = format!("/v1/quotes/{}", quote["id"].as_str().unwrap());
    let again = crate::catalogue::publicly(&market.app, &path).await;
    assert_eq!(again.body, expected);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_guest_orders_and_opens_the_order_by_its_key_only(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.placed("sandbox_approve").await;
    assert_eq!(order.key.len(), 43, "256 bits");
    let seen = market.seen(&order).await;
    assert_eq!(
        [&seen["status"], &seen["is_from"], &seen["email"]],
        ["authorizing", "Caio", CUSTOMER]
    );
    assert_eq!(seen["price"], price(PRICE));
    let path = format!("/v1/orders/{}", order.id);
    let other = market.placed("sandbox_approve").await;
    for (key, expected) in [
        (other.key.as_str(), StatusCode::NOT_FOUND),
        ("nonsense", StatusCode::NOT_FOUND),
        ("", StatusCode::NOT_FOUND),
    ] {
        let (status, problem) = market.asks(Method::GET, &path, key, None).await;
        assert_eq!((status, &problem["code"]), (expected, &json!("order_unknown")));
    }
    let anonymous = crate::catalogue::publicly(&market.app, &path).await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
    market.settle().await;
    assert_eq!(
        market.history(&order).await,
        [
            "placed: nothing -> authorizing by customer",
            "authorized: authorizing -> open by payment"
        ]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_is_signed_in_orders_for_their_account(db: PgPool) {
    let market = Market::new(db).await;
    let (_, token) = person(&market.app, CUSTOMER).await;
    let quote = market.quote().await;
    let mut body = market.body(&quote, "sandbox_approve");
    let answer = market.order("a", Some(&token), &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.body["errors"][0]["pointer"], "/email");
    body["email"] = json!(null);
    let answer = market.order("b", Some(&token), &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.body["email"], CUSTOMER);

    let path = format!("/v1/orders/{}", answer.body["id"].as_str().unwrap());
    let (status, _) = market.app.call_as(&token, Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::OK);
    let (_, stranger) = person(&market.app, "eva@acme.example").await;
    let (status, problem) = market.app.call_as(&stranger, Method::GET, &path, None).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("order_unknown"))
    );
    let key = market.app.api_key(&marquee_core::access::Permission::ALL).await;
    let answer = market.order("c", Some(&key), &body).await;
    assert_eq!(answer.body["code"], "session_needed", "{}", answer.text);
    market.settle().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_29_what_is_wrong_is_told_field_by_field_and_nothing_is_done(db: PgPool) {
    let market = Market::new(db).await;
    let quote = market.quote().await;
    let good = market.body(&quote, "sandbox_approve");
    for (change, pointer) in [
        (json!({ "is_from": null }), "/is_from"),
        (json!({ "is_from": "x".repeat(81) }), "/is_from"),
        (json!({ "is_to": "a\nb" }), "/is_to"),
        (json!({ "instruction": " " }), "/instruction"),
        (json!({ "instruction": "x".repeat(2_001) }), "/instruction"),
        (json!({ "occasion": "" }), "/occasion"),
        (json!({ "email": null }), "/email"),
        (json!({ "email": "no address" }), "/email"),
        (json!({ "email": "a@acme.example, b@acme.example" }), "/email"),
        (json!({ "payment_method": "" }), "/payment_method"),
        (json!({ "payment_method": "x".repeat(501) }), "/payment_method"),
    ] {
        let mut body = good.clone();
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let answer = market.order("key", None, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{change}");
        assert_eq!(
            answer.body["errors"][0]["pointer"], pointer,
            "{change}: {}",
            answer.text
        );
    }
    for missing in [
        "quote_id",
        "for_whom",
        "is_to",
        "instruction",
        "language",
        "is_public",
        "payment_method",
    ] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(missing);
        let answer = market.order("key", None, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{missing}");
    }
    assert_eq!(market.taken().await, 0);
    let answer = market.order("key", None, &good).await;
    assert_eq!(
        answer.status,
        StatusCode::CREATED,
        "the key is still free: {}",
        answer.text
    );
    market.settle().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p11_marketplace_defect_01_nobody_says_what_they_pay(db: PgPool) {
    let market = Market::new(db).await;
    let quote = market.quote().await;
    for amount in [
        json!(1),
        json!(-1),
        json!(1e300),
        json!("1e3"),
        json!("٣"),
        json!(9_007_199_254_740_993_u64),
    ] {
        for name in ["amount_minor", "price", "order_amount_paid"] {
            let mut body = market.body(&quote, "sandbox_approve");
            body[name] = amount.clone();
            let answer = market.order("key", None, &body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {amount}");
            let body = json!({ "talent_id": market.talent, name: amount });
            let (status, _) = market.publicly("/v1/quotes", body).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {amount}");
        }
    }
    assert_eq!(market.taken().await, 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_orders_for_themselves_need_not_say_who_it_is_from(db: PgPool) {
    let market = Market::new(db).await;
    let quote = market.quote().await;
    let mut body = market.body(&quote, "sandbox_approve");
    body["for_whom"] = json!("myself");
    body["is_from"] = json!(null);
    let answer = market.order("key", None, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!([&answer.body["is_from"], &answer.body["is_to"]], ["Bia", "Bia"]);
    market.settle().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_quote_is_good_for_one_order_and_a_quarter_of_an_hour(db: PgPool) {
    let market = Market::new(db).await;
    let code = async |key: &str, quote: &str| {
        let answer = market
            .order(key, None, &market.body(quote, "sandbox_approve"))
            .await;
        answer.body["code"].as_str().map(str::to_owned)
    };
    let (first, late) = (market.quote().await, market.quote().await);
    assert_eq!(code("a", &first).await, None);
    assert_eq!(code("b", &first).await.as_deref(), Some("quote_used"));
    market.app.advance(Duration::minutes(15));
    assert_eq!(code("c", &late).await.as_deref(), Some("quote_expired"));
    let nobodys = uuid::Uuid::new_v4().to_string();
    assert_eq!(code("d", &nobodys).await.as_deref(), Some("quote_unknown"));
    assert_eq!(market.taken().await, 1);
    market.settle().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p01_the_same_request_many_times_at_once_is_one_order_with_one_key(db: PgPool) {
    let market = Market::new(db).await;
    let quote = market.quote().await;
    let body = market.body(&quote, "sandbox_approve");
    let all = (0..10).map(|_| market.order("the-same", None, &body));
    let answers = futures::future::join_all(all).await;
    let mut made: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED)
        .collect();
    for other in answers
        .iter()
        .filter(|answer| answer.status != StatusCode::CREATED)
    {
        assert_eq!(other.body["code"], "idempotency_in_flight", "{}", other.text);
    }
    let again = market.order("the-same", None, &body).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    made.push(&again);
    for answer in &made {
        assert_eq!(answer.body["id"], made[0].body["id"]);
        assert_eq!(answer.headers["x-order-key"], made[0].headers["x-order-key"]);
    }
    assert_eq!(market.taken().await, 1);
    market.settle().await;
    let (_, orders) = market.app.get("/v1/orders").await;
    assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    let (_, payments) = market.app.get("/v1/payments").await;
    assert_eq!(payments["items"].as_array().unwrap().len(), 1);
    let kept: Vec<Value> =
        sqlx::query_scalar("select answer from platform.idempotency_key where answer is not null")
            .fetch_all(&market.app.app.db)
            .await
            .unwrap();
    let key = made[0].headers["x-order-key"].to_str().unwrap();
    assert!(
        !format!("{kept:?}").contains(key),
        "the database does not show the key"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p02_a_key_with_another_body_is_refused_and_nothing_is_done(db: PgPool) {
    let market = Market::new(db).await;
    let quote = market.quote().await;
    let mut body = market.body(&quote, "sandbox_approve");
    assert_eq!(market.order("key", None, &body).await.status, StatusCode::CREATED);
    body["is_to"] = json!("Eva");
    let answer = market.order("key", None, &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.body["code"], "idempotency_key_reused");
    let other = market.body(&market.quote().await, "sandbox_approve");
    let answer = market.order("key", None, &other).await;
    assert_eq!(answer.body["code"], "idempotency_key_reused");
    assert_eq!(market.taken().await, 1);
    market.settle().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p03_without_a_good_key_nothing_is_ordered_and_an_old_one_is_new_again(db: PgPool) {
    let market = Market::new(db).await;
    let quote = market.quote().await;
    let body = market.body(&quote, "sandbox_approve");
    let request = market
        .app
        .anonymous(Method::POST, "/v1/orders")
        .header(header::CONTENT_TYPE, "application/json");
    let answer = market
        .app
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::BAD_REQUEST, &json!("idempotency_key_missing"))
    );
    for key in ["x".repeat(256).as_str(), "", "a b"] {
        let answer = market.order(key, None, &body).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (StatusCode::BAD_REQUEST, &json!("idempotency_key_invalid")),
            "{key:?}"
        );
    }
    assert_eq!(market.order("key", None, &body).await.status, StatusCode::CREATED);
    market.settle().await;
    // Keys are kept for a day; what forgets them comes by hourly.
    market.after(Duration::hours(25)).await;
    let other = market.body(&market.quote().await, "sandbox_approve");
    assert_eq!(
        market.order("key", None, &other).await.status,
        StatusCode::CREATED
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p09_what_was_quoted_is_paid_whatever_the_price_is_by_then(db: PgPool) {
    let market = Market::new(db).await;
    let quote = market.quote().await;
    market
        .terms(json!({ "price": price(99_900), "delivery_days": 1 }))
        .await;
    let (status, shares) = market
        .app
        .put(
            &format!("/v1/shares/talents/{}", market.talent),
            json!({ "share_bp": 10 }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{shares}");
    let answer = market
        .order("key", None, &market.body(&quote, "sandbox_approve"))
        .await;
    assert_eq!(answer.body["price"], price(PRICE), "{}", answer.text);
    market.settle().await;
    let (_, payments) = market.app.get("/v1/payments").await;
    assert_eq!(payments["items"][0]["amount_minor"], PRICE);
    let id = answer.body["id"].as_str().unwrap();
    let (_, known) = market.app.get(&format!("/v1/orders/{id}")).await;
    assert_eq!(
        known["deadline_at"], "2026-07-06T11:00:00Z",
        "five days, less an hour"
    );
    assert_eq!(known["talent_share"], price(PRICE * 3 / 4));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p13_a_talent_takes_as_many_orders_a_week_as_they_said_and_not_one_more(db: PgPool) {
    let market = Market::new(db).await;
    market.terms(json!({ "weekly_capacity": 3 })).await;
    let mut quotes = Vec::new();
    for _ in 0..20 {
        quotes.push(market.quote().await);
    }
    let bodies: Vec<_> = quotes
        .iter()
        .map(|quote| market.body(quote, "sandbox_approve"))
        .collect();
    let all = quotes
        .iter()
        .zip(&bodies)
        .map(|(quote, body)| market.order(quote, None, body));
    let answers = futures::future::join_all(all).await;
    let made = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED)
        .count();
    assert_eq!(made, 3);
    for refused in answers
        .iter()
        .filter(|answer| answer.status != StatusCode::CREATED)
    {
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (StatusCode::CONFLICT, &json!("talent_fully_booked"))
        );
    }
    assert_eq!(market.taken().await, 3);
    market.settle().await;

    // What ends gives its place back, once.
    let made = answers
        .iter()
        .find(|answer| answer.status == StatusCode::CREATED)
        .unwrap();
    let order = super::Ordered {
        id: made.body["id"].as_str().unwrap().to_owned(),
        key: made.headers["x-order-key"].to_str().unwrap().to_owned(),
    };
    for _ in 0..2 {
        let (status, problem) = market.act(&order, "cancel", json!({})).await;
        assert_eq!(status, StatusCode::OK, "{problem}");
    }
    assert_eq!(market.taken().await, 2);
    market.placed("sandbox_approve").await;
    let full = market.body(&market.quote().await, "sandbox_approve");
    assert_eq!(
        market.order("one-more", None, &full).await.body["code"],
        "talent_fully_booked"
    );
    // Next week there is room again.
    market.settle().await;
    market.app.advance(Duration::days(5));
    market.placed("sandbox_approve").await;
    market.settle().await;
    market.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p16_nobody_orders_from_who_takes_no_orders_is_banned_or_is_themselves(db: PgPool) {
    let market = Market::new(db).await;
    let code = async |body: &Value, token: Option<&str>| {
        let key = uuid::Uuid::new_v4().to_string();
        let answer = market.order(&key, token, body).await;
        answer.body["code"].as_str().unwrap_or_default().to_owned()
    };
    let mut own = market.body(&market.quote().await, "sandbox_approve");
    own["email"] = json!(TALENT.to_uppercase());
    assert_eq!(code(&own, None).await, "own_video");
    own["email"] = json!(null);
    assert_eq!(code(&own, Some(&market.talent_token)).await, "own_video");

    let body = market.body(&market.quote().await, "sandbox_approve");
    market.terms(json!({ "available": false })).await;
    assert_eq!(code(&body, None).await, "talent_unavailable");
    let ask = async || {
        let ask = json!({ "talent_id": market.talent });
        market.publicly("/v1/quotes", ask).await.1["code"]
            .as_str()
            .map(str::to_owned)
    };
    assert_eq!(ask().await.as_deref(), Some("talent_unavailable"));
    market.terms(json!({ "available": true })).await;

    let profile = format!("/v1/catalogue/talents/{}", market.talent);
    let (_, profile) = market.app.get(&profile).await;
    let path = format!("/v1/people/{}/suspend", profile["person_id"].as_str().unwrap());
    let (status, problem) = market.app.post(&path, json!({})).await;
    assert!(status.is_success(), "{problem}");
    assert_eq!(code(&body, None).await, "talent_unknown");
    assert_eq!(ask().await.as_deref(), Some("talent_unknown"));
    assert_eq!(market.taken().await, 0);
    market.app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_prefers_to_wait_is_told_whether_it_is_paid(db: PgPool) {
    let market = Market::new(db).await;
    let ask = async |wait: &str, key: &str| {
        let body = market.body(&market.quote().await, "sandbox_approve");
        let request = market
            .app
            .anonymous(Method::POST, "/v1/orders")
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key.to_owned())
            .header("prefer", wait.to_owned());
        market
            .app
            .send(request.body(Body::from(body.to_string())).unwrap())
            .await
    };
    let working = async {
        while sqlx::query_scalar::<_, i64>("select count(*) from orders.purchase where status = 'open'")
            .fetch_one(&market.app.app.db)
            .await
            .unwrap()
            == 0
        {
            market.app.run_jobs().await;
            tokio::task::yield_now().await;
        }
    };
    let (answer, ()) = tokio::join!(ask("wait=10", "a"), working);
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.body["status"], "open");
    assert_eq!(answer.headers["preference-applied"], "wait=10");
    let answer = ask("wait=0", "b").await;
    assert_eq!(answer.body["status"], "authorizing", "nobody works meanwhile");
    market.settle().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn quotes_are_given_to_one_network_only_so_often(db: PgPool) {
    let app = TestApp::new(db).await;
    let market = Market::of(app).await;
    let mut refused = 0;
    for _ in 0..70 {
        let ask = json!({ "talent_id": market.talent });
        let (status, _) = market.publicly("/v1/quotes", ask).await;
        refused += usize::from(status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 10);
}
