//! Of giving back some of what was paid, and all of it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{assert_nothing_is_there_twice, market, place, work};
use crate::catalogue::price;
use crate::orders::refunds::{owed, refund, refunds};
use crate::orders::{CUSTOMER, Market, Ordered, PRICE, TALENT};
use crate::videos::good;

/// What staff does who get no answer: the same again.
async fn refund_once(market: &Market, order: &Ordered, body: &Value) {
    for _ in 0..3 {
        let answer = refund(market, order, "once", body).await;
        if answer.status == StatusCode::CREATED {
            return;
        }
        assert!(answer.status.is_server_error(), "{}", answer.text);
    }
    panic!("three times no answer");
}

async fn give_back(db: PgPool, (point, pass): (&str, u32), amount_minor: i64) {
    let market = market(db, point, pass).await;
    let order = place(&market).await;
    work(&market).await;
    market.sent(&order, good()).await;
    work(&market).await;
    refund_once(
        &market,
        &order,
        &json!({ "amount": price(amount_minor), "reason": "Late." }),
    )
    .await;
    work(&market).await;

    let whole = amount_minor == PRICE;
    let ended = if whole { "refunded" } else { "delivered" };
    assert_eq!(market.status(&order).await, ended);
    let given_back = refunds(&market, &order).await;
    assert_eq!(
        (given_back.len(), &given_back[0]["status"]),
        (1, &json!("succeeded"))
    );
    let payment = market.payment(&order).await;
    assert_eq!(
        (&payment["refunded_minor"], &payment["refunding_minor"]),
        (&json!(amount_minor), &json!(0))
    );
    assert_eq!(
        owed(&market).await,
        (PRICE - amount_minor) * 3 / 4,
        "their share of what is left"
    );
    let mails = [
        format!("{TALENT}: A new order: a video for Bia"),
        format!("{TALENT}: Your video for Bia was delivered"),
        format!("{CUSTOMER}: Ana Lima has your order"),
        format!(
            "{CUSTOMER}: BRL {}.00 are on their way back to you",
            amount_minor / 100
        ),
        format!("{CUSTOMER}: Your video by Ana Lima is here"),
    ];
    let at_gateway = ["payment.authorized", "payment.captured", "payment.refunded"];
    assert_nothing_is_there_twice(&market, &at_gateway, &mails).await;
}

macro_rules! crashes {
    ($($name:ident: $point:literal, $pass:literal;)*) => {
        mod some_of_it {
            use super::*;
            $(#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
            async fn $name(db: PgPool) {
                give_back(db, ($point, $pass), PRICE / 3).await;
            })*
        }

        mod all_of_it {
            use super::*;
            $(#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
            async fn $name(db: PgPool) {
                give_back(db, ($point, $pass), PRICE).await;
            })*
        }
    };
}

crashes! {
    p17_a_crash_before_a_refund_is_noted_gives_back_once: "orders.refunding", 1;
    p17_a_crash_before_a_refund_is_answered_gives_back_once: "orders.refund_asked", 1;
    p17_a_crash_before_the_gateway_is_asked_gives_back_once: "payments.leased", 3;
    p17_a_crash_after_the_gateways_answer_gives_back_once: "payments.answered", 3;
    p17_a_crash_before_a_refund_is_posted_gives_back_once: "payments.refunded", 1;
    p17_a_crash_after_a_refund_is_posted_gives_back_once: "payments.refund_posted", 1;
    p17_a_crash_once_a_refund_is_settled_gives_back_once: "payments.settled", 3;
    p17_a_crash_before_a_refund_is_heard_of_gives_back_once: "orders.hearing", 3;
    p17_a_crash_before_the_customer_is_mailed_gives_back_once: "orders.refunded", 1;
    p17_a_crash_before_the_order_is_refunded_gives_back_once: "orders.heard", 3;
}
