//! Holds that must last longer than they do.

use marquee_core::payments::{Error, Status};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{AMOUNT, Shop};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p08_a_hold_is_renewed_by_another_one_and_the_first_let_go(db: PgPool) {
    let shop = Shop::new(db).await;
    let first = shop.open("sandbox_approve").await;
    shop.settle().await;
    shop.app.advance(Duration::days(4));
    let second = shop.renew(first).await.unwrap();
    shop.settle().await;
    shop.abandon(first).await.unwrap();
    shop.settle().await;

    let (old, new) = (shop.payment(first).await, shop.payment(second).await);
    assert_eq!([&old["status"], &new["status"]], ["voided", "authorized"]);
    assert_eq!(new["capture_before"], "2026-07-10T12:00:00Z");
    assert_eq!(new["amount_minor"], AMOUNT);
    assert_eq!(new["order_id"], old["order_id"]);
    assert_ne!(new["reference"], old["reference"]);
    let heard = shop.listener.heard();
    let heard: Vec<_> = heard
        .iter()
        .map(|(event, data)| (event.as_str(), &data["payment"]))
        .collect();
    assert_eq!(
        heard,
        [
            ("payments.authorized", &json!(first)),
            ("payments.authorized", &json!(second)),
            ("payments.voided", &json!(first)),
        ]
    );
    shop.capture(second).await.unwrap();
    shop.settle().await;
    assert_eq!(shop.status(second).await, "captured");
    shop.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_lapsed_can_be_renewed_too(db: PgPool) {
    let shop = Shop::new(db).await;
    let lapsed = shop.open("sandbox_short_hold").await;
    shop.settle().await;
    shop.after(Duration::minutes(62)).await;
    assert_eq!(shop.status(lapsed).await, "lapsed");
    let renewed = shop.renew(lapsed).await.unwrap();
    shop.settle().await;
    assert_eq!(shop.status(renewed).await, "authorized");
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_not_held_is_not_renewed(db: PgPool) {
    let shop = Shop::new(db).await;
    let unsent = shop.open("sandbox_approve").await;
    let refused = shop.renew(unsent).await;
    assert!(
        matches!(refused, Err(Error::NotRenewable(Status::New))),
        "{refused:?}"
    );
    shop.settle().await;
    let declined = shop.open("sandbox_decline").await;
    let captured = unsent;
    shop.capture(captured).await.unwrap();
    let refused = shop.renew(captured).await;
    assert!(
        matches!(refused, Err(Error::NotRenewable(Status::Authorized))),
        "a capture is on its way: {refused:?}"
    );
    shop.settle().await;
    for (payment, status) in [(declined, Status::Declined), (captured, Status::Captured)] {
        let refused = shop.renew(payment).await;
        assert!(
            matches!(refused, Err(Error::NotRenewable(is)) if is == status),
            "{refused:?}"
        );
    }
    let abandoned = shop.open("sandbox_approve").await;
    shop.settle().await;
    shop.abandon(abandoned).await.unwrap();
    let refused = shop.renew(abandoned).await;
    assert!(matches!(refused, Err(Error::Abandoned)), "{refused:?}");
    shop.settle().await;
}
