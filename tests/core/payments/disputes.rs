//! Customers who want their money back by their banks.

use axum::http::StatusCode;
use marquee_core::books::queries::check;
use marquee_core::ledger::queries::balance;
use marquee_core::ledger::{Account, PayoutLine, Sale, approve_payouts, sale, settle_payouts};
use marquee_core::money::{Currency, Shares};
use marquee_core::payments::Error;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use super::{AMOUNT, Shop, brl};

async fn balance_of(shop: &Shop, account: Account) -> i64 {
    let mut conn = shop.app.app.db.acquire().await.unwrap();
    balance(&mut conn, account, Currency::BRL).await.unwrap()
}

async fn disputes(shop: &Shop, query: &str) -> Vec<Value> {
    let (status, page) = shop.app.get(&format!("/v1/disputes?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].as_array().unwrap().clone()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_dispute_is_told_withheld_and_shown_and_its_money_cannot_be_refunded(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.paid("sandbox_dispute").await;
    assert_eq!(shop.heard(), ["authorized", "captured", "disputed"]);
    assert!(shop.app.alerted("payments.disputed", "sandbox"));
    assert_eq!(balance_of(&shop, Account::DisputeHold).await, AMOUNT);
    assert_eq!(balance_of(&shop, Account::Gateway).await, -300);

    let view = shop.payment(payment).await;
    let dispute = &view["disputes"][0];
    assert_eq!(
        (&dispute["status"], &dispute["amount_minor"]),
        (&json!("opened"), &json!(AMOUNT))
    );
    assert_eq!(dispute["reason"], "fraudulent");
    assert_eq!(dispute["evidence_due_at"], "2026-07-08T12:00:00Z");
    assert_eq!(
        disputes(&shop, "status=opened").await[..],
        view["disputes"].as_array().unwrap()[..]
    );
    assert!(disputes(&shop, "status=lost").await.is_empty());
    let refused = shop.refund(payment, 1).await;
    assert!(
        matches!(refused, Err(Error::TooMuchToRefund { left_minor: 0, .. })),
        "{refused:?}"
    );
    shop.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_dispute_is_won_or_lost_and_posted_once_however_often_it_is_told(db: PgPool) {
    let shop = Shop::new(db).await;
    for (method, event, gateway) in [
        ("sandbox_dispute_won", "dispute_won", AMOUNT - 300),
        ("sandbox_dispute_lost", "dispute_lost", AMOUNT - 600),
    ] {
        let payment = shop.paid(method).await;
        shop.heard();
        for _ in 0..3 {
            shop.after(Duration::minutes(61)).await;
        }
        assert_eq!(shop.heard(), [event]);
        let status = event.replace("dispute_", "");
        let disputes = disputes(&shop, &format!("payment={payment}")).await;
        assert_eq!((disputes.len(), &disputes[0]["status"]), (1, &json!(status)));
        assert!(disputes[0]["closed_at"].is_string());
        assert_eq!(balance_of(&shop, Account::DisputeHold).await, 0);
        assert_eq!(balance_of(&shop, Account::Gateway).await, gateway);
    }
    shop.assert_books().await;
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w05_a_dispute_that_is_heard_of_when_it_is_over_was_opened_too(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_dispute_lost").await;
    shop.settle().await;
    // We hear of nothing until all is over.
    shop.gateway.silence(true);
    shop.capture(payment).await.unwrap();
    shop.work().await;
    shop.gateway.silence(false);
    let operation = shop.payment(payment).await["operations"][1]["id"].clone();
    let reference = shop.payment(payment).await["reference"]
        .as_str()
        .unwrap()
        .to_owned();
    let key: Uuid = operation.as_str().unwrap().parse().unwrap();
    shop.app
        .app
        .gateway
        .capture(key, &reference, brl(AMOUNT))
        .await
        .unwrap();
    shop.app.advance(Duration::minutes(61));
    shop.app.gateway_sender.take();
    shop.settle().await;
    assert_eq!(
        shop.heard(),
        ["authorized", "captured", "disputed", "dispute_lost"]
    );
    shop.assert_books().await;
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p15_a_dispute_that_is_lost_after_the_payout_is_a_debt_that_is_carried(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.paid("sandbox_dispute_lost").await;
    let (talent, now) = (Uuid::new_v4(), shop.app.app.now());
    let mut tx = shop.app.app.db.begin().await.unwrap();
    let sold = Sale {
        payment,
        order: Uuid::new_v4(),
        paid: brl(AMOUNT),
        promo_minor: 0,
        talent,
        agency: None,
        shares: Shares::new(7_500, 0).unwrap(),
        occurred_at: now,
    };
    sale(&mut tx, sold).await.unwrap();
    let line = PayoutLine {
        line: Uuid::new_v4(),
        whose: Account::Talent(talent),
        amount: brl(11_250),
        occurred_at: now,
    };
    approve_payouts(&mut tx, &[line]).await.unwrap();
    settle_payouts(&mut tx, &[(line, true)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(balance_of(&shop, Account::Talent(talent)).await, 0);

    shop.after(Duration::minutes(61)).await;
    // What somebody owes us is a debit.
    assert_eq!(balance_of(&shop, Account::Talent(talent)).await, 11_250);
    let mut found = check(&shop.app.app.db).await.unwrap().findings;
    // It was posted without a payout: those are looked at elsewhere.
    found.retain(|finding| finding.check != "payouts");
    assert_eq!(found, []);
    shop.app.leave_jobs();
}
