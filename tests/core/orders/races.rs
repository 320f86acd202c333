//! Several at once.

use axum::body::Body;
use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::Market;
use crate::videos::{good, put};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_order_that_is_cancelled_while_it_is_paid_ends_one_way_and_holds_nothing(db: PgPool) {
    let market = Market::new(db).await;
    for _ in 0..10 {
        let order = market.placed("sandbox_approve").await;
        let ((status, problem), _) =
            tokio::join!(market.act(&order, "cancel", json!({})), market.app.run_jobs());
        assert_eq!(status, StatusCode::OK, "{problem}");
        market.settle().await;
        assert_eq!(market.status(&order).await, "cancelled");
        let paid = market.payment_status(&order).await;
        assert!(["voided", "declined"].contains(&paid.as_str()), "{paid}");
    }
    assert_eq!(market.taken().await, 0);
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_order_that_is_cancelled_rejected_and_cancelled_again_at_once_ends_once(db: PgPool) {
    let market = Market::new(db).await;
    for _ in 0..5 {
        let order = market.settled("sandbox_approve").await;
        let (reason, staff) = (
            json!({ "reason": "no" }),
            format!("/v1/orders/{}/cancel", order.id),
        );
        let (customers, talents, staffs) = tokio::join!(
            market.act(&order, "cancel", json!({})),
            market.by_talent(&order, "reject", reason),
            market.app.post(&staff, json!({})),
        );
        let fine = [customers.0, talents.0, staffs.0];
        assert!(
            fine.iter()
                .all(|status| [StatusCode::OK, StatusCode::CONFLICT].contains(status)),
            "{fine:?}"
        );
        market.settle().await;
        assert!(["cancelled", "rejected"].contains(&market.status(&order).await.as_str()));
        let ended = market.history(&order).await.len();
        assert_eq!(ended, 3, "placed, authorized, and one end");
        assert_eq!(market.taken().await, 0);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_video_that_comes_at_the_deadline_is_delivered_or_the_order_expires_never_both(db: PgPool) {
    let market = Market::new(db).await;
    let file = good();
    let (mut delivered, mut expired) = (0, 0);
    for offset in [-1, 0, 1] {
        let order = market.settled("sandbox_approve").await;
        market.app.advance(Duration::hours(118));
        let (_, upload) = market.announce(&order, file.len()).await;
        market.app.advance(Duration::hours(1) + Duration::seconds(offset));
        let upload = upload["id"].as_str().unwrap();
        let ticks = async {
            marquee_core::platform::cron::run_ticks(&market.app.app)
                .await
                .unwrap();
            market.app.run_jobs().await;
        };
        let (_, ()) = tokio::join!(
            put(
                &market.app,
                &market.talent_token,
                upload,
                Body::from(file.clone())
            ),
            ticks
        );
        market.after(Duration::minutes(1)).await;
        let end = (market.status(&order).await, market.payment_status(&order).await);
        match (end.0.as_str(), end.1.as_str()) {
            ("delivered", "captured") => delivered += 1,
            ("expired", "voided") => expired += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(delivered >= 1 && expired >= 1, "{delivered} {expired}");
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_32_of_many_who_announce_a_video_at_once_one_sends_it(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    let answers = join_all((0..4).map(|_| market.announce(&order, 1_000))).await;
    let mut taken = 0;
    for (status, upload) in answers {
        assert_eq!(
            status,
            StatusCode::CREATED,
            "each takes the place of the one before: {upload}"
        );
        let id = upload["id"].as_str().unwrap();
        let answer = put(&market.app, &market.talent_token, id, Body::from(vec![0; 1_000])).await;
        taken += usize::from(answer.status == StatusCode::OK);
    }
    assert_eq!(taken, 1);
    market.settle().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_07_who_pays_twice_at_once_pays_once(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_decline").await;
    let pay = || market.act(&order, "pay", json!({ "payment_method": "sandbox_approve" }));
    let answers = join_all((0..5).map(|_| pay())).await;
    let paid = answers
        .iter()
        .filter(|(status, _)| *status == StatusCode::OK)
        .count();
    assert_eq!(paid, 1, "{answers:?}");
    market.settle().await;
    let (_, payments) = market.app.get(&format!("/v1/payments?order={}", order.id)).await;
    assert_eq!(
        payments["items"].as_array().unwrap().len(),
        2,
        "the declined one and one more"
    );
    assert_eq!(market.status(&order).await, "open");
}
