//! What the gateway and we say differently is found in both directions, and settled once it is so no longer.

use axum::http::StatusCode;
use marquee_core::payments::reconcile;
use marquee_core::platform::cron;
use serde_json::Value;
use sqlx::PgPool;
use time::Duration;

use super::Shop;

/// `status captured here, voided there`
async fn differences(shop: &Shop) -> Vec<String> {
    let now = shop.app.app.now();
    let reconciled = reconcile(&shop.app.app, (now - Duration::DAY, now), |_| {})
        .await
        .unwrap();
    let told = reconciled
        .differences
        .iter()
        .map(|of| format!("{} {}", of.kind.name(), of.detail));
    let mut told: Vec<_> = told.collect();
    told.sort();
    told
}

async fn listed(shop: &Shop, query: &str) -> Vec<Value> {
    let (status, page) = shop.app.get(&format!("/v1/reconciliation?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].as_array().unwrap().clone()
}

async fn run(shop: &Shop, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&shop.app.app.db).await.unwrap();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn where_all_agree_nothing_is_found(db: PgPool) {
    let shop = Shop::new(db).await;
    for method in [
        "sandbox_approve",
        "sandbox_decline",
        "sandbox_3ds",
        "sandbox_dispute",
    ] {
        shop.open(method).await;
    }
    let paid = shop.paid("sandbox_approve").await;
    shop.refund(paid, 4_000).await.unwrap();
    shop.settle().await;
    // This one is on its way.
    shop.open("sandbox_slow").await;
    shop.work().await;
    shop.app.advance(Duration::MINUTE);
    assert_eq!(differences(&shop).await, [""; 0]);
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_differs_is_found_in_both_directions_told_and_settled_when_it_is_gone(db: PgPool) {
    let shop = Shop::new(db).await;
    let voided = shop.open("sandbox_approve").await;
    shop.settle().await;
    run(&shop, "update sandbox.payment set status = 'voided'").await;
    let paid = shop.paid("sandbox_approve").await;
    run(
        &shop,
        "update sandbox.payment set refunded_minor = 100 where status = 'captured'",
    )
    .await;
    shop.open("sandbox_decline").await;
    shop.settle().await;
    run(
        &shop,
        "delete from sandbox.event where payment in (select reference from sandbox.payment where status = 'declined');
        delete from sandbox.call where payment in (select reference from sandbox.payment where status = 'declined');
        delete from sandbox.payment where status = 'declined';
        insert into sandbox.payment (reference, caller_reference, method, amount_minor, currency, status, capture_before,
            held, created_at)
        select 'sb_foreign', gen_random_uuid(), method, amount_minor, currency, 'authorized', capture_before, true, created_at
        from sandbox.payment limit 1",
    )
    .await;
    shop.app.advance(Duration::MINUTE);
    let found = [
        "amount 0 refunded here, 100 there",
        "status authorized here, voided there",
        "unknown_to_gateway declined here, and unknown there",
        "unknown_to_us Authorized there, and none of ours",
    ];
    assert_eq!(differences(&shop).await, found);
    assert_eq!(listed(&shop, "settled=false").await.len(), 4);
    let of_voided = listed(&shop, "").await;
    assert!(of_voided.iter().any(|of| of["payment_id"] == voided.to_string()));

    // What was only missed is put right by looking.
    shop.settle().await;
    assert_eq!(shop.status(voided).await, "voided");
    assert!(shop.payment(paid).await["held_reason"].is_string());
    shop.app.advance(Duration::MINUTE);
    assert_eq!(differences(&shop).await.len(), 3);
    let settled = listed(&shop, "settled=true").await;
    assert_eq!(
        (settled.len(), &settled[0]["payment_id"]),
        (1, &voided.to_string().into())
    );

    shop.app.advance(Duration::DAY);
    cron::run_ticks(&shop.app.app).await.unwrap();
    shop.work().await;
    assert!(shop.app.alerted("payments.differences", "sandbox"));
    shop.app.leave_jobs();
}
