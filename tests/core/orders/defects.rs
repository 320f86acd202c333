//! What the original marketplace did wrong with money, where no other test is about it.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use marquee_core::platform::mail::SendError;
use marquee_tests::{Gated, TestApp};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOMER, Market, TALENT};
use crate::catalogue::price;
use crate::videos::good;

/// The original charged 99.00 for 99.90, and shared out 99.90.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_02_the_last_cent_is_charged_and_shared_out(db: PgPool) {
    let market = Market::new(db.clone()).await;
    market.terms(json!({ "price": price(9_990) })).await;
    let order = market.settled("sandbox_approve").await;
    market.sent(&order, good()).await;
    market.settle().await;
    let taken: i64 = sqlx::query_scalar("select captured_minor from sandbox.payment")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(taken, 9_990);
    let (_, sale) = market.app.get("/v1/books/transactions?kind=sale").await;
    let entries = sale["items"][0]["entries"].as_array().unwrap().iter();
    let credits = entries.filter_map(|entry| entry["amount_minor"].as_i64().filter(|amount| *amount < 0));
    assert_eq!(credits.sum::<i64>(), -9_990);
    market.assert_books().await;
}

/// The original called its gateway while the customer waited, for however long.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_11_a_silent_gateway_keeps_nobody_waiting_and_is_asked_again(db: PgPool) {
    let mut gateway = None;
    let app = TestApp::with(db, |parts| {
        let gated = Arc::new(Gated::new(parts.gateway.clone()));
        parts.gateway = gated.clone();
        gateway = Some(gated);
    })
    .await;
    let (market, gateway) = (Market::of(app).await, gateway.unwrap());
    gateway.silence(true);
    let order = market.placed("sandbox_approve").await;
    assert_eq!(
        market.status(&order).await,
        "authorizing",
        "there, before anybody was asked"
    );
    market.app.run_jobs().await;
    market.after(Duration::minutes(1)).await;
    assert_eq!(market.status(&order).await, "authorizing");
    gateway.silence(false);
    market.after(Duration::minutes(10)).await;
    assert_eq!(market.status(&order).await, "open");
}

/// The original looked for an agency's share by the id of another row, and paid talents what was the platform's.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defects_16_18_talents_and_agencies_get_their_own_shares_and_no_others(db: PgPool) {
    let market = Market::new(db).await;
    let talent = market.talent.clone();
    let mut agencies = Vec::new();
    for (name, share_bp) in [("Lima", 500), ("Souza", 2_000)] {
        let (_, agency) = market.app.post("/v1/agencies", json!({ "name": name })).await;
        let id = agency["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/shares/agencies/{id}");
        let (status, share) = market.app.put(&path, json!({ "share_bp": share_bp })).await;
        assert!(status.is_success(), "{share}");
        agencies.push(id);
    }
    let path = format!("/v1/shares/talents/{talent}");
    let (status, share) = market.app.put(&path, json!({ "share_bp": 2_500 })).await;
    assert!(status.is_success(), "{share}");
    let path = format!("/v1/agencies/{}/talents/{talent}", agencies[1]);
    let (status, _) = market.app.call(Method::PUT, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let order = market.settled("sandbox_approve").await;
    market.sent(&order, good()).await;
    market.settle().await;

    for (path, earned_minor) in [
        (format!("/v1/catalogue/talents/{talent}"), 3_750),
        (format!("/v1/agencies/{}", agencies[1]), 3_000),
        (format!("/v1/agencies/{}", agencies[0]), 0),
    ] {
        let (_, statement) = market.app.get(&format!("{path}/statements/2026-07")).await;
        assert_eq!(statement["earned_minor"], earned_minor, "{path}: {statement}");
    }
    market.assert_books().await;
}

/// In the original a customer whose card was charged got an error when no mail could be sent.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_12_an_order_needs_no_mail_server(db: PgPool) {
    let market = Market::new(db).await;
    for _ in 0..2 {
        let away = SendError::Failed("nobody there".to_owned());
        market.app.mail_transport.fail_next(away);
    }
    let order = market.settled("sandbox_approve").await;
    assert_eq!(market.status(&order).await, "open");
    assert_eq!(market.mailed().len(), 2, "both were tried");
    market.after(Duration::minutes(10)).await;
    assert_eq!(
        market.mailed(),
        [
            format!("{TALENT}: A new order: a video for Bia"),
            format!("{CUSTOMER}: Ana Lima has your order"),
        ]
    );
}

/// The original read an amount into a status.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_15_a_payment_is_read_as_it_was_written(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    for _ in 0..2 {
        let payment = market.payment(&order).await;
        assert_eq!(
            (
                &payment["status"],
                &payment["amount_minor"],
                &payment["authorized_minor"]
            ),
            (&json!("authorized"), &json!(15_000), &json!(15_000))
        );
        // Whatever reads it to write it again changes nothing that it was not told.
        let path = format!("/v1/payments/{}/release", payment["id"].as_str().unwrap());
        let (status, _) = market
            .app
            .post(&path, json!({ "release": "look", "reason": "?" }))
            .await;
        assert_eq!(status, StatusCode::CONFLICT);
        market
            .app
            .enqueue(
                &marquee_core::payments::jobs::LOOK,
                json!({ "payment": payment["id"] }),
                None,
            )
            .await;
        market.settle().await;
    }
}
