//! Months whose books are closed.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::access::{Permission, Principal};
use marquee_core::books::{self, Closing, Month};
use marquee_core::ledger::{self, Error, FromPayment};
use marquee_core::money::{Currency, Money};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::orders::{Market, PRICE};
use crate::videos::good;

const IN_JULY: OffsetDateTime = datetime!(2026-07-20 12:00 UTC);
/// The first moment that is not July any more, in Sao Paulo.
const AUGUST: OffsetDateTime = datetime!(2026-08-01 03:00 UTC);

/// A market where one order was delivered in July, and it is the second of August.
async fn july(db: PgPool) -> Market {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    market.sent(&order, good()).await;
    market.settle().await;
    assert_eq!(market.status(&order).await, "delivered");
    market.after(Duration::days(32)).await;
    market
}

async fn close(app: &TestApp, month: &str, query: &str) -> (StatusCode, Value) {
    let path = format!("/v1/books/closed/{month}?{query}");
    app.call(Method::PUT, &path, None).await
}

pub(crate) async fn closed(app: &TestApp, month: &str) -> Value {
    let (status, closing) = close(app, month, "").await;
    assert_eq!(status, StatusCode::OK, "{closing}");
    assert_eq!(closing["closed"], true, "{closing}");
    closing
}

/// The checks that found something, once each.
fn found(closing: &Value) -> Vec<&str> {
    let findings = closing["report"]["findings"].as_array().unwrap().iter();
    let mut found: Vec<_> = findings
        .map(|finding| finding["check"].as_str().unwrap())
        .collect();
    found.dedup();
    found
}

async fn capture(conn: &mut PgConnection, occurred_at: OffsetDateTime) -> Result<Uuid, Error> {
    let captured = FromPayment {
        payment: Uuid::new_v4(),
        by: Uuid::new_v4(),
        amount: Money::new(100, Currency::BRL).unwrap(),
        occurred_at,
    };
    Ok(ledger::capture(conn, captured).await?.transaction())
}

