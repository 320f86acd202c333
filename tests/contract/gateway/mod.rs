//! What every gateway must do, done by each that there is; and what only Stripe can do wrong.

mod stripe_faults;
mod stripe_news;
mod stripe_whole;
mod suite;

use std::sync::Arc;

use async_trait::async_trait;
use marquee_core::adapters::stripe::Stripe;
use marquee_core::payments::Gateway;
use marquee_tests::{StripeServer, TestApp};
use serde_json::json;
use sqlx::PgPool;

/// A way to pay of which it is known what becomes of it.
enum Card {
    Good,
    NoFunds,
    Confirmed,
    ConfirmedEachTime,
    Disputed,
}

/// A gateway, and a customer of it.
#[async_trait]
trait Rig: Sync {
    fn gateway(&self) -> &dyn Gateway;
    fn token(&self, card: Card) -> String;
    /// What the customer does on their bank's page.
    async fn confirm(&self, reference: &str, approve: bool);
}

struct Sandbox(Arc<dyn Gateway>);

#[async_trait]
impl Rig for Sandbox {
    fn gateway(&self) -> &dyn Gateway {
        &*self.0
    }

    fn token(&self, card: Card) -> String {
        let token = match card {
            Card::Good => "sandbox_approve",
            Card::NoFunds => "sandbox_no_funds",
            Card::Confirmed | Card::ConfirmedEachTime => "sandbox_3ds",
            Card::Disputed => "sandbox_dispute",
        };
        token.to_owned()
    }

    async fn confirm(&self, reference: &str, approve: bool) {
        assert!(self.0.act(reference, approve).await.unwrap());
    }
}

struct ByStripe {
    server: StripeServer,
    adapter: Stripe,
}

impl ByStripe {
    async fn start() -> Self {
        let server = StripeServer::start().await;
        let adapter = server.adapter();
        Self { server, adapter }
    }
}

#[async_trait]
impl Rig for ByStripe {
    fn gateway(&self) -> &dyn Gateway {
        &self.adapter
    }

    fn token(&self, card: Card) -> String {
        let token = match card {
            Card::Good => "pm_card_visa",
            Card::NoFunds => "pm_card_visa_chargeDeclinedInsufficientFunds",
            Card::Confirmed => "pm_card_threeDSecure2Required",
            Card::ConfirmedEachTime => "pm_card_authenticationRequired",
            Card::Disputed => "pm_card_createDispute",
        };
        token.to_owned()
    }

    async fn confirm(&self, reference: &str, approve: bool) {
        let decided = json!({ "intent": reference, "approve": approve });
        self.server.test("bank", decided).await;
    }
}

macro_rules! by_each {
    ($($name:ident)*) => {
        mod sandbox {
            use super::*;
            $(#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
            async fn $name(db: PgPool) {
                let app = TestApp::new(db).await;
                suite::$name(&Sandbox(app.app.gateway.clone())).await;
            })*
        }

        mod stripe {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                suite::$name(&ByStripe::start().await).await;
            })*
        }
    };
}

by_each! {
    what_is_held_is_captured_and_given_back
    a_decline_has_a_name_and_a_reason
    a_customer_confirms_or_does_not
    p06_what_is_held_is_let_go_and_never_taken_then
    p04_the_same_key_is_the_same_call
    p14_no_more_goes_back_than_came
    nobody_knows_of_what_was_never_asked_for
    p08_what_may_be_needed_longer_is_held_anew_without_the_customer
    p08_what_a_customer_would_have_to_confirm_is_not_held_anew
    a_dispute_is_seen_with_its_payment
    all_payments_of_a_time_are_listed
}
