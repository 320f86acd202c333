//! What people on call hear of an order, and what they do not.

use std::sync::Arc;

use marquee_core::adapters::sentry::Sentry;
use marquee_core::adapters::telegram::Telegram;
use marquee_tests::{AlertReceiver, TestApp};
use sqlx::PgPool;

use super::{CUSTOMER, Market, TALENT};
use crate::orders::fulfil::delivered;

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a12_an_alert_about_an_order_names_the_order_and_nobody(db: PgPool) {
    let receiver = AlertReceiver::start().await;
    let app = TestApp::with(db, |parts| {
        let dsn = receiver.dsn().parse().unwrap();
        parts.alert_sinks = vec![
            Arc::new(Telegram::new(&receiver.telegram(), "test").unwrap()),
            Arc::new(Sentry::new(&dsn, "test").unwrap()),
        ];
    })
    .await;
    let market = Market::of(app).await;

    let order = delivered(&market, "sandbox_capture_decline").await;
    market.app.app.settled().await;
    market.app.run_jobs().await;

    let received = receiver.take();
    let of = |code: &str| received.iter().filter(|call| call.body.contains(code)).count();
    assert_eq!(
        (of("payments.capture_failed"), of("orders.payment_due")),
        (2, 2),
        "{received:?}"
    );
    for call in &received {
        assert!(call.body.contains(&order.id), "{}", call.body);
        let said = format!("{} {:?}", call.body, call.headers);
        for personal in [
            CUSTOMER,
            TALENT,
            "caio",
            "Ana",
            "Bia",
            "Sing for her",
            order.key.as_str(),
        ] {
            assert!(!said.contains(personal), "{personal} in {said}");
        }
    }
}
