//! The core with Stripe as its gateway, from an order's payment to the books.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use marquee_core::ledger::Account;
use marquee_core::ledger::queries::balance;
use marquee_core::money::Currency;
use marquee_core::payments::{self, Open, sign};
use marquee_core::platform::jobs::{Role, run_due};
use marquee_tests::{StripeServer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use time::macros::datetime;
use uuid::Uuid;

use super::suite::{AMOUNT, brl};

struct Shop {
    app: TestApp,
    stripe: Arc<StripeServer>,
}

impl Shop {
    async fn new(db: PgPool) -> Self {
        let stripe = Arc::new(StripeServer::start().await);
        let gateway = Arc::new(stripe.adapter());
        let app = TestApp::with(db, |parts| parts.gateway = gateway).await;
        Self { app, stripe }
    }

    async fn open(&self) -> Uuid {
        self.open_for("pm_card_visa", Duration::days(5)).await
    }

    async fn open_for(&self, method: &str, needed_for: Duration) -> Uuid {
        let mut tx = self.app.app.db.begin().await.unwrap();
        let open = Open {
            order: Uuid::new_v4(),
            amount: brl(AMOUNT),
            method: method.to_owned(),
            needed_for,
        };
        let payment = payments::open(&self.app.app, &mut tx, open).await.unwrap();
        tx.commit().await.unwrap();
        self.work().await;
        payment
    }

    async fn capture(&self, payment: Uuid) {
        let mut tx = self.app.app.db.begin().await.unwrap();
        payments::capture(&self.app.app, &mut tx, payment).await.unwrap();
        tx.commit().await.unwrap();
        self.work().await;
    }

    async fn work(&self) {
        run_due(&self.app.app, &Role::ALL).await.unwrap();
    }

    async fn payment(&self, id: Uuid) -> Value {
        let (status, payment) = self.app.get(&format!("/v1/payments/{id}")).await;
        assert_eq!(status, StatusCode::OK, "{payment}");
        payment
    }

    /// As Stripe says it.
    async fn tell(&self, live: bool, reference: &Value) -> StatusCode {
        let event = json!({
            "id": Uuid::new_v4(), "type": "payment_intent.succeeded", "livemode": live,
            "data": { "object": { "object": "payment_intent", "id": reference } },
        });
        let body = event.to_string();
        let signature = sign(
            StripeServer::SECRET.as_bytes(),
            self.app.app.now(),
            body.as_bytes(),
        );
        let request = self.app.anonymous(Method::POST, "/v1/gateways/stripe/events");
        let request = request
            .header("stripe-signature", signature)
            .body(Body::from(body));
        self.app.send(request.unwrap()).await.status
    }

    /// What Stripe keeps, by our books.
    async fn fees(&self) -> i64 {
        let mut conn = self.app.app.db.acquire().await.unwrap();
        balance(&mut conn, Account::Fees, Currency::BRL).await.unwrap()
    }

    async fn assert_books(&self) {
        let report = marquee_core::books::queries::check(&self.app.app.db)
            .await
            .unwrap();
        assert!(report.fine, "{:?}", report.findings);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_payment_by_stripe_comes_to_the_books_whatever_answers_are_lost(db: PgPool) {
    let shop = Shop::new(db).await;
    shop.stripe.break_with(&["drop_after"]).await;
    let payment = shop.open().await;
    assert_eq!(shop.payment(payment).await["operations"][0]["status"], "unknown");
    shop.app.advance(Duration::seconds(10));
    shop.work().await;
    let view = shop.payment(payment).await;
    assert_eq!(
        (&view["status"], &view["gateway"]),
        (&json!("authorized"), &json!("stripe"))
    );
    assert!(view["reference"].as_str().unwrap().starts_with("pi_"));

    shop.stripe.break_with(&["drop_after"]).await;
    shop.capture(payment).await;
    // Before we ask, Stripe tells.
    assert_eq!(shop.tell(false, &view["reference"]).await, StatusCode::NO_CONTENT);
    shop.work().await;
    let view = shop.payment(payment).await;
    assert_eq!(
        (&view["status"], &view["captured_minor"]),
        (&json!("captured"), &json!(AMOUNT))
    );
    assert_eq!(view["fee_minor"], 600);
    assert_eq!(shop.stripe.calls().await, 2);
    shop.assert_books().await;
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w06_live_events_are_refused_where_payments_are_tests_and_somebody_is_told(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open().await;
    let view = shop.payment(payment).await;
    assert_eq!(shop.tell(true, &view["reference"]).await, StatusCode::BAD_REQUEST);
    assert!(shop.app.alerted("payments.other_mode", "stripe"));
    let kept: i64 = sqlx::query_scalar("select count(*) from payments.notice")
        .fetch_one(&shop.app.app.db)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p08_what_is_needed_for_longer_than_a_week_is_held_anew_by_stripe(db: PgPool) {
    let shop = Shop::new(db).await;
    let first = shop.open_for("pm_card_visa", Duration::days(14)).await;
    assert_eq!(shop.payment(first).await["status"], "authorized");
    let mut tx = shop.app.app.db.begin().await.unwrap();
    let second = payments::renew(&shop.app.app, &mut tx, first).await.unwrap();
    payments::abandon(&shop.app.app, &mut tx, first).await.unwrap();
    tx.commit().await.unwrap();
    shop.work().await;
    assert_eq!(shop.payment(first).await["status"], "voided");
    assert_eq!(shop.payment(second).await["status"], "authorized");
    shop.capture(second).await;
    assert_eq!(shop.payment(second).await["status"], "captured");
    // The customer, two holds, one let go, one taken.
    assert_eq!(shop.stripe.calls().await, 5);
    shop.assert_books().await;
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p15_what_a_dispute_costs_is_in_the_books_and_so_is_what_of_it_comes_back(db: PgPool) {
    let shop = Shop::new(db).await;
    let mut kept = 0;
    for (ends, costs) in [("lost", 1_500), ("won", 0)] {
        let payment = shop.open_for("pm_card_createDispute", Duration::days(5)).await;
        shop.capture(payment).await;
        let reference = shop.payment(payment).await["reference"].clone();
        shop.tell(false, &reference).await;
        shop.work().await;
        kept += 600;
        assert_eq!(
            shop.fees().await,
            kept + 1_500,
            "that of the payment, that of the dispute"
        );

        shop.stripe
            .test("dispute", json!({ "intent": reference, "status": ends }))
            .await;
        for _ in 0..2 {
            shop.tell(false, &reference).await;
            shop.work().await;
        }
        kept += costs;
        assert_eq!(shop.fees().await, kept, "{ends}");
        let view = shop.payment(payment).await;
        let dispute = &view["disputes"][0];
        assert_eq!(
            (
                &dispute["status"],
                &dispute["fee_minor"],
                &dispute["fee_returned_minor"]
            ),
            (&json!(ends), &json!(1_500), &json!(1_500 - costs))
        );
        assert_eq!(view["fee_minor"], 600);
    }
    shop.assert_books().await;
    let always = (time::OffsetDateTime::UNIX_EPOCH, datetime!(2040-01-01 00:00 UTC));
    let reconciled = payments::reconcile(&shop.app.app, always, |_| {}).await.unwrap();
    assert_eq!(
        (reconciled.compared, reconciled.differences.len()),
        (2, 0),
        "{reconciled:?}"
    );
    shop.app.leave_jobs();
}
