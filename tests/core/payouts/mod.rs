//! What talents and agencies are owed, on its way to them and back.

mod chance;
mod faults;
mod files;
mod hostile;
mod mails;
mod months;
mod runs;
mod statements;

use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::access::Permission;
use marquee_core::books::queries::check;
use marquee_core::ledger::queries::balance;
use marquee_core::ledger::{self, Account, FromPayment, Sale};
use marquee_core::money::{Currency, Money, Shares};
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::catalogue::talent;

/// In the month that the tests pay out, which is over.
const JUNE: OffsetDateTime = datetime!(2026-06-15 12:00 UTC);

/// Staff who make payouts, others who approve them, and talents with accounts.
struct Treasury {
    app: TestApp,
    maker: String,
    approver: String,
    accounts: AtomicU32,
}

impl Treasury {
    async fn new(db: PgPool) -> Self {
        Self::of(TestApp::new(db).await).await
    }

    async fn of(app: TestApp) -> Self {
        let maker = app
            .api_key(&[Permission::PayoutsCreate, Permission::PayoutsRead])
            .await;
        let approver = app.api_key(&[Permission::PayoutsApprove]).await;
        Self {
            app,
            maker,
            approver,
            accounts: AtomicU32::new(10_000),
        }
    }

    /// A talent of that name whose account is known.
    async fn talent(&self, name: &str) -> Uuid {
        let id = self.homeless(name).await;
        self.settle_down(id).await;
        id
    }

    /// One whose account is not.
    async fn homeless(&self, name: &str) -> Uuid {
        let id = talent(
            &self.app,
            &format!("{}@acme.example", name.to_lowercase()),
            name,
            json!({}),
        )
        .await;
        id.parse().unwrap()
    }

    async fn settle_down(&self, talent: Uuid) {
        self.set_account(&format!("/v1/catalogue/talents/{talent}")).await;
        self.app.run_jobs().await;
    }

