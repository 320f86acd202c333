//! When Stripe, or the way to it, fails: what was surely not done is told apart from what nobody knows.

use marquee_core::adapters::stripe::Stripe;
use marquee_core::money::Money;
use marquee_core::payments::{Answer, Authorize, Gateway, GatewayError, Renewal, SeenStatus};
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use super::suite::{AMOUNT, brl, hold, of, seen};
use super::{ByStripe, Card};

fn good() -> String {
    "pm_card_visa".to_owned()
}

#[track_caller]
fn not_sent(answer: Result<Answer, GatewayError>) {
    assert!(matches!(answer, Err(GatewayError::NotSent(_))), "{answer:?}");
}

#[track_caller]
fn unknown(answer: Result<Answer, GatewayError>) {
    assert!(matches!(answer, Err(GatewayError::Unknown(_))), "{answer:?}");
}

#[tokio::test]
async fn p04_p05_after_every_loss_the_same_key_comes_to_one_hold() {
    let stripe = ByStripe::start().await;
    let hasty = stripe.server.hasty_adapter();
    for fault in ["drop_before", "drop_after", "slow", "500_before"] {
        let (key, of) = (Uuid::new_v4(), of(good()));
        stripe.server.break_with(&[fault]).await;
        unknown(hasty.authorize(key, &of).await);
        let done = hasty.fetch(of.payment, None).await.unwrap();
        assert_eq!(done.is_some(), fault == "drop_after", "{fault}");
        // Of an error, too, Stripe says again what it said first: then it is for a person.
        let again = stripe.adapter.authorize(key, &of).await;
        if fault == "500_before" {
            unknown(again);
        } else {
            assert_eq!(
                seen(again.unwrap()).news.status,
                SeenStatus::Authorized,
                "{fault}"
            );
        }
    }
    assert_eq!(stripe.server.test("look", json!({})).await["intents"], 3);
}

#[tokio::test]
async fn p05_what_was_done_before_an_error_is_found_by_our_own_name_for_it() {
    let stripe = ByStripe::start().await;
    let of = of(good());
    stripe.server.break_with(&["500_after"]).await;
    unknown(stripe.adapter.authorize(Uuid::new_v4(), &of).await);
    stripe.server.test("search", json!({ "lags": true })).await;
    assert_eq!(stripe.adapter.fetch(of.payment, None).await.unwrap(), None);
    stripe.server.test("search", json!({ "lags": false })).await;
    let found = stripe.adapter.fetch(of.payment, None).await.unwrap().unwrap();
    assert_eq!(found.news.status, SeenStatus::Authorized);
}

#[tokio::test]
async fn p05_a_capture_and_a_refund_whose_answers_are_lost_are_done_once() {
    let stripe = ByStripe::start().await;
    let held = hold(&stripe, Card::Good).await;
    let (capture, refund) = (Uuid::new_v4(), Uuid::new_v4());
    stripe.server.break_with(&["drop_after"]).await;
    unknown(
        stripe
            .adapter
            .capture(capture, &held.reference, brl(AMOUNT))
            .await,
    );
    let taken = stripe
        .adapter
        .capture(capture, &held.reference, brl(AMOUNT))
        .await
        .unwrap();
    assert_eq!(seen(taken).news.captured_minor, AMOUNT);
    stripe.server.break_with(&["drop_after"]).await;
    unknown(stripe.adapter.refund(refund, &held.reference, brl(4_000)).await);
    let back = stripe
        .adapter
        .refund(refund, &held.reference, brl(4_000))
        .await
        .unwrap();
    assert_eq!(seen(back).news.refunded_minor, 4_000);
    assert_eq!(stripe.server.calls().await, 3);
}

#[tokio::test]
async fn what_stripe_would_not_even_hear_was_not_done() {
    let stripe = ByStripe::start().await;
    stripe.server.break_with(&["429"]).await;
    not_sent(stripe.adapter.authorize(Uuid::new_v4(), &of(good())).await);
    let mut settings = stripe.server.settings();
    settings.secret_key = SecretString::from("sk_wrong");
    let locked_out = Stripe::new(&settings, String::new()).unwrap();
    not_sent(locked_out.authorize(Uuid::new_v4(), &of(good())).await);
    assert!(locked_out.check().await.is_err());
    // Nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    settings.api_url = format!("http://{free}").parse().unwrap();
    let alone = Stripe::new(&settings, String::new()).unwrap();
    not_sent(alone.authorize(Uuid::new_v4(), &of(good())).await);
    assert_eq!(stripe.server.calls().await, 0);
    assert_eq!(
        stripe.adapter.check().await.unwrap(),
        "Stripe answers, in test mode; pages ask for cards by pk_test_12345"
    );
}