async fn run(db: &PgPool, statements: &[&'static str]) {
    let mut tx = db.begin().await.unwrap();
    for statement in statements {
        sqlx::query(*statement).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Pays everybody what the last month came to, as far as the bank has to say something; the payout.
pub(crate) async fn let_go(market: &Market) -> String {
    let details = json!({
        "bank": "341", "bank_name": "Itau", "branch": "0001", "account_number": "10000", "account_digit": "6",
        "account_type": "checking", "holder_name": "Ana Lima", "tax_document": "111.444.777-35",
    });
    let path = format!("/v1/catalogue/talents/{}/bank-details", market.talent);
    let request = market
        .app
        .request(Method::PUT, &path)
        .header(header::IF_MATCH, "*");
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let answer = market
        .app
        .send(request.body(details.to_string().into()).unwrap())
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let request = market
        .app
        .request(Method::POST, "/v1/payouts")
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", "payout");
    let payout = market.app.send(request.body("{}".into()).unwrap()).await.body;
    let id = payout["id"].as_str().unwrap_or_else(|| panic!("{payout}"));
    let other = market.app.api_key(&[Permission::PayoutsApprove]).await;
    let total = json!({ "total": { "amount_minor": payout["total_minor"], "currency": "BRL" } });
    let path = format!("/v1/payouts/{id}/approve");
    let (status, approved) = market.app.call_as(&other, Method::POST, &path, Some(total)).await;
    assert_eq!(status, StatusCode::OK, "{approved}");
    id.to_owned()
}

/// The bank says that all lines were paid.
pub(crate) async fn told(market: &Market, payout: &str) {
    let request = market
        .app
        .request(Method::GET, &format!("/v1/payouts/{payout}/file?locale=en"));
    let file = market.app.send(request.body(Body::empty()).unwrap()).await.text;
    let file = file.replace("341 - Itau,", "341 - Itau,yes");
    let request = market
        .app
        .request(Method::POST, &format!("/v1/payouts/{payout}/results"))
        .header(header::CONTENT_TYPE, "text/csv");
    let report = market.app.send(request.body(file.into()).unwrap()).await.body;
    assert_eq!(
        (&report["paid"], &report["findings"]),
        (&json!(1), &json!([])),
        "{report}"
    );
    market.settle().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_month_on_which_all_agree_is_closed_with_what_it_came_to(db: PgPool) {
    let market = july(db).await;
    let app = &market.app;

    let (status, looked) = close(app, "2026-07", "dry_run=true").await;

    assert_eq!((status, found(&looked)), (StatusCode::OK, vec![]), "{looked}");
    assert_eq!(
        (&looked["closed"], &looked["dry_run"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(app.get("/v1/books/closed").await.1["items"], json!([]));

    let closing = closed(app, "2026-07").await;

    assert_eq!(closing["proof"], looked["proof"]);
    assert_eq!(closing["proof"]["payments_compared"], 1);
    let accounts = closing["proof"]["accounts"].as_array().unwrap();
    let gateway = accounts.iter().find(|sums| sums["kind"] == "gateway").unwrap();
    assert_eq!(gateway["debit_minor"], PRICE);
    let sum: i64 = accounts
        .iter()
        .map(|sums| sums["closing_minor"].as_i64().unwrap())
        .sum();
    assert_eq!(sum, 0);
    assert_eq!(
        closed(app, "2026-07").await["proof"],
        closing["proof"],
        "twice is once"
    );
    let (_, shown) = app.get("/v1/books/closed/2026-07").await;
    assert_eq!(shown["proof"], closing["proof"]);
    assert_eq!(
        (&shown["begins_at"], &shown["ends_at"]),
        (&json!("2026-07-01T03:00:00Z"), &json!("2026-08-01T03:00:00Z"))
    );
    let (_, log) = app.get("/v1/audit?action=books.close").await;
    let log = log["items"].as_array().unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0]["subject"], "books/2026-07");
    assert_eq!(log[0]["after"]["sha256"], closing["proof"]["sha256"]);
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nothing_is_posted_into_a_closed_month(db: PgPool) {
    let market = july(db).await;
    closed(&market.app, "2026-07").await;
    let db = &market.app.app.db;

    let mut tx = db.begin().await.unwrap();
    let late = capture(&mut tx, IN_JULY).await.unwrap();
    let posted: (OffsetDateTime, Option<OffsetDateTime>) =
        sqlx::query_as("select occurred_at, belongs_at from ledger.transaction where id = $1")
            .bind(late)
            .fetch_one(&mut *tx)
            .await
            .unwrap();
    assert_eq!(
        posted,
        (AUGUST, Some(IN_JULY)),
        "into the first month that is open"
    );
    let in_time = capture(&mut tx, AUGUST).await.unwrap();
    let belongs: Option<OffsetDateTime> =
        sqlx::query_scalar("select belongs_at from ledger.transaction where id = $1")
            .bind(in_time)
            .fetch_one(&mut *tx)
            .await
            .unwrap();
    assert_eq!(belongs, None);
    tx.rollback().await.unwrap();

    let refused = sqlx::query(
        "insert into ledger.transaction (id, kind, reference, cause, told, occurred_at)
        values (gen_random_uuid(), 'capture', 'x', 'payment/x', '{}', $1)",
    )
    .bind(AUGUST - Duration::MICROSECOND)
    .execute(db)
    .await
    .unwrap_err();
    assert_eq!(
        refused.as_database_error().unwrap().constraint(),
        Some("month_open"),
        "Postgres itself refuses it"
    );
    for change in [
        "delete from ledger.closed",
        "update ledger.closed set until = until - interval '1 month'",
        "delete from books.closed_month",
        "update books.closed_month set sha256 = sha256('')",
    ] {
        let refused = sqlx::query(change).execute(db).await.unwrap_err().to_string();
        assert!(refused.contains("append only"), "{change}: {refused}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn months_are_closed_one_after_the_other_once_they_are_over(db: PgPool) {
    let market = Market::new(db).await;
    let app = &market.app;
    assert_eq!(close(app, "2026-06", "").await.1["code"], "nothing_posted");
    let order = market.settled("sandbox_approve").await;
    market.sent(&order, good()).await;
    market.settle().await;
    for (month, code) in [("2026-07", "month_not_over"), ("2026-06", "month_not_next")] {
        let (status, problem) = close(app, month, "").await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::CONFLICT, &json!(code)),
            "{month}"
        );
    }
    market.after(Duration::days(63)).await;
    assert_eq!(close(app, "2026-08", "").await.1["code"], "month_not_next");
    closed(app, "2026-07").await;
    let august = closed(app, "2026-08").await;
    assert_eq!(august["proof"]["entries"], 0, "nothing happened in it");
    let (_, first) = app.get("/v1/books/closed?limit=1").await;
    let next = first["next_cursor"].as_str().unwrap();
    let (_, second) = app.get(&format!("/v1/books/closed?limit=1&cursor={next}")).await;
    assert_eq!(first["items"][0]["month"], "2026-08");
    assert_eq!(second["items"][0]["month"], "2026-07");
    assert_eq!(second["next_cursor"], Value::Null);
    for (path, code) in [
        ("/v1/books/closed/2026-09", "month_not_closed"),
        ("/v1/books/closed/september", "not_found"),
    ] {
        assert_eq!(app.get(path).await.1["code"], code);
    }
    assert_eq!(
        app.get("/v1/books/closed?cursor=september").await.1["code"],
        "cursor_invalid"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_the_gateway_says_otherwise_keeps_a_month_open(db: PgPool) {
    let market = july(db).await;
    let app = &market.app;
    run(
        &app.app.db,
        &["update sandbox.payment set captured_minor = captured_minor - 1"],
    )
    .await;

    let (status, closing) = close(app, "2026-07", "").await;

    assert_eq!(
        (status, found(&closing)),
        (StatusCode::OK, vec!["gateway"]),
        "{closing}"
    );
    assert_eq!(closing["closed"], false);
    let finding = &closing["report"]["findings"][0];
    assert!(
        finding["subject"].as_str().unwrap().starts_with("payment/"),
        "{finding}"
    );
    assert_eq!(app.get("/v1/books/closed").await.1["items"], json!([]));
    run(
        &app.app.db,
        &["update sandbox.payment set captured_minor = captured_minor + 1"],
    )
    .await;
    market.after(Duration::MINUTE).await;
    closed(app, "2026-07").await;
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_the_bank_has_not_told_keeps_a_month_open(db: PgPool) {
    let market = july(db).await;
    let app = &market.app;
    let payout = let_go(&market).await;
    closed(app, "2026-07").await;
    market.after(Duration::days(31)).await;

    let (_, closing) = close(app, "2026-08", "").await;
    assert_eq!(found(&closing), ["bank_told"], "{closing}");
    told(&market, &payout).await;
    let august = closed(app, "2026-08").await;
    assert_eq!(
        august["proof"]["payouts"],
        json!({ "approved": 1, "paid": 0, "rejected": 0 }),
        "it was told in September"
    );
    market.after(Duration::days(31)).await;
    let (_, september) = close(app, "2026-09", "dry_run=true").await;
    assert_eq!(found(&september), [""; 0], "{september}");
    assert_eq!(
        september["proof"]["payouts"],
        json!({ "approved": 0, "paid": 1, "rejected": 0 })
    );
    for (change, finds) in [
        (
            "update payouts.bank_line set amount_minor = amount_minor + 1",
            "bank_lines",
        ),
        ("delete from payouts.bank_line", "bank_lines"),
    ] {
        run(
            &app.app.db,
            &[
                "alter table payouts.bank_line disable trigger user",
                change,
                "alter table payouts.bank_line enable trigger user",
            ],
        )
        .await;
        let (_, closing) = close(app, "2026-09", "").await;
        assert_eq!(found(&closing), [finds], "{change}: {closing}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whatever_is_changed_in_a_closed_month_is_found(db: PgPool) {
    let market = july(db).await;
    let app = &market.app;
    closed(app, "2026-07").await;
    market.assert_books().await;
    // Whoever may switch triggers off may do anything, and is found all the same.
    run(
        &app.app.db,
        &[
            "alter table ledger.transaction disable trigger user",
            "update ledger.transaction set told = told || '{\"shares\": null}' where kind = 'sale'",
            "alter table ledger.transaction enable trigger user",
        ],
    )
    .await;

    let report = books::queries::check(&app.app.db).await.unwrap();

    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.check, finding.subject.as_str()))
        .collect();
    assert_eq!(found, [("closed", "month/2026-07")]);
    market.after(Duration::days(31)).await;
    assert!(app.alerted("books.broken", "closed"));
    let (_, closing) = close(app, "2026-08", "").await;
    assert_eq!(closing["closed"], false);
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn two_who_close_a_month_at_once_close_it_once(db: PgPool) {
    let market = july(db).await;
    let app = &market.app.app;
    let month: Month = "2026-07".parse().unwrap();
    let by = Principal::operator();
    let close = async || -> Closing { books::close(app, &by, month, false, |_| {}).await.unwrap() };

    let (one, other) = tokio::join!(close(), close());

    assert!(one.closed && other.closed);
    assert_eq!(one.proof, other.proof);
    let (_, log) = market.app.get("/v1/audit?action=books.close").await;
    assert_eq!(log["items"].as_array().unwrap().len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_being_posted_is_waited_for_before_a_month_is_closed(db: PgPool) {
    let market = july(db).await;
    let app = market.app.app.clone();
    let mut posting = app.db.begin().await.unwrap();
    capture(&mut posting, IN_JULY).await.unwrap();
    let (month, by): (Month, _) = ("2026-07".parse().unwrap(), Principal::operator());
    let closing = {
        let app = app.clone();
        tokio::spawn(async move { books::close(&app, &by, month, false, |_| {}).await.unwrap() })
    };
    let mut waits = false;
    while !waits {
        waits = sqlx::query_scalar(
            "select exists (select from pg_locks where locktype = 'advisory' and not granted
                and database = (select oid from pg_database where datname = current_database()))",
        )
        .fetch_one(&app.db)
        .await
        .unwrap();
        tokio::task::yield_now().await;
    }
    posting.commit().await.unwrap();

    let closing = closing.await.unwrap();

    assert!(
        !closing.closed,
        "what was posted meanwhile does not agree with any payment"
    );
    let found: Vec<_> = closing
        .report
        .findings
        .iter()
        .map(|finding| finding.check)
        .collect();
    assert_eq!(found, ["captures"]);
}
