//! A10: no name of those we depend on can be looked up. Each says so as of a system that is away, which is asked again, and
//! a gateway as of one that surely did nothing.

use std::time::Duration;

use marquee_core::adapters::smtp::Smtp;
use marquee_core::adapters::sqs::Sqs;
use marquee_core::adapters::stripe::Stripe;
use marquee_core::adapters::telegram::Telegram;
use marquee_core::adapters::webhook_post::WebhookPost;
use marquee_core::adapters::workers_kv::WorkersKv;
use marquee_core::config;
use marquee_core::hits::HitQueue as _;
use marquee_core::money::{Currency, Money};
use marquee_core::payments::{Authorize, Gateway as _, GatewayError, Renewal};
use marquee_core::platform::alerts::AlertSink as _;
use marquee_core::platform::mail::{self, MailTransport as _, Mailbox, Outgoing};
use marquee_core::redirects::{EdgeKv as _, KvError};
use marquee_core::webhooks::{self, WebhookSender as _};
use marquee_tests::{AlertReceiver, ManualClock};
use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

/// Longer than DNS has names: every resolver refuses it at once, without asking anybody.
fn nobody() -> String {
    format!("{}.invalid", "a".repeat(64))
}

fn url() -> Url {
    format!("http://{}/", nobody()).parse().unwrap()
}

#[tokio::test]
async fn a10_a_gateway_whose_name_is_not_known_surely_did_nothing() {
    let settings = config::Stripe {
        api_url: url(),
        secret_key: SecretString::from("sk_test_1"),
        publishable_key: "pk_test_1".to_owned(),
        webhook_secrets: vec![SecretString::from("whsec_1")],
    };
    let stripe = Stripe::new(&settings, "https://site.test/paid".to_owned()).unwrap();
    let of = Authorize {
        payment: Uuid::new_v4(),
        amount: Money::new(15_000, Currency::BRL).unwrap(),
        method: "pm_card_visa".to_owned(),
        renewal: Renewal::Never,
    };

    let answer = stripe.authorize(Uuid::new_v4(), &of).await;

    assert!(matches!(answer, Err(GatewayError::NotSent(_))), "{answer:?}");
}

#[tokio::test]
async fn a10_a_mail_server_whose_name_is_not_known_is_asked_again() {
    let smtp = Smtp::new(
        &SecretString::from(format!("smtp://{}:25", nobody())),
        "api.marquee.test",
    )
    .unwrap();
    let mail = Outgoing {
        id: Uuid::nil(),
        message_id: "1@api.marquee.test".to_owned(),
        from: Mailbox::parse("Marquee <no-reply@marquee.test>").unwrap(),
        to: Mailbox::new("ana@acme.example", "Ana").unwrap(),
        date: ManualClock::START,
        subject: "Hello".to_owned(),
        text: "Hello".to_owned(),
        html: "<p>Hello</p>".to_owned(),
    };

    let sent = smtp.send(&mail).await;

    assert!(matches!(sent, Err(mail::SendError::Failed(_))), "{sent:?}");
}

#[tokio::test]
async fn a10_kv_a_webhook_and_a_chat_whose_names_are_not_known_are_away() {
    let kv = WorkersKv::new(&config::Kv {
        api_url: url(),
        api_token: SecretString::from("token"),
        account_id: None,
        namespace_id: "manifests".to_owned(),
    });
    let got = kv.unwrap().get("manifest").await;
    assert!(matches!(got, Err(KvError::Unavailable(_))), "{got:?}");

    let posted = WebhookPost::new(false).unwrap().post(&url(), &[], "{}").await;
    assert!(
        matches!(&posted, Err(webhooks::SendError::Failed(_))),
        "{posted:?}"
    );

    let chat = config::Telegram {
        api_url: url(),
        token: SecretString::from(AlertReceiver::TOKEN),
        chat: "-1001".to_owned(),
    };
    let checked = Telegram::new(&chat, "production").unwrap().check().await;
    let why = format!("{:#}", checked.unwrap_err());
    assert!(!why.contains(AlertReceiver::TOKEN), "{why}");
}

#[tokio::test]
async fn a10_a_queue_whose_name_is_not_known_is_away() {
    let sqs = Sqs::connect(&config::Sqs {
        endpoint_url: Some(url()),
        queue_url: url().join("0/hits").unwrap(),
        emulated: true,
    })
    .await;

    let received = sqs.receive(10, Duration::ZERO).await;

    assert!(received.is_err());
}