#[tokio::test]
async fn a_key_that_is_in_use_or_was_another_calls_says_nothing_of_this_one() {
    let stripe = ByStripe::start().await;
    let hasty = stripe.server.hasty_adapter();
    let (key, one) = (Uuid::new_v4(), of(good()));
    stripe.server.break_with(&["slow"]).await;
    let ends = futures::join!(hasty.authorize(key, &one), hasty.authorize(key, &one));
    let ends = [ends.0, ends.1].map(|end| format!("{end:?}"));
    assert!(ends.iter().all(|end| end.starts_with("Err(Unknown(")), "{ends:?}");
    assert_eq!(
        ends.iter().filter(|end| end.contains("409 Conflict")).count(),
        1,
        "{ends:?}"
    );

    let key = Uuid::new_v4();
    stripe.adapter.authorize(key, &one).await.unwrap();
    unknown(stripe.adapter.authorize(key, &of(good())).await);
}

#[tokio::test]
async fn p08_a_hold_that_stripe_let_lapse_is_no_void_of_ours() {
    let stripe = ByStripe::start().await;
    let held = hold(&stripe, Card::Good).await;
    stripe
        .server
        .test("expire", json!({ "intent": held.reference }))
        .await;
    let seen = stripe
        .adapter
        .fetch(Uuid::new_v4(), Some(&held.reference))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (seen.news.status, seen.news.authorized_minor),
        (SeenStatus::Lapsed, AMOUNT)
    );
    assert_eq!(seen.news.refunded_minor, 0);
}

#[tokio::test]
async fn refunds_of_others_and_more_than_a_page_of_them_are_all_seen() {
    let stripe = ByStripe::start().await;
    let held = hold(&stripe, Card::Good).await;
    stripe
        .adapter
        .capture(Uuid::new_v4(), &held.reference, brl(AMOUNT))
        .await
        .unwrap();
    for _ in 0..11 {
        let refund = json!({ "intent": held.reference, "amount": 100 });
        stripe.server.test("refund", refund).await;
    }
    let ours = Uuid::new_v4();
    let seen = seen(
        stripe
            .adapter
            .refund(ours, &held.reference, brl(100))
            .await
            .unwrap(),
    );
    assert_eq!((seen.refunds.len(), seen.news.refunded_minor), (12, 1_200));
    assert_eq!(
        seen.refunds
            .iter()
            .filter(|refund| refund.key == Some(ours))
            .count(),
        1
    );
    assert_eq!(
        seen.refunds.iter().filter(|refund| refund.key.is_none()).count(),
        11
    );
}

#[tokio::test]
async fn currencies_that_stripe_counts_otherwise_are_refused_unasked() {
    let stripe = ByStripe::start().await;
    let mut of = of(good());
    of.amount = Money::new(5_000, "ISK".parse().unwrap()).unwrap();
    let refused = stripe.adapter.authorize(Uuid::new_v4(), &of).await.unwrap();
    assert!(matches!(refused, Answer::Refused { ref code, .. } if code == "currency_unsupported"));
    assert_eq!(stripe.server.calls().await, 0);
}

#[tokio::test]
async fn p04_a_customer_whose_making_was_lost_is_made_once_and_nothing_is_held_before() {
    let stripe = ByStripe::start().await;
    let of = Authorize {
        renewal: Renewal::Later,
        ..of(good())
    };
    let key = Uuid::new_v4();
    stripe.server.break_with(&["drop_after"]).await;
    not_sent(stripe.adapter.authorize(key, &of).await);
    assert_eq!(stripe.adapter.fetch(of.payment, None).await.unwrap(), None);
    let held = seen(stripe.adapter.authorize(key, &of).await.unwrap());
    assert_eq!(held.customer.as_deref(), Some("cus_1"));
    assert_eq!(stripe.server.calls().await, 2, "one customer, one payment");
}
