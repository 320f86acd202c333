//! Processes that die between any two effects of placing, delivering, expiring and refunding an order.

mod refunds;

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::http::StatusCode;
use futures::FutureExt;
use marquee_core::config::Fault;
use marquee_core::platform::cron;
use marquee_core::platform::faults::Faults;
use marquee_core::platform::jobs::{self, Role, run_due};
use marquee_tests::{MadeOnce, TestApp};
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOMER, Market, Ordered, TALENT};
use crate::videos::good;

thread_local! {
    /// A test has a thread to itself.
    static CRASHED: Cell<bool> = const { Cell::new(false) };
}

/// A market whose process dies the `pass`th time that it comes to `point`.
async fn market(db: PgPool, point: &str, pass: u32) -> Market {
    let fault = Fault {
        point: point.to_owned(),
        pass,
    };
    let app = TestApp::with(db, |parts| {
        parts.transcoder = Arc::<MadeOnce>::default();
        parts.faults = Faults::crashing(Some(fault), || {
            CRASHED.set(true);
            panic!("the plug is pulled")
        });
    })
    .await;
    app.leave_jobs();
    Market::of(app).await
}

/// What a customer does who gets no answer: the same again.
async fn place(market: &Market) -> Ordered {
    let quote = market.quote().await;
    let body = market.body(&quote, "sandbox_approve");
    for _ in 0..3 {
        let answer = market.order("key", None, &body).await;
        if answer.status == StatusCode::CREATED {
            return Ordered {
                id: answer.body["id"].as_str().unwrap().to_owned(),
                key: answer.headers["x-order-key"].to_str().unwrap().to_owned(),
            };
        }
        assert!(answer.status.is_server_error(), "{}", answer.text);
    }
    panic!("three times no answer");
}

/// Whoever comes after works with what was left; leases lapse meanwhile.
async fn work(market: &Market) {
    for _ in 0..6 {
        // What a crash drops is outside of any job, or inside of one: either way it panics here, or is noted as a failure.
        let _ = AssertUnwindSafe(run_due(&market.app.app, &Role::ALL))
            .catch_unwind()
            .await;
        market.app.hear_gateway().await;
        market.app.advance(Duration::minutes(1));
        cron::run_ticks(&market.app.app).await.unwrap();
    }
}

async fn assert_nothing_is_there_twice(market: &Market, at_gateway: &[&str], mails: &[String]) {
    let done: Vec<String> = sqlx::query_scalar("select kind from sandbox.event order by made_at, kind")
        .fetch_all(&market.app.app.db)
        .await
        .unwrap();
    assert_eq!(done, at_gateway);
    assert_eq!(market.mailed(), mails);
    let (_, orders) = market.app.get("/v1/orders").await;
    assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    market.assert_books().await;
    assert_eq!(jobs::count_dead(&market.app.app.db).await.unwrap(), 0);
    assert!(CRASHED.get(), "nobody came there");
}

async fn deliver(db: PgPool, point: &str, pass: u32) {
    let market = market(db, point, pass).await;
    let order = place(&market).await;
    work(&market).await;
    assert_eq!(market.status(&order).await, "open");
    market.sent(&order, good()).await;
    work(&market).await;
    assert_eq!(market.status(&order).await, "delivered");
    assert_eq!(market.taken().await, 1);
    let mails = [
        format!("{TALENT}: A new order: a video for Bia"),
        format!("{TALENT}: Your video for Bia was delivered"),
        format!("{CUSTOMER}: Ana Lima has your order"),
        format!("{CUSTOMER}: Your video by Ana Lima is here"),
    ];
    assert_nothing_is_there_twice(&market, &["payment.authorized", "payment.captured"], &mails).await;
}

async fn expire(db: PgPool, point: &str) {
    let market = market(db, point, 1).await;
    let order = place(&market).await;
    work(&market).await;
    market.app.advance(Duration::hours(119));
    cron::run_ticks(&market.app.app).await.unwrap();
    work(&market).await;
    assert_eq!(market.status(&order).await, "expired");
    assert_eq!(market.taken().await, 0);
    let mails = [
        format!("{TALENT}: A new order: a video for Bia"),
        format!("{TALENT}: The order for Bia has expired"),
        format!("{CUSTOMER}: Ana Lima has your order"),
        format!("{CUSTOMER}: Your order of Ana Lima has expired"),
    ];
    assert_nothing_is_there_twice(&market, &["payment.authorized", "payment.voided"], &mails).await;
}

macro_rules! crashes {
    ($($name:ident: $point:literal, $pass:literal;)*) => {$(
        #[sqlx::test(migrator = "marquee_core::MIGRATOR")]
        async fn $name(db: PgPool) {
            deliver(db, $point, $pass).await;
        }
    )*};
}

crashes! {
    p17_a_crash_once_the_key_is_claimed_leaves_one_order: "orders.claimed", 1;
    p17_a_crash_once_the_place_is_taken_leaves_one_order: "orders.reserved", 1;
    p17_a_crash_before_the_order_is_there_leaves_one_order: "orders.placing", 1;
    p17_a_crash_before_the_order_is_answered_leaves_one_order: "orders.placed", 1;
    p17_a_crash_before_the_hold_is_heard_of_changes_nothing_in_the_end: "orders.hearing", 1;
    p17_a_crash_before_the_order_is_open_changes_nothing_in_the_end: "orders.heard", 1;
    p17_a_crash_once_the_video_is_made_changes_nothing_in_the_end: "videos.made", 1;
    p17_a_crash_before_the_video_is_told_of_changes_nothing_in_the_end: "videos.playable", 1;
    p17_a_crash_before_the_video_is_played_changes_nothing_in_the_end: "orders.playable", 1;
    p17_a_crash_before_the_capture_is_asked_for_changes_nothing_in_the_end: "orders.to_capture", 1;
    p17_a_crash_before_the_capture_is_heard_of_changes_nothing_in_the_end: "orders.hearing", 2;
    p17_a_crash_before_the_sale_is_posted_changes_nothing_in_the_end: "orders.captured", 1;
    p17_a_crash_after_the_sale_is_posted_changes_nothing_in_the_end: "orders.sold", 1;
    p17_a_crash_before_the_order_is_delivered_changes_nothing_in_the_end: "orders.heard", 2;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p17_a_crash_before_an_order_expires_changes_nothing_in_the_end(db: PgPool) {
    expire(db, "orders.ending").await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p17_a_crash_while_an_order_expires_changes_nothing_in_the_end(db: PgPool) {
    expire(db, "orders.ended").await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p17_a_crash_after_an_order_has_expired_changes_nothing_in_the_end(db: PgPool) {
    expire(db, "orders.over").await;
}
