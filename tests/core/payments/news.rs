//! What the gateway tells us: forged, doubled, late, early, out of order, of others, and not adding up.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use futures::StreamExt as _;
use marquee_core::payments::sign;
use marquee_tests::{Answer, Line, Posted};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use super::Shop;

pub(super) const EVENTS: &str = "/v1/gateways/sandbox/events";
pub(super) const SECRET: &[u8] = b"sandbox-secret-2";

pub(super) async fn post(shop: &Shop, path: &str, signatures: &[&str], body: &[u8]) -> Answer {
    let mut request = shop.app.anonymous(Method::POST, path);
    for signature in signatures {
        request = request.header("sandbox-signature", *signature);
    }
    shop.app
        .send(request.body(Body::from(body.to_vec())).unwrap())
        .await
}

pub(super) fn event(reference: &str) -> Vec<u8> {
    let event = json!({ "id": Uuid::new_v4(), "type": "payment.captured", "payment": reference });
    event.to_string().into_bytes()
}

async fn kept(shop: &Shop) -> i64 {
    let count = sqlx::query_scalar("select count(*) from payments.notice");
    count.fetch_one(&shop.app.app.db).await.unwrap()
}

async fn statuses(shop: &Shop) -> Vec<String> {
    let statuses = sqlx::query_scalar("select status from payments.notice order by id");
    statuses.fetch_all(&shop.app.app.db).await.unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w01_w02_marketplace_defect_09_what_is_not_signed_is_refused_and_not_kept(db: PgPool) {
    let shop = Shop::new(db).await;
    let (body, now) = (event("sb_1"), shop.app.app.now());
    let good = sign(SECRET, now, &body);
    let old = sign(SECRET, now - Duration::seconds(301), &body);
    let foreign = sign(b"another", now, &body);
    for signatures in [&[][..], &[""], &["v0=1"], &[&foreign], &[&old], &[&good, &good]] {
        let answer = post(&shop, EVENTS, signatures, &body).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (StatusCode::BAD_REQUEST, &json!("signature_invalid")),
            "{signatures:?}"
        );
    }
    let answer = post(&shop, EVENTS, &[&good], &event("sb_2")).await;
    assert_eq!(answer.body["code"], "signature_invalid");
    let answer = post(&shop, "/v1/gateways/piggybank/events", &[&good], &body).await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::NOT_FOUND, &json!("gateway_unknown"))
    );
    assert_eq!(kept(&shop).await, 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w04_the_secret_before_this_one_is_good_as_well(db: PgPool) {
    let shop = Shop::new(db).await;
    let body = event("sb_1");
    let signature = sign(b"sandbox-secret-1", shop.app.app.now(), &body);
    assert_eq!(
        post(&shop, EVENTS, &[&signature], &body).await.status,
        StatusCode::NO_CONTENT
    );
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w07_what_is_too_large_or_too_deep_is_refused(db: PgPool) {
    let shop = Shop::new(db).await;
    let now = shop.app.app.now();
    let large = vec![b' '; 5_000_000];
    let answer = post(&shop, EVENTS, &[&sign(SECRET, now, &large)], &large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let deep = [vec![b'['; 10_000], vec![b']'; 10_000]].concat();
    for body in [&deep[..], b"{}", b"", &[0xff, 0xfe]] {
        let answer = post(&shop, EVENTS, &[&sign(SECRET, now, body)], body).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (StatusCode::BAD_REQUEST, &json!("event_invalid"))
        );
    }
    assert_eq!(kept(&shop).await, 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w03_what_is_told_again_has_no_effect(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_approve").await;
    shop.work().await;
    let told = shop.app.gateway_sender.take();
    assert_eq!(told.len(), 1);
    for _ in 0..3 {
        assert_eq!(shop.app.bring(&told[0]).await, StatusCode::NO_CONTENT);
        shop.work().await;
    }
    assert_eq!(statuses(&shop).await, ["done"]);
    assert_eq!(shop.heard(), ["authorized"]);
    assert_eq!(shop.status(payment).await, "authorized");
}

/// Every order of `items`.
fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for first in 0..items.len() {
        let mut rest = items.to_vec();
        let head = rest.remove(first);
        all.extend(
            orders(&rest)
                .into_iter()
                .map(|tail| [vec![head.clone()], tail].concat()),
        );
    }
    all
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w05_marketplace_defects_08_09_any_order_of_news_with_repetitions_comes_to_the_same(db: PgPool) {
    let shop = Shop::new(db).await;
    for order in orders(&[0, 1, 2]) {
        // Nothing answers, so the news are all there is.
        let payment = shop.open("sandbox_approve").await;
        shop.work().await;
        shop.capture(payment).await.unwrap();
        shop.work().await;
        shop.refund(payment, 4_000).await.unwrap();
        shop.work().await;
        let told: Vec<Posted> = shop.app.gateway_sender.take();
        assert_eq!(told.len(), 3);
        for which in order.iter().chain(&order) {
            assert_eq!(shop.app.bring(&told[*which]).await, StatusCode::NO_CONTENT);
            shop.work().await;
        }
        let view = shop.payment(payment).await;
        assert_eq!(
            (&view["status"], &view["refunded_minor"]),
            (&json!("captured"), &json!(4_000))
        );
        assert_eq!(shop.heard(), ["authorized", "captured", "refunded"], "{order:?}");
    }
    shop.assert_books().await;
}

/// The original dropped what came before its own row was there.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w05_marketplace_defect_08_news_that_come_before_the_answer_wait_for_it(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_timeout").await;
    shop.work().await;
    assert_eq!(shop.app.hear_gateway().await, [StatusCode::NO_CONTENT]);
    shop.work().await;
    // We do not know the gateway's name for it yet.
    assert_eq!(
        (shop.status(payment).await.as_str(), statuses(&shop).await),
        ("new", vec!["received".to_owned()])
    );
    shop.after(Duration::minutes(2)).await;
    assert_eq!(
        (shop.status(payment).await.as_str(), statuses(&shop).await),
        ("authorized", vec!["done".to_owned()])
    );
    assert_eq!(shop.heard(), ["authorized"]);
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w06_news_of_a_payment_that_is_not_ours_are_kept_tried_and_told(db: PgPool) {
    let shop = Shop::new(db).await;
    let body = event("sb_of_somebody_else");
    let signature = sign(SECRET, shop.app.app.now(), &body);
    assert_eq!(
        post(&shop, EVENTS, &[&signature], &body).await.status,
        StatusCode::NO_CONTENT
    );
    shop.work().await;
    assert_eq!(statuses(&shop).await, ["received"]);
    let mut hours = 0;
    while statuses(&shop).await == ["received"] {
        shop.app.advance(Duration::HOUR);
        shop.work().await;
        hours += 1;
        assert!(hours < 100, "it is never given up");
    }
    assert!(hours > 72, "given up after {hours} hours");
    assert_eq!(statuses(&shop).await, ["parked"]);
    assert!(shop.app.alerted("payments.notice_of_nobody", "sandbox"));
    assert_eq!(shop.heard(), [""; 0]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w08_an_amount_that_is_not_ours_holds_the_payment_for_a_person(db: PgPool) {
    let shop = Shop::new(db.clone()).await;
    let payment = shop.open("sandbox_timeout").await;
    shop.work().await;
    sqlx::query("update sandbox.payment set amount_minor = 14999")
        .execute(&db)
        .await
        .unwrap();
    shop.app.advance(Duration::seconds(10));
    shop.work().await;
    let view = shop.payment(payment).await;
    assert_eq!(view["held_reason"], "the gateway says 14999, and it is 15000");
    assert_eq!(
        (&view["status"], &view["operations"][0]["status"]),
        (&json!("new"), &json!("held"))
    );
    assert!(shop.app.alerted("payments.held", "sandbox"));
    assert_eq!(shop.heard(), [""; 0]);
    assert!(shop.capture(payment).await.is_err());
    let (_, held) = shop.app.get("/v1/payments?held=true").await;
    assert_eq!(held["items"][0]["id"], view["id"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_refund_that_nobody_made_holds_the_payment(db: PgPool) {
    let shop = Shop::new(db.clone()).await;
    let payment = shop.open("sandbox_approve").await;
    shop.settle().await;
    shop.capture(payment).await.unwrap();
    shop.work().await;
    sqlx::query("update sandbox.payment set refunded_minor = 100")
        .execute(&db)
        .await
        .unwrap();
    shop.settle().await;
    let view = shop.payment(payment).await;
    assert_eq!(
        view["held_reason"],
        "the gateway has refunded 100, and its refunds come to 0"
    );
    assert!(shop.refund(payment, 1).await.is_err());
    shop.assert_books().await;
}

/// Postgres is gone for the worst moment: what was not kept is not acknowledged.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w09_what_cannot_be_kept_is_not_acknowledged_and_comes_again(db: PgPool) {
    let line = Line::to(&db).await;
    let shop = Shop::new(line.db.clone()).await;
    let payment = shop.open("sandbox_approve").await;
    shop.work().await;
    let told = shop.app.gateway_sender.take();

    line.cut();
    for _ in 0..3 {
        assert_eq!(shop.app.bring(&told[0]).await, StatusCode::SERVICE_UNAVAILABLE);
    }
    line.mend();

    assert_eq!(kept(&shop).await, 0);
    for _ in 0..3 {
        assert_eq!(shop.app.bring(&told[0]).await, StatusCode::NO_CONTENT);
        shop.work().await;
    }
    assert_eq!(statuses(&shop).await, ["done"]);
    assert_eq!(shop.status(payment).await, "authorized");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w10_a_burst_is_kept_and_drained_to_the_last(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_approve").await;
    shop.settle().await;
    let reference = shop.payment(payment).await["reference"]
        .as_str()
        .unwrap()
        .to_owned();
    let now = shop.app.app.now();
    let burst = (0..100).map(|_| event(&reference)).map(async |body| {
        let signature = sign(SECRET, now, &body);
        post(&shop, EVENTS, &[&signature], &body).await.status
    });
    let answers: Vec<_> = futures::stream::iter(burst).buffer_unordered(16).collect().await;
    assert!(
        answers.iter().all(|answer| *answer == StatusCode::NO_CONTENT),
        "{answers:?}"
    );
    shop.work().await;
    let statuses = statuses(&shop).await;
    assert_eq!(statuses.iter().filter(|status| *status == "done").count(), 101);
    assert_eq!(shop.heard(), ["authorized"]);
}
