//! Orders, from the quote to the video or the money back, as customers, talents and staff see them.

mod alerts;
mod audited;
mod chance;
mod crashes;
mod defects;
mod discounts;
mod fulfil;
mod life;
mod mails;
mod partial;
mod payers;
mod place;
mod promotions;
mod races;
mod redo;
pub(crate) mod refunds;
mod renewals;
mod search;
mod sending;
mod shown;
mod told_again;
mod views;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::books::queries::check;
use marquee_tests::{Answer, MadeOnce, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::catalogue::{price, talent_in};
use crate::videos::put;

pub(crate) const PRICE: i64 = 15_000;
pub(crate) const CUSTOMER: &str = "caio@acme.example";
pub(crate) const TALENT: &str = "ana@acme.example";

/// A market with one talent who takes orders.
pub(crate) struct Market {
    pub(crate) app: TestApp,
    /// Their id and how they are signed in.
    pub(crate) talent: String,
    pub(crate) talent_token: String,
    /// How many mails the test has looked at.
    read: AtomicUsize,
}

/// An order, as its customer has it.
#[derive(Clone, Debug)]
pub(crate) struct Ordered {
    pub(crate) id: String,
    pub(crate) key: String,
}

impl Market {
    pub(crate) async fn new(db: PgPool) -> Self {
        let app = TestApp::with(db, |parts| parts.transcoder = Arc::<MadeOnce>::default());
        Self::of(app.await).await
    }

    pub(crate) async fn of(app: TestApp) -> Self {
        let terms = json!({ "price": price(PRICE), "available": true });
        let (talent, talent_token) = talent_in(&app, TALENT, terms).await;
        let read = app.mail_transport.given().len().into();
        Self {
            app,
            talent,
            talent_token,
            read,
        }
    }

    /// The same in an app on another database, which has all that this one's has.
    pub(crate) fn moved_to(self, app: TestApp) -> Self {
        let read = app.mail_transport.given().len().into();
        Self { app, read, ..self }
    }

    /// Staff change what the talent offers.
    pub(crate) async fn terms(&self, terms: Value) {
        let path = format!("/v1/catalogue/talents/{}", self.talent);
        let (status, profile) = self.app.patch(&path, terms).await;
        assert_eq!(status, StatusCode::OK, "{profile}");
    }

    /// As somebody whom nobody knows.
    pub(crate) async fn publicly(&self, path: &str, body: Value) -> (StatusCode, Value) {
        crate::accounts::anonymously(&self.app, path, body).await
    }

    pub(crate) async fn quote(&self) -> String {
        let (status, quote) = self
            .publicly("/v1/quotes", json!({ "talent_id": self.talent }))
            .await;
        assert_eq!(status, StatusCode::CREATED, "{quote}");
        quote["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn body(&self, quote: &str, method: &str) -> Value {
        json!({
            "quote_id": quote, "email": CUSTOMER, "locale": "en", "for_whom": "someone_else", "is_from": "Caio",
            "is_to": "Bia", "instruction": "Sing for her.", "occasion": "birthday", "language": "pt-BR",
            "is_public": false, "payment_method": method,
        })
    }

    /// Sends an order; whoever has a token is signed in.
    pub(crate) async fn order(&self, key: &str, token: Option<&str>, body: &Value) -> Answer {
        let mut request = self
            .app
            .anonymous(Method::POST, "/v1/orders")
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.app
            .send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// An order of a guest's, not yet paid.
    pub(crate) async fn placed(&self, method: &str) -> Ordered {
        let quote = self.quote().await;
        self.placed_by(&quote, method).await
    }

    /// The same, at the price that was quoted.
    pub(crate) async fn placed_by(&self, quote: &str, method: &str) -> Ordered {
        let answer = self.order(quote, None, &self.body(quote, method)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        Ordered {
            id: answer.body["id"].as_str().unwrap().to_owned(),
            key: answer.headers["x-order-key"].to_str().unwrap().to_owned(),
        }
    }

    /// The same, and everything has come of it that comes at once.
    pub(crate) async fn settled(&self, method: &str) -> Ordered {
        let order = self.placed(method).await;
        self.settle().await;
        order
    }

    /// Works, and brings what the gateway tells, until both are quiet.
    pub(crate) async fn settle(&self) {
        loop {
            self.app.run_jobs().await;
            if self.app.hear_gateway().await.is_empty() {
                return;
            }
        }
    }

    /// Some time later, with the clock's own jobs, and everything settled.
    pub(crate) async fn after(&self, pause: Duration) {
        self.app.leave_jobs();
        self.app.advance(pause);
        marquee_core::platform::cron::run_ticks(&self.app.app)
            .await
            .unwrap();
        self.settle().await;
    }

    /// By the order's key.
    pub(crate) async fn asks(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let request = self
            .app
            .anonymous(method, path)
            .header("x-order-key", key)
            .header("idempotency-key", uuid::Uuid::new_v4().to_string())
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.app.send(request.body(body).unwrap()).await;
        (answer.status, answer.body)
    }

    /// As its customer sees it.
    pub(crate) async fn seen(&self, order: &Ordered) -> Value {
        let path = format!("/v1/orders/{}", order.id);
        let (status, seen) = self.asks(Method::GET, &path, &order.key, None).await;
        assert_eq!(status, StatusCode::OK, "{seen}");
        seen
    }

    pub(crate) async fn status(&self, order: &Ordered) -> String {
        self.seen(order).await["status"].as_str().unwrap().to_owned()
    }

    /// As staff see it.
    pub(crate) async fn known(&self, order: &Ordered) -> Value {
        let (status, seen) = self.app.get(&format!("/v1/orders/{}", order.id)).await;
        assert_eq!(status, StatusCode::OK, "{seen}");
        seen
    }

    /// `authorized: authorizing -> open by payment`, one after the other.
    pub(crate) async fn history(&self, order: &Ordered) -> Vec<String> {
        let known = self.known(order).await;
        let told = |of: &Value| {
            let text = |name: &str| of[name].as_str().unwrap_or("nothing").to_owned();
            format!(
                "{}: {} -> {} by {}",
                text("event"),
                text("from"),
                text("to"),
                text("cause")
            )
        };
        known["history"].as_array().unwrap().iter().map(told).collect()
    }

    /// What its customer does with it.
    pub(crate) async fn act(&self, order: &Ordered, what: &str, body: Value) -> (StatusCode, Value) {
        let path = format!("/v1/orders/{}/{what}", order.id);
        self.asks(Method::POST, &path, &order.key, Some(body)).await
    }

    /// What its talent does with it.
    pub(crate) async fn by_talent(&self, order: &Ordered, what: &str, body: Value) -> (StatusCode, Value) {
        let path = format!("/v1/orders/{}/{what}", order.id);
        self.app
            .call_as(&self.talent_token, Method::POST, &path, Some(body))
            .await
    }

    pub(crate) async fn announce(&self, order: &Ordered, size_bytes: usize) -> (StatusCode, Value) {
        let body = json!({ "type": "video/mp4", "size_bytes": size_bytes });
        self.by_talent(order, "uploads", body).await
    }

    /// Announced and sent, and nothing has come of it yet.
    pub(crate) async fn sent(&self, order: &Ordered, file: Vec<u8>) -> String {
        let (status, upload) = self.announce(order, file.len()).await;
        assert_eq!(status, StatusCode::CREATED, "{upload}");
        let id = upload["id"].as_str().unwrap().to_owned();
        let answer = put(&self.app, &self.talent_token, &id, Body::from(file)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        id
    }

    /// What became of the order's payment.
    pub(crate) async fn payment(&self, order: &Ordered) -> Value {
        let payment = self.known(order).await["payment_id"].as_str().unwrap().to_owned();
        let (status, payment) = self.app.get(&format!("/v1/payments/{payment}")).await;
        assert_eq!(status, StatusCode::OK, "{payment}");
        payment
    }

    pub(crate) async fn payment_status(&self, order: &Ordered) -> String {
        self.payment(order).await["status"].as_str().unwrap().to_owned()
    }

    /// How many orders the talent's weeks have.
    pub(crate) async fn taken(&self) -> i64 {
        sqlx::query_scalar("select coalesce(sum(taken), 0)::bigint from catalogue.week")
            .fetch_one(&self.app.app.db)
            .await
            .unwrap()
    }

    /// To whom mails were sent since this was last asked, and by their subjects about what; in the order of both.
    pub(crate) fn mailed(&self) -> Vec<String> {
        let given = self.app.mail_transport.given();
        let read = self.read.swap(given.len(), Ordering::Relaxed);
        let given = given.into_iter().skip(read);
        let mut given: Vec<_> = given
            .map(|mail| format!("{}: {}", mail.to.address(), mail.subject))
            .collect();
        given.sort();
        given
    }

    /// Fails the test where the books are not right.
    pub(crate) async fn assert_books(&self) {
        let report = check(&self.app.app.db).await.unwrap();
        assert!(report.fine, "{:?}", report.findings);
    }
}
