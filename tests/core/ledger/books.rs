//! The proof finds whatever is wrong, although nothing wrong can be posted: triggers are switched off for it.

use marquee_core::books::jobs::CHECK;
use marquee_core::books::queries::check;
use marquee_core::ledger::{self, Account};
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::{Executor, PgPool};
use uuid::Uuid;

use super::{assert_right, broken, line, of, posted, sold};

/// Does what no trigger or foreign key would let pass.
async fn tamper(db: &PgPool, sql: &str) {
    let sql = format!("set session_replication_role = replica; {sql}; set session_replication_role = origin");
    let mut conn = db.acquire().await.unwrap();
    conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)))
        .await
        .unwrap();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_way_to_falsify_the_books_is_found(db: PgPool) {
    let talent = Uuid::new_v4();
    let payment = sold(&db, talent, 10_000).await;
    let dispute = of(payment, 1_000);
    posted(&db, async |conn| ledger::open_dispute(conn, dispute).await)
        .await
        .unwrap();
    let payout = line(Account::Talent(talent), 100);
    posted(&db, async |conn| ledger::approve_payouts(conn, &[payout]).await)
        .await
        .unwrap();
    assert_right(&db).await;

    // Each is done and undone again.
    let entry_of = |kind: &str, account: &str| {
        format!(
            "from ledger.transaction, ledger.account
            where entry.transaction = transaction.id and entry.account = account.id
                and transaction.kind = '{kind}' and account.kind = '{account}'"
        )
    };
    let on = |kind: &str, account: &str, change: &str| {
        format!(
            "update ledger.entry set amount_minor = amount_minor {change} {}",
            entry_of(kind, account)
        )
    };
    for (harm, remedy, found) in [
        (
            on("capture", "gateway", "+ 1"),
            on("capture", "gateway", "- 1"),
            vec!["balanced", "balances"],
        ),
        (
            "update ledger.balance_part set debit_minor = debit_minor + 7 where debit_minor > 0".to_owned(),
            "update ledger.balance_part set debit_minor = debit_minor - 7 where debit_minor > 0".to_owned(),
            vec!["zero_sum", "balances"],
        ),
        (
            "update ledger.entry set currency = 'USD' where id = (select min(id::text)::uuid from ledger.entry)"
                .to_owned(),
            "update ledger.entry set currency = 'BRL'".to_owned(),
            vec!["balanced", "one_currency"],
        ),
        (
            "insert into ledger.transaction (id, kind, reference, cause, told, occurred_at)
                values (gen_random_uuid(), 'fee', 'x', 'x', '{}', now())"
                .to_owned(),
            "delete from ledger.transaction where reference = 'x'".to_owned(),
            vec!["two_entries"],
        ),
        (
            "update ledger.transaction set cause = 'payment/another' where kind = 'capture'".to_owned(),
            format!("update ledger.transaction set cause = 'payment/{payment}' where kind = 'capture'"),
            vec!["funded"],
        ),
        (
            "update ledger.transaction set kind = 'refund', cause = 'x' where kind = 'payout_approved'".to_owned(),
            format!(
                "update ledger.transaction set kind = 'payout_approved', cause = 'payout/{}' where cause = 'x'",
                payout.line
            ),
            vec!["shares"],
        ),
        (
            on("dispute_opened", "dispute_hold", "- 2000") + ";" + &on("dispute_opened", "gateway", "+ 2000"),
            on("dispute_opened", "dispute_hold", "+ 2000") + ";" + &on("dispute_opened", "gateway", "- 2000"),
            vec!["balances", "holds"],
        ),
        (
            "update ledger.transaction set kind = 'sale' where kind = 'dispute_opened'".to_owned(),
            "update ledger.transaction set kind = 'dispute_opened'
                where kind = 'sale' and reference like 'dispute%'"
                .to_owned(),
            vec!["one_sale"],
        ),
    ] {
        tamper(&db, &harm).await;
        let names: Vec<_> = broken(&db).await.iter().map(|check| check.name).collect();
        let report = check(&db).await.unwrap();
        assert_eq!(names, found, "{harm}: {:?}", report.findings);
        let told = |name| report.findings.iter().any(|finding| finding.check == name);
        assert!(!report.fine && names.into_iter().all(told));
        tamper(&db, &remedy).await;
        assert_right(&db).await;
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn somebody_is_told_at_night_when_the_books_are_wrong(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    sold(&db, Uuid::new_v4(), 10_000).await;
    app.enqueue(&CHECK, json!({}), None).await;
    app.run_jobs().await;
    assert!(!app.alerted("books.broken", "balances"));

    app.advance(time::Duration::DAY);
    tamper(
        &db,
        "update ledger.balance_part set debit_minor = 1 where debit_minor > 0",
    )
    .await;
    app.enqueue(&CHECK, json!({}), None).await;
    app.run_jobs().await;
    assert!(app.alerted("books.broken", "balances"));
    assert!(!app.alerted("books.broken", "balanced"));
}
