//! The core with Stripe as its gateway, from an order's payment to the books.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use marquee_core::payments::{self, Open, sign};
use marquee_core::platform::jobs::{Role, run_due};
use marquee_tests::{StripeServer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
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
        let mut tx = self.app.app.db.begin().await.unwrap();
        let open = Open {
            order: Uuid::new_v4(),
            amount: brl(AMOUNT),
            method: "pm_card_visa".to_owned(),
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
