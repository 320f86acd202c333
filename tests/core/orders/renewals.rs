//! Talents who promise to deliver later than a gateway holds money.

use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOMER, Market, TALENT};
use crate::videos::good;

async fn statuses(market: &Market, order: &super::Ordered) -> Vec<String> {
    let (_, payments) = market.app.get(&format!("/v1/payments?order={}", order.id)).await;
    let payments = payments["items"].as_array().unwrap().iter();
    payments
        .map(|payment| payment["status"].as_str().unwrap().to_owned())
        .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p08_what_is_held_too_short_is_held_anew_and_the_order_stays_open(db: PgPool) {
    let market = Market::new(db).await;
    market.terms(json!({ "delivery_days": 8 })).await;
    let order = market.settled("sandbox_approve").await;
    assert_eq!(market.seen(&order).await["deadline_at"], "2026-07-06T11:00:00Z");
    market.mailed();
    market.after(Duration::hours(119)).await;
    let seen = market.seen(&order).await;
    assert_eq!(
        [&seen["status"], &seen["deadline_at"]],
        ["open", "2026-07-09T12:00:00Z"],
        "what was promised"
    );
    assert_eq!(
        statuses(&market, &order).await,
        ["authorized", "voided"],
        "never two holds"
    );
    assert_eq!(market.mailed(), [""; 0]);

    market.after(Duration::days(2)).await;
    market.sent(&order, good()).await;
    market.settle().await;
    assert_eq!(market.status(&order).await, "delivered");
    assert_eq!(statuses(&market, &order).await, ["captured", "voided"]);
    assert_eq!(
        market.history(&order).await[1..4],
        [
            "authorized: authorizing -> open by payment",
            "renew: open -> open by system",
            "renewed: open -> open by payment",
        ]
    );
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p08_what_is_not_held_anew_ends_the_order_before_the_hold_lapses(db: PgPool) {
    let market = Market::new(db).await;
    market.terms(json!({ "delivery_days": 8 })).await;
    for method in ["sandbox_decline", "sandbox_3ds"] {
        let order = market.settled("sandbox_approve").await;
        // The card is no longer what it was.
        sqlx::query("update payments.payment set method = $1 where order_id = $2::uuid")
            .bind(method)
            .bind(&order.id)
            .execute(&market.app.app.db)
            .await
            .unwrap();
        market.mailed();
        market.after(Duration::hours(119)).await;
        assert_eq!(market.status(&order).await, "expired");
        assert_eq!(market.taken().await, 0);
        let statuses = statuses(&market, &order).await;
        assert!(
            statuses
                .iter()
                .all(|status| ["voided", "declined"].contains(&status.as_str())),
            "{statuses:?}"
        );
        assert_eq!(
            market.mailed(),
            [
                format!("{TALENT}: The order for Bia has expired"),
                format!("{CUSTOMER}: Your order of Ana Lima has expired"),
            ]
        );
    }
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_hold_that_comes_after_its_order_has_ended_is_let_go(db: PgPool) {
    let market = Market::new(db).await;
    market.terms(json!({ "delivery_days": 8 })).await;
    let order = market.settled("sandbox_approve").await;
    sqlx::query("update payments.payment set method = 'sandbox_slow'")
        .execute(&market.app.app.db)
        .await
        .unwrap();
    market.app.leave_jobs();
    market.app.advance(Duration::hours(119));
    marquee_core::platform::cron::run_ticks(&market.app.app)
        .await
        .unwrap();
    market.app.run_jobs().await;
    assert_eq!(market.status(&order).await, "open");
    let (status, problem) = market.act(&order, "cancel", json!({})).await;
    assert!(status.is_success(), "{problem}");
    market.after(Duration::minutes(2)).await;
    market.after(Duration::minutes(2)).await;
    assert_eq!(statuses(&market, &order).await, ["voided", "voided"]);
    assert_eq!(market.status(&order).await, "cancelled");
    market.assert_books().await;
}
