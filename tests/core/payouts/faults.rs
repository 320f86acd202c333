//! A payout whose process dies, between any two steps.

use axum::http::StatusCode;
use marquee_core::access::Principal;
use marquee_core::config::Fault;
use marquee_core::ledger::Account;
use marquee_core::payouts;
use marquee_core::platform::faults::Faults;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::files::agencies;
use super::{JUNE, Treasury};

/// A treasury whose process dies when it comes by a point for the nth time.
async fn mortal(db: PgPool, point: &str, pass: u32) -> Treasury {
    let fault = Fault {
        point: point.to_owned(),
        pass,
    };
    let app = TestApp::with(db, |parts| {
        parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
    })
    .await;
    Treasury::of(app).await
}

/// The same with three talents who are owed something.
async fn dying(db: PgPool, point: &str, pass: u32) -> Treasury {
    let treasury = mortal(db, point, pass).await;
    for (name, amount_minor) in [("Ana", 20_000), ("Bia", 40_000), ("Cyd", 60_000)] {
        let talent = treasury.talent(name).await;
        treasury.sold(talent, amount_minor, JUNE).await;
    }
    treasury
}

/// Whatever a process dies of, the same again does the rest and nothing twice.
async fn survives(db: PgPool, point: &str, pass: u32) {
    let treasury = dying(db, point, pass).await;
    let payout = match treasury.create().await {
        (status, payout) if status.is_success() => payout,
        _ => treasury.created().await,
    };
    if !treasury.approve(&payout).await.0.is_success() {
        treasury.approve(&payout).await;
    }
    let id = payout["id"].as_str().unwrap();
    let died = treasury.file(id, "locale=en").await;
    let file = treasury.file(id, "locale=en").await;
    assert!(file.status.is_success(), "{} {}", died.text, file.text);
    let file = treasury
        .answered(id, |whose| if whose == "bia" { "no" } else { "yes" })
        .await;
    treasury.import(id, "", &file).await;
    treasury.imported(id, &file).await;

    assert_eq!(treasury.payout(id).await["status"], "settled");
    assert_eq!(treasury.balance(Account::Bank).await, -60_000);
    assert_eq!(treasury.balance(Account::InTransit).await, 0);
    assert_eq!(treasury.mailed().await.len(), 3);
    assert_eq!(treasury.preview().await["total_minor"], json!(30_000));
    treasury.assert_books().await;
}

macro_rules! crashes {
    ($($name:ident: $point:literal, $pass:literal;)*) => {$(
        #[sqlx::test(migrator = "marquee_core::MIGRATOR")]
        async fn $name(db: PgPool) {
            survives(db, $point, $pass).await;
        }
    )*};
}

crashes! {
    o02_a_crash_before_a_payout_is_made_makes_none: "payouts.creating", 1;
    o02_a_crash_before_a_payout_is_let_go_lets_nothing_go: "payouts.approving", 1;
    o02_a_crash_once_a_payout_is_let_go_lets_it_go_once: "payouts.approved", 1;
    o02_a_crash_before_a_file_is_kept_keeps_none: "payouts.exporting", 1;
    o02_a_crash_once_a_file_is_kept_keeps_the_same_file: "payouts.exported", 1;
    o02_a_crash_before_lines_are_settled_leaves_them_on_their_way: "payouts.settling", 1;
    o02_a_crash_once_lines_are_settled_settles_the_payout_by_the_same_file: "payouts.settled", 1;
    o02_a_crash_before_a_result_is_kept_settles_nothing_twice: "payouts.finishing", 1;
    o02_a_crash_once_a_result_is_kept_has_it_told_as_it_was: "payouts.finished", 1;
}

/// Of more lines than are settled at once those stay settled that were, and the same file does the rest.
async fn goes_on(db: PgPool, point: &str, pass: u32) {
    let treasury = mortal(db, point, pass).await;
    agencies(&treasury, 210).await;
    let payout = treasury.approved().await;
    let file = treasury.file(&payout, "locale=en").await.text;
    let file = file.replace(" - Itaú,,", " - Itaú,yes,");

    let (died, _) = treasury.import(&payout, "", &file).await;

    assert_eq!(died, StatusCode::INTERNAL_SERVER_ERROR);
    let left = treasury.payout(&payout).await;
    assert_eq!(
        ["status", "paid", "in_transit"].map(|name| left[name].clone()),
        [json!("approved"), json!(200), json!(10)]
    );
    let report = treasury.imported(&payout, &file).await;
    assert_eq!(
        (&report["paid"], &report["done_before"]),
        (&json!(10), &json!(200))
    );
    assert_eq!(treasury.payout(&payout).await["status"], "settled");
    assert_eq!(treasury.balance(Account::InTransit).await, 0);
    treasury.app.run_jobs().await;
    treasury.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o02_a_crash_between_two_hundreds_of_lines_goes_on_with_the_next(db: PgPool) {
    goes_on(db, "payouts.settled", 1).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o02_a_crash_within_later_lines_undoes_no_earlier_one(db: PgPool) {
    goes_on(db, "payouts.settling", 2).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o01_two_who_take_the_same_file_in_at_once_settle_each_line_once(db: PgPool) {
    let treasury = dying(db, "nowhere", 1).await;
    let payout = treasury.approved().await;
    let file = treasury.answered(&payout, |_| "yes").await;
    let by = Principal::operator();
    let import = async || {
        let app = &treasury.app.app;
        let id = payout.parse().unwrap();
        payouts::import(app, &by, id, file.as_bytes(), false, &|_, _| ())
            .await
            .unwrap()
    };
    let (one, other) = tokio::join!(import(), import());

    // Who comes when all is done is told what the other did.
    let did = [&one, &other]
        .into_iter()
        .filter(|report| !report.imported_before);
    assert_eq!(did.map(|report| report.paid).sum::<u64>(), 3, "{one:?} {other:?}");
    assert!(one.findings.is_empty() && other.findings.is_empty());
    assert_eq!(treasury.balance(Account::Bank).await, -90_000);
    assert_eq!(treasury.mailed().await.len(), 3);
}
