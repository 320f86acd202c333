//! Customers' money, by a gateway that does everything that gateways do.

mod any_order;
mod attempts;
mod disputes;
mod held;
mod life;
mod news;
mod reconciliation;
mod renewal;
mod unknown;

use std::sync::Arc;

use axum::http::StatusCode;
use marquee_core::books::queries::check;
use marquee_core::money::{Currency, Money};
use marquee_core::payments::{self, Error, Open};
use marquee_core::platform::jobs::{Role, run_due};
use marquee_tests::{Gated, Listener, TestApp};
use serde_json::Value;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

const AMOUNT: i64 = 15_000;

fn brl(amount_minor: i64) -> Money {
    Money::new(amount_minor, Currency::BRL).unwrap()
}

/// The core, whoever listens to payments, and the line to the gateway.
struct Shop {
    app: TestApp,
    listener: Arc<Listener>,
    gateway: Arc<Gated>,
}

impl Shop {
    async fn new(db: PgPool) -> Self {
        let listener = Arc::new(Listener::of("payments."));
        let mut gateway = None;
        let app = TestApp::with(db, |parts| {
            parts.handler = listener.clone();
            let gated = Arc::new(Gated::new(parts.gateway.clone()));
            parts.gateway = gated.clone();
            gateway = Some(gated);
        })
        .await;
        let gateway = gateway.unwrap();
        Self {
            app,
            listener,
            gateway,
        }
    }

    async fn open(&self, method: &str) -> Uuid {
        let mut tx = self.app.app.db.begin().await.unwrap();
        let open = Open {
            order: Uuid::new_v4(),
            amount: brl(AMOUNT),
            method: method.to_owned(),
            needed_for: Duration::days(5),
        };
        let payment = payments::open(&self.app.app, &mut tx, open).await.unwrap();
        tx.commit().await.unwrap();
        payment
    }

    async fn capture(&self, payment: Uuid) -> Result<Uuid, Error> {
        let mut tx = self.app.app.db.begin().await?;
        let operation = payments::capture(&self.app.app, &mut tx, payment).await?;
        tx.commit().await?;
        Ok(operation)
    }

    async fn renew(&self, payment: Uuid) -> Result<Uuid, Error> {
        let mut tx = self.app.app.db.begin().await?;
        let renewed = payments::renew(&self.app.app, &mut tx, payment).await?;
        tx.commit().await?;
        Ok(renewed)
    }

    async fn abandon(&self, payment: Uuid) -> Result<(), Error> {
        let mut tx = self.app.app.db.begin().await?;
        payments::abandon(&self.app.app, &mut tx, payment).await?;
        Ok(tx.commit().await?)
    }

    async fn refund(&self, payment: Uuid, amount_minor: i64) -> Result<Uuid, Error> {
        let mut tx = self.app.app.db.begin().await?;
        let operation = payments::refund(&self.app.app, &mut tx, payment, brl(amount_minor)).await?;
        tx.commit().await?;
        Ok(operation)
    }

    /// Works until nothing is due; what the gateway told meanwhile is not brought.
    async fn work(&self) {
        run_due(&self.app.app, &Role::ALL).await.unwrap();
    }

    /// Works, and brings what the gateway tells, until both are quiet.
    async fn settle(&self) {
        loop {
            self.work().await;
            let answers = self.app.hear_gateway().await;
            assert!(
                answers.iter().all(|status| *status == StatusCode::NO_CONTENT),
                "{answers:?}"
            );
            if answers.is_empty() {
                return;
            }
        }
    }

    /// Some time later, with the clock's own jobs, and everything settled.
    async fn after(&self, pause: Duration) {
        self.app.advance(pause);
        marquee_core::platform::cron::run_ticks(&self.app.app)
            .await
            .unwrap();
        self.settle().await;
    }

    /// As staff see it.
    async fn payment(&self, id: Uuid) -> Value {
        let (status, payment) = self.app.get(&format!("/v1/payments/{id}")).await;
        assert_eq!(status, StatusCode::OK, "{payment}");
        payment
    }

    async fn status(&self, id: Uuid) -> String {
        self.payment(id).await["status"].as_str().unwrap().to_owned()
    }

    /// `authorize succeeded`, one after the other.
    async fn operations(&self, id: Uuid) -> Vec<String> {
        let payment = self.payment(id).await;
        let operations = payment["operations"].as_array().unwrap().iter();
        let told = |of: &Value| {
            format!(
                "{} {}",
                of["kind"].as_str().unwrap(),
                of["status"].as_str().unwrap()
            )
        };
        operations.map(told).collect()
    }

    /// What was told since this was last asked.
    fn heard(&self) -> Vec<String> {
        let heard = self.listener.heard().into_iter();
        heard.map(|(event, _)| event.replace("payments.", "")).collect()
    }

    /// How often the gateway really did something: `authorized`, `captured`.
    async fn done_at_gateway(&self, what: &str) -> i64 {
        sqlx::query_scalar("select count(*) from sandbox.event where kind = 'payment.' || $1")
            .bind(what)
            .fetch_one(&self.app.app.db)
            .await
            .unwrap()
    }

    /// A payment that is captured, with all that follows.
    async fn paid(&self, method: &str) -> Uuid {
        let payment = self.open(method).await;
        self.settle().await;
        self.capture(payment).await.unwrap();
        self.settle().await;
        payment
    }

    /// Fails the test where the books are not right.
    async fn assert_books(&self) {
        let report = check(&self.app.app.db).await.unwrap();
        assert!(report.fine, "{:?}", report.findings);
    }
}
