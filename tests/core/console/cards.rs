//! Paying by a card that only the gateway sees.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::payments::sign;
use marquee_tests::{Answer, StripeServer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::{Browser, location};
use crate::orders::{CUSTOMER, Market};

/// A market whose customers pay by Stripe.
struct Shop {
    market: Market,
    stripe: StripeServer,
}

impl Shop {
    async fn new(db: PgPool) -> Self {
        let stripe = StripeServer::start().await;
        let gateway = Arc::new(stripe.adapter());
        let app = TestApp::with(db, |parts| parts.gateway = gateway).await;
        Self {
            market: Market::of(app).await,
            stripe,
        }
    }

    /// Orders by the form of the checkout page; what answers, and the page's path.
    async fn order(&self, browser: &Browser<'_>, card: &str) -> (Answer, String) {
        let checkout = checkout(&self.market, browser).await;
        let quote = checkout.strip_prefix("/checkout/").unwrap();
        let fields = [
            ("quote_id", quote),
            ("for_whom", "someone_else"),
            ("is_to", "Bia"),
            ("is_from", "Caio"),
            ("instruction", "Sing for her."),
            ("language", "pt-BR"),
            ("is_public", "false"),
            ("email", CUSTOMER),
            ("locale", "en"),
            ("payment_method", card),
            ("_key", quote),
            ("_back", checkout.as_str()),
            ("_next", "/orders/{id}"),
        ];
        let placed = browser.post("/act/v1/orders", &fields).await;
        self.market.app.run_jobs().await;
        (placed, checkout)
    }

    /// What staff see of the order's newest payment.
    async fn payment(&self, order: &str) -> Value {
        let id = order.strip_prefix("/orders/").unwrap();
        let (status, payments) = self
            .market
            .app
            .get(&format!("/v1/payments?order={id}&limit=1"))
            .await;
        assert_eq!(status, StatusCode::OK, "{payments}");
        payments["items"][0].clone()
    }

    /// Stripe tells us that something happened to a payment.
    async fn tell(&self, reference: &Value) {
        let app = &self.market.app;
        let event = json!({
            "id": Uuid::new_v4(), "type": "payment_intent.amount_capturable_updated", "livemode": false,
            "data": { "object": { "object": "payment_intent", "id": reference } },
        })
        .to_string();
        let signature = sign(StripeServer::SECRET.as_bytes(), app.app.now(), event.as_bytes());
        let request = app.anonymous(Method::POST, "/v1/gateways/stripe/events");
        let request = request.header("stripe-signature", signature);
        let answer = app.send(request.body(Body::from(event)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
        app.run_jobs().await;
    }
}

/// The checkout page of a new quote.
async fn checkout(market: &Market, browser: &Browser<'_>) -> String {
    let fields = [("talent_id", market.talent.as_str()), ("_next", "/checkout/{id}")];
    location(&browser.post("/act/v1/quotes", &fields).await).to_owned()
}

fn policy(answer: &Answer) -> &str {
    answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap()
}

/// What a directive of a policy allows.
fn allowed<'a>(policy: &'a str, directive: &str) -> Vec<&'a str> {
    let mut directives = policy.split(';').map(|said| said.split_whitespace());
    let found = directives.find_map(|mut said| (said.next() == Some(directive)).then_some(said));
    found.into_iter().flatten().collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn only_the_page_that_takes_cards_lets_the_gateway_in(db: PgPool) {
    let shop = Shop::new(db).await;
    let browser = Browser::new(&shop.market.app);
    let page = browser.get(&checkout(&shop.market, &browser).await).await;

    for part in [
        "data-card=\"pk_test_12345\"",
        "data-amount=\"15000\"",
        "data-currency=\"brl\"",
        "src=\"https:&#x2f;&#x2f;js.stripe.com&#x2f;v3&#x2f;\"",
        "&#x2f;assets&#x2f;stripe.js?v=",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("sandbox_"), "{}", page.text);
    let said = policy(&page);
    assert_eq!(
        allowed(said, "script-src"),
        ["'self'", "https://js.stripe.com", "https://*.js.stripe.com"],
        "{said}"
    );
    assert_eq!(
        allowed(said, "frame-src"),
        ["https://js.stripe.com", "https://*.js.stripe.com"],
        "{said}"
    );
    assert_eq!(allowed(said, "frame-ancestors"), ["'none'"], "{said}");
    assert!(
        allowed(said, "connect-src").contains(&"https://api.stripe.com"),
        "{said}"
    );
    assert!(!said.contains("unsafe"), "{said}");

    let elsewhere = [
        "/",
        "/talents",
        "/sign-in",
        "/checkout/no-quote",
        "/orders",
        "/v1/gateway",
    ];
    for path in elsewhere {
        let other = browser.get(path).await;
        let said = other.headers.get(header::CONTENT_SECURITY_POLICY);
        let said = said.map_or("", |said| said.to_str().unwrap());
        assert!(!said.contains("stripe"), "{path}: {said}");
        assert!(!said.contains("frame-src"), "{path}: {said}");
    }
    shop.market.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn where_the_gateway_has_no_form_the_policy_of_the_checkout_is_that_of_every_page(db: PgPool) {
    let market = Market::new(db).await;
    let browser = Browser::new(&market.app);
    let page = browser.get(&checkout(&market, &browser).await).await;
    assert!(page.text.contains("sandbox_approve"), "{}", page.text);
    assert_eq!(policy(&page), policy(&browser.get("/talents").await));
    market.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_order_by_the_gateways_form_is_placed_once_the_bank_has_let_it(db: PgPool) {
    let shop = Shop::new(db).await;
    let browser = Browser::new(&shop.market.app);
    let (placed, _) = shop.order(&browser, "pm_card_threeDSecure2Required").await;
    assert_eq!(placed.status, StatusCode::SEE_OTHER, "{}", placed.text);
    let order = location(&placed).to_owned();
    let page = browser.get(&order).await;
    assert!(page.text.contains("Answer your bank"), "{}", page.text);

    let reference = shop.payment(&order).await["reference"].clone();
    // Who has the payment's secret could confirm it or change it: nobody gets it, not even its customer.
    for answer in [&page, &browser.get(&format!("/api/v1{order}")).await] {
        assert!(!answer.text.contains("_secret_"), "{}", answer.text);
    }
    let decided = json!({ "intent": reference, "approve": true });
    shop.stripe.test("bank", decided).await;
    shop.tell(&reference).await;

    let page = browser.get(&order).await;
    assert!(page.text.contains("Waiting for the video"), "{}", page.text);
    shop.market.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whose_card_is_declined_pays_with_another_by_the_same_form(db: PgPool) {
    let shop = Shop::new(db).await;
    let browser = Browser::new(&shop.market.app);
    let (placed, _) = shop.order(&browser, "pm_card_visa_chargeDeclined").await;
    let order = location(&placed).to_owned();
    let declined = browser.get(&order).await;
    assert!(declined.text.contains("Card declined"), "{}", declined.text);
    let pay = format!("{order}/pay");
    assert!(
        declined.text.contains(&pay.replace('/', "&#x2f;")) || declined.text.contains(&format!("{pay}\"")),
        "{}",
        declined.text
    );
    assert!(!policy(&declined).contains("stripe"));

    let page = browser.get(&pay).await;
    assert!(page.text.contains("data-card=\"pk_test_12345\""), "{}", page.text);
    assert!(policy(&page).contains("https://js.stripe.com"));
    let fields = [
        ("payment_method", "pm_card_visa"),
        ("_key", "another-card-of-mine"),
        ("_back", pay.as_str()),
        ("_next", order.as_str()),
    ];
    let paid = browser.post(&format!("/act/v1{order}/pay"), &fields).await;
    assert_eq!(location(&paid), order, "{}", paid.text);
    shop.market.app.run_jobs().await;
    let page = browser.get(&order).await;
    assert!(page.text.contains("Waiting for the video"), "{}", page.text);
    // A stranger sees neither the amount nor the form.
    let stranger = Browser::new(&shop.market.app).get(&pay).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    assert!(!stranger.text.contains("data-card"), "{}", stranger.text);
    shop.market.app.leave_jobs();
}
