//! A backup of a database in which money has moved, brought back by the commands of `docs/restore.md`.

use axum::http::StatusCode;
use marquee_core::books::queries::check;
use marquee_tests::e2e::Database;
use marquee_tests::{Restore, TestApp};
use serde_json::json;
use sqlx::{Executor as _, PgPool};
use time::Duration;
use url::Url;

use crate::books::{closed, let_go, told};
use crate::catalogue::price;
use crate::orders::refunds::{delivered, refund};
use crate::orders::{Market, Ordered};
use crate::redirects::live;

/// Orders delivered, one refunded in part, a payout paid, a month closed, rules published; and that order.
async fn lived_in(db: PgPool) -> (Market, Ordered) {
    let market = Market::new(db).await;
    delivered(&market, "sandbox_approve").await;
    let order = delivered(&market, "sandbox_approve").await;
    give_back(&market, &order, "once").await;
    market.after(Duration::days(32)).await;
    let payout = let_go(&market).await;
    told(&market, &payout).await;
    closed(&market.app, "2026-07").await;
    live(&market.app, "acme", "a").await;
    market.settle().await;
    market.assert_books().await;
    (market, order)
}

async fn give_back(market: &Market, order: &Ordered, key: &str) {
    let some = json!({ "amount": price(5_000), "reason": "The name was wrong." });
    let refunded = refund(market, order, key, &some).await;
    assert_eq!(refunded.status, StatusCode::CREATED, "{}", refunded.text);
    market.settle().await;
}

async fn url(db: &PgPool) -> Url {
    let name: String = sqlx::query_scalar("select current_database()")
        .fetch_one(db)
        .await
        .unwrap();
    Database::address(&name)
}

async fn rows(db: &PgPool, table: &'static str) -> i64 {
    let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    sqlx::query_scalar(count).fetch_one(db).await.unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_restored_backup_is_the_same_to_the_row_and_life_goes_on_in_it(db: PgPool) {
    let (market, refunded) = lived_in(db.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    let restore = Restore::of(&url(&db).await, folder.path());

    restore.follow("take");
    restore.follow("restore");
    let compared = restore.follow("compare");

    assert_eq!(compared.out, "");
    let state = std::fs::read_to_string(folder.path().join("before.txt")).unwrap();
    for part in [
        "rows ",
        "sequence ",
        "column ",
        "constraint ",
        "index ",
        "trigger ",
        "function ",
        "grant ",
    ] {
        assert!(
            state.lines().any(|line| line.starts_with(part)),
            "{part} is not compared"
        );
    }
    for table in [
        "ledger.entry",
        "payouts.line",
        "books.closed_month",
        "orders.refund",
        "redirects.revision",
    ] {
        assert!(rows(&db, table).await > 0, "nothing in {table} was restored");
    }

    let restored = PgPool::connect(restore.restored.url().as_str()).await.unwrap();
    let report = check(&restored).await.unwrap();
    assert!(report.fine, "{:?}", report.findings);
    // What defends the books came along.
    for forbidden in [
        "update ledger.entry set amount_minor = amount_minor + 1",
        "delete from ledger.transaction",
        "update redirects.revision set note = 'another'",
        "delete from platform.audit",
    ] {
        let refused = restored.execute(forbidden).await;
        assert!(refused.is_err(), "{forbidden}");
    }

    let app = TestApp::new(restored.clone()).await;
    app.advance(market.app.app.now() - app.app.now());
    let market = market.moved_to(app);
    let order = market.settled("sandbox_approve").await;
    assert_eq!(market.status(&order).await, "open");
    give_back(&market, &refunded, "again").await;
    live(&market.app, "bolt", "a").await;
    market.assert_books().await;
    drop(market);
    restored.close().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_a_restored_database_lacks_is_seen(db: PgPool) {
    live(&TestApp::new(db.clone()).await, "acme", "a").await;
    let folder = tempfile::tempdir().unwrap();
    let restore = Restore::of(&url(&db).await, folder.path());
    restore.follow("take");
    restore.follow("restore");

    for (loss, line) in [
        ("delete from redirects.draft_rule", "rows redirects.draft_rule"),
        (
            "drop trigger audit_append_only on platform.audit",
            "trigger CREATE TRIGGER audit_append_only",
        ),
        (
            "select setval('catalogue.bank_details_version', 7)",
            "sequence catalogue.bank_details_version",
        ),
        (
            "alter table ledger.entry disable trigger entry_balances",
            "entry_balances",
        ),
        ("grant delete on ledger.entry to public", "grant ledger.entry"),
    ] {
        let restored = PgPool::connect(restore.restored.url().as_str()).await.unwrap();
        restored.execute(loss).await.unwrap();
        restored.close().await;
        let script = restore.script("compare");
        let compared = std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(marquee_tests::process::root())
            .output()
            .unwrap();
        let told = String::from_utf8(compared.stdout).unwrap();
        assert_eq!(compared.status.code(), Some(1), "{loss}: {told}");
        assert!(told.contains(line), "{loss}: {told}");
    }
}