    /// An account that nobody else has.
    async fn set_account(&self, whose: &str) {
        let account = self.accounts.fetch_add(1, Ordering::Relaxed).to_string();
        let details = json!({
            "bank": "341", "bank_name": "Itaú", "branch": "0001", "account_number": account, "account_digit": "6",
            "account_type": "checking", "holder_name": "Lima, Ana", "tax_document": "111.444.777-35",
        });
        let path = format!("{whose}/bank-details");
        let request = self
            .app
            .request(Method::PUT, &path)
            .header(header::IF_MATCH, "*")
            .header(header::CONTENT_TYPE, "application/json");
        let answer = self
            .app
            .send(request.body(Body::from(details.to_string())).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    /// A sale of which the talent gets three quarters; the payment.
    async fn sold(&self, talent: Uuid, amount_minor: i64, occurred_at: OffsetDateTime) -> Uuid {
        self.shared(talent, None, amount_minor, occurred_at).await
    }

    /// One of which the agency gets a tenth, if there is one.
    async fn shared(
        &self,
        talent: Uuid,
        agency: Option<Uuid>,
        amount_minor: i64,
        occurred_at: OffsetDateTime,
    ) -> Uuid {
        let mut tx = self.app.app.db.begin().await.unwrap();
        let payment = self
            .shared_in(&mut tx, talent, agency, amount_minor, occurred_at)
            .await;
        tx.commit().await.unwrap();
        payment
    }

    /// The same in a transaction of the caller's.
    async fn shared_in(
        &self,
        tx: &mut PgConnection,
        talent: Uuid,
        agency: Option<Uuid>,
        amount_minor: i64,
        occurred_at: OffsetDateTime,
    ) -> Uuid {
        let payment = Uuid::new_v4();
        let paid = Money::new(amount_minor, Currency::BRL).unwrap();
        let captured = FromPayment {
            payment,
            by: Uuid::new_v4(),
            amount: paid,
            occurred_at,
        };
        ledger::capture(&mut *tx, captured).await.unwrap();
        let sale = Sale {
            payment,
            order: Uuid::new_v4(),
            paid,
            promo_minor: 0,
            talent,
            agency,
            shares: Shares::new(7_500, agency.map_or(0, |_| 1_000)).unwrap(),
            occurred_at,
        };
        ledger::sale(&mut *tx, sale).await.unwrap();
        payment
    }

    async fn refunded(&self, payment: Uuid, amount_minor: i64) {
        let mut tx = self.app.app.db.begin().await.unwrap();
        let refund = FromPayment {
            payment,
            by: Uuid::new_v4(),
            amount: Money::new(amount_minor, Currency::BRL).unwrap(),
            occurred_at: self.app.app.now(),
        };
        ledger::refund(&mut tx, refund).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn call(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let request = self
            .app
            .anonymous(method, path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("idempotency-key", Uuid::new_v4().to_string())
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.app.send(request.body(body).unwrap()).await;
        (answer.status, answer.body)
    }

    async fn preview(&self) -> Value {
        let (status, preview) = self
            .call(&self.maker, Method::GET, "/v1/payouts/preview", None)
            .await;
        assert_eq!(status, StatusCode::OK, "{preview}");
        preview
    }

    async fn create(&self) -> (StatusCode, Value) {
        self.call(&self.maker, Method::POST, "/v1/payouts", Some(json!({})))
            .await
    }

    async fn created(&self) -> Value {
        let (status, payout) = self.create().await;
        assert_eq!(status, StatusCode::CREATED, "{payout}");
        payout
    }

    async fn approve(&self, payout: &Value) -> (StatusCode, Value) {
        let total = json!({ "amount_minor": payout["total_minor"], "currency": "BRL" });
        let path = format!("/v1/payouts/{}/approve", payout["id"].as_str().unwrap());
        self.call(
            &self.approver,
            Method::POST,
            &path,
            Some(json!({ "total": total })),
        )
        .await
    }

    async fn approved(&self) -> String {
        let payout = self.created().await;
        let (status, payout) = self.approve(&payout).await;
        assert_eq!(status, StatusCode::OK, "{payout}");
        payout["id"].as_str().unwrap().to_owned()
    }

    async fn file(&self, payout: &str, query: &str) -> Answer {
        let request = self
            .app
            .anonymous(Method::GET, &format!("/v1/payouts/{payout}/file?{query}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.maker));
        self.app.send(request.body(Body::empty()).unwrap()).await
    }

    /// The file as it comes back with an answer in each row, by the names of whose they are.
    async fn answered(&self, payout: &str, answer: impl Fn(&str) -> &'static str) -> String {
        let file = self.file(payout, "locale=en").await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.text);
        let mut rows = file.text.lines().map(str::to_owned).collect::<Vec<_>>();
        for row in rows.iter_mut().skip(1) {
            let whose = row.split_once('@').unwrap().0.to_owned();
            *row = row.replace(" - Itaú,,", &format!(" - Itaú,{},", answer(&whose)));
        }
        rows.join("\n")
    }

    async fn import(&self, payout: &str, query: &str, file: &str) -> (StatusCode, Value) {
        let answer = self.send_result(payout, query, file.as_bytes().to_vec()).await;
        (answer.status, answer.body)
    }

    async fn send_result(&self, payout: &str, query: &str, file: Vec<u8>) -> Answer {
        let request = self
            .app
            .anonymous(Method::POST, &format!("/v1/payouts/{payout}/results?{query}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.maker))
            .header(header::CONTENT_TYPE, "text/csv");
        self.app.send(request.body(Body::from(file)).unwrap()).await
    }

    /// With three talents, who are owed 15,000, 30,000 and 45,000.
    async fn three(db: PgPool) -> Self {
        let treasury = Self::new(db).await;
        for (name, amount_minor) in [("Ana", 20_000), ("Bia", 40_000), ("Cyd", 60_000)] {
            let talent = treasury.talent(name).await;
            treasury.sold(talent, amount_minor, JUNE).await;
        }
        treasury
    }

    async fn imported(&self, payout: &str, file: &str) -> Value {
        let (status, report) = self.import(payout, "", file).await;
        assert_eq!(status, StatusCode::OK, "{report}");
        report
    }

    async fn payout(&self, id: &str) -> Value {
        let path = format!("/v1/payouts/{id}");
        self.call(&self.maker, Method::GET, &path, None).await.1
    }

    /// What a talent is owed; what is on its way to all; what has left.
    async fn owed(&self, talent: Uuid) -> i64 {
        -self.balance(Account::Talent(talent)).await
    }

    async fn balance(&self, account: Account) -> i64 {
        let mut conn = self.app.app.db.acquire().await.unwrap();
        balance(&mut conn, account, Currency::BRL).await.unwrap()
    }

    /// To whom mails were sent, and about what.
    async fn mailed(&self) -> Vec<String> {
        self.app.run_jobs().await;
        let given = self.app.mail_transport.given();
        let told = given
            .iter()
            .map(|mail| format!("{}: {}", mail.to.address(), mail.subject));
        told.filter(|told| told.contains("BRL")).collect()
    }

    async fn assert_books(&self) {
        let mut found = check(&self.app.app.db).await.unwrap().findings;
        // What these tests sell was never paid.
        found.retain(|finding| !["captures", "refunds", "fees"].contains(&finding.check));
        assert_eq!(found, []);
    }
}
