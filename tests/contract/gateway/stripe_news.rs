//! What Stripe tells us: signed by its own scheme, of its own mode.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Router, http};
use marquee_core::adapters::stripe::Stripe;
use marquee_core::payments::{Gateway, Notice, Outside, sign};
use marquee_core::platform::clock::{Clock as _, SystemClock};
use marquee_tests::StripeServer;
use secrecy::SecretString;
use serde_json::{Value, json};
use time::macros::datetime;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::suite::{AMOUNT, brl, hold};
use super::{ByStripe, Card};

fn event(live: bool, object: Value) -> Vec<u8> {
    let event = json!({
        "id": "evt_1", "object": "event", "type": "charge.dispute.created", "livemode": live, "data": { "object": object },
    });
    event.to_string().into_bytes()
}

/// Read as if it came now, signed with a secret.
fn read(gateway: &dyn Gateway, secret: &str, body: &[u8]) -> Result<Notice, Outside> {
    let now = datetime!(2026-07-01 12:00 UTC);
    gateway.read(&sign(secret.as_bytes(), now, body), body, now)
}

#[tokio::test]
async fn w04_each_secret_is_good_and_the_payment_is_found_in_whatever_is_about_it() {
    let stripe = ByStripe::start().await;
    let intent = json!({ "object": "payment_intent", "id": "pi_1" });
    for object in [
        intent.clone(),
        json!({ "object": "charge", "id": "ch_1", "payment_intent": "pi_1" }),
        json!({ "object": "dispute", "id": "du_1", "payment_intent": intent }),
    ] {
        for secret in [StripeServer::SECRET, "whsec_old"] {
            let notice = read(&stripe.adapter, secret, &event(false, object.clone())).unwrap();
            assert_eq!(notice.reference.as_deref(), Some("pi_1"), "{object}");
            assert_eq!(
                (notice.event.as_str(), notice.kind.as_str()),
                ("evt_1", "charge.dispute.created")
            );
        }
    }
    let notice = read(
        &stripe.adapter,
        "whsec_old",
        &event(false, json!({ "object": "payout", "id": "po_1" })),
    );
    assert_eq!(notice.unwrap().reference, None);
    let foreign = read(&stripe.adapter, "whsec_another", &event(false, json!({})));
    assert!(matches!(foreign, Err(Outside::Signature(_))), "{foreign:?}");
    let nothing = read(&stripe.adapter, "whsec_old", b"{}");
    assert!(matches!(nothing, Err(Outside::Unreadable(_))), "{nothing:?}");
}

#[tokio::test]
async fn w06_an_event_of_the_other_mode_is_refused() {
    let stripe = ByStripe::start().await;
    let object = json!({ "object": "payment_intent", "id": "pi_1" });
    let live = read(&stripe.adapter, "whsec_old", &event(true, object.clone()));
    assert_eq!(live, Err(Outside::OtherMode));
    let mut settings = stripe.server.settings();
    settings.secret_key = SecretString::from("rk_live_1");
    let real = Stripe::new(&settings, String::new()).unwrap();
    assert_eq!(
        read(&real, "whsec_old", &event(false, object)),
        Err(Outside::OtherMode)
    );
}

/// Somebody else's implementation of Stripe's signatures.
#[tokio::test]
async fn what_localstripe_signs_is_read() {
    let (told, mut heard) = mpsc::channel::<(String, Bytes)>(1);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let hear = async |State(told): State<mpsc::Sender<_>>, headers: HeaderMap, body: Bytes| {
        let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
        told.send((signature, body)).await.unwrap();
        http::StatusCode::NO_CONTENT
    };
    let router = Router::new().route("/", post(hear)).with_state(told);
    tokio::spawn(async move { axum::serve(listener, router).await });

    let stripe = ByStripe::start().await;
    let webhook = json!({ "url": url, "secret": StripeServer::SECRET });
    stripe.server.test("webhook", webhook).await;
    let held = hold(&stripe, Card::Good).await;
    stripe
        .adapter
        .capture(Uuid::new_v4(), &held.reference, brl(AMOUNT))
        .await
        .unwrap();
    let (signature, body) = heard.recv().await.unwrap();
    let notice = stripe.adapter.read(&signature, &body, SystemClock.now()).unwrap();
    assert_eq!(notice.kind, "payment_intent.succeeded");
    assert_eq!(notice.reference, Some(held.reference));
}
