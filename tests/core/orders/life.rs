//! What becomes of an order without a video: declined, confirmed, cancelled, rejected, expired.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOMER, Market, Ordered, TALENT};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_13_people_are_told_once_the_amount_is_held_and_not_before(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.placed("sandbox_approve").await;
    assert_eq!(market.status(&order).await, "authorizing");
    assert_eq!(market.mailed(), [""; 0]);
    market.settle().await;
    let seen = market.seen(&order).await;
    assert_eq!(
        [&seen["status"], &seen["deadline_at"]],
        ["open", "2026-07-06T11:00:00Z"]
    );
    assert_eq!(
        market.mailed(),
        [
            format!("{TALENT}: A new order: a video for Bia"),
            format!("{CUSTOMER}: Ana Lima has your order"),
        ]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_deadline_is_what_was_promised_when_that_is_before_the_hold_lapses(db: PgPool) {
    let market = Market::new(db).await;
    market.terms(json!({ "delivery_days": 2 })).await;
    let order = market.settled("sandbox_approve").await;
    assert_eq!(market.seen(&order).await["deadline_at"], "2026-07-03T12:00:00Z");
    market.terms(json!({ "delivery_days": 14 })).await;
    let order = market.settled("sandbox_approve").await;
    assert_eq!(market.seen(&order).await["deadline_at"], "2026-07-06T11:00:00Z");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_is_declined_pays_in_another_way(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_no_funds").await;
    let seen = market.seen(&order).await;
    assert_eq!(
        [&seen["status"], &seen["decline_code"]],
        ["declined", "insufficient_funds"]
    );
    assert_eq!(
        market.mailed(),
        [format!("{CUSTOMER}: Your payment was declined")]
    );
    let link = market.app.mail_transport.last_to(CUSTOMER).text;
    assert!(
        link.contains(&format!("/orders/{}#{}", order.id, order.key)),
        "{link}"
    );

    let (status, problem) = market.act(&order, "pay", json!({ "payment_method": "" })).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("/payment_method"))
    );
    let pay = json!({ "payment_method": "sandbox_approve" });
    let (status, seen) = market.act(&order, "pay", pay.clone()).await;
    assert_eq!((status, &seen["status"]), (StatusCode::OK, &json!("authorizing")));
    let (status, problem) = market.act(&order, "pay", pay.clone()).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("payment_pending"))
    );
    market.settle().await;
    assert_eq!(market.status(&order).await, "open");
    let (status, problem) = market.act(&order, "pay", pay).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("illegal_transition"))
    );
    let (_, payments) = market.app.get(&format!("/v1/payments?order={}", order.id)).await;
    let of = |status: &str| {
        let payments = payments["items"].as_array().unwrap().iter();
        payments.filter(|payment| payment["status"] == status).count()
    };
    assert_eq!((of("authorized"), of("declined")), (1, 1));
    assert_eq!(market.taken().await, 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_does_not_pay_in_half_an_hour_loses_the_place(db: PgPool) {
    let market = Market::new(db).await;
    let declined = market.settled("sandbox_decline").await;
    let confirming = market.settled("sandbox_3ds").await;
    assert_eq!(market.taken().await, 2);
    market.mailed();
    market.after(Duration::minutes(29)).await;
    assert_eq!(market.status(&declined).await, "declined");
    market.after(Duration::minutes(1)).await;
    for order in [&declined, &confirming] {
        assert_eq!(market.status(order).await, "failed");
        let (status, problem) = market
            .act(order, "pay", json!({ "payment_method": "sandbox_approve" }))
            .await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::CONFLICT, &json!("illegal_transition"))
        );
    }
    assert_eq!(market.taken().await, 0);
    assert_eq!(market.mailed(), [""; 0]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_customer_who_must_confirm_sees_where_and_nobody_else_does(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_3ds").await;
    let seen = market.seen(&order).await;
    assert_eq!(seen["status"], "action_required");
    assert!(!seen["action"].is_null());
    assert_eq!(market.known(&order).await["action"], Value::Null);
    confirm(&market, &order, true).await;
    let seen = market.seen(&order).await;
    assert_eq!((&seen["status"], &seen["action"]), (&json!("open"), &Value::Null));

    let order = market.settled("sandbox_3ds").await;
    confirm(&market, &order, false).await;
    assert_eq!(market.status(&order).await, "declined");
}

async fn confirm(market: &Market, order: &Ordered, approve: bool) {
    let reference = market.payment(order).await["reference"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/gateways/sandbox/actions/{reference}");
    let (status, problem) = market.app.post(&path, json!({ "approve": approve })).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{problem}");
    market.after(Duration::minutes(1)).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_10_what_a_customer_cancels_is_let_go(db: PgPool) {
    let market = Market::new(db).await;
    for (method, status) in [
        ("sandbox_approve", "open"),
        ("sandbox_decline", "declined"),
        ("sandbox_3ds", "action_required"),
    ] {
        let order = market.settled(method).await;
        assert_eq!(market.status(&order).await, status);
        market.mailed();
        let (answer, seen) = market
            .act(&order, "cancel", json!({ "reason": "The birthday was moved." }))
            .await;
        assert_eq!((answer, &seen["status"]), (StatusCode::OK, &json!("cancelled")));
        assert_eq!(seen["reason"], "The birthday was moved.");
        market.settle().await;
        let told = if status == "open" {
            vec![
                format!("{TALENT}: The order for Bia was cancelled"),
                format!("{CUSTOMER}: Your order of Ana Lima was cancelled"),
            ]
        } else {
            Vec::new()
        };
        assert_eq!(market.mailed(), told, "{status}");
        let paid = market.payment_status(&order).await;
        assert!(
            ["voided", "declined"].contains(&paid.as_str()),
            "{status}: {paid}"
        );
        let (answer, _) = market.act(&order, "cancel", json!({})).await;
        assert_eq!(answer, StatusCode::OK, "safe to do twice");
        let (answer, problem) = market.announce(&order, 1_000).await;
        assert_eq!(
            (answer, &problem["code"]),
            (StatusCode::CONFLICT, &json!("order_not_open"))
        );
    }
    assert_eq!(market.taken().await, 0);
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_call_orders_off_if_they_may(db: PgPool) {
    use marquee_core::access::Permission;
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    let path = format!("/v1/orders/{}/cancel", order.id);
    let cancel = async |permissions: &[Permission]| {
        let key = market.app.api_key(permissions).await;
        let (status, problem) = market
            .app
            .call_as(&key, axum::http::Method::POST, &path, Some(json!({})))
            .await;
        (status, problem["code"].as_str().map(str::to_owned))
    };
    let unknown = Some("order_unknown".to_owned());
    assert_eq!(
        cancel(&[Permission::RulesRead]).await,
        (StatusCode::NOT_FOUND, unknown)
    );
    let forbidden = Some("forbidden".to_owned());
    assert_eq!(
        cancel(&[Permission::OrdersRead]).await,
        (StatusCode::FORBIDDEN, forbidden)
    );
    let may = [Permission::OrdersRead, Permission::OrdersManage];
    assert_eq!(cancel(&may).await, (StatusCode::OK, None));
    market.settle().await;
    let history = market.history(&order).await;
    assert_eq!(history.last().unwrap(), "cancel: open -> cancelled by staff");
    assert_eq!(market.payment_status(&order).await, "voided");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talent_rejects_with_a_reason_that_the_customer_reads(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    market.mailed();
    let (status, problem) = market.by_talent(&order, "reject", json!({ "reason": " " })).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("/reason"))
    );
    let reason = json!({ "reason": "I do not sing this <song>." });
    let (_, stranger) = crate::accounts::person(&market.app, "eva@acme.example").await;
    let path = format!("/v1/orders/{}/reject", order.id);
    let (status, problem) = market
        .app
        .call_as(&stranger, axum::http::Method::POST, &path, Some(reason.clone()))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("order_unknown"))
    );
    market.mailed();
    let (status, seen) = market.by_talent(&order, "reject", reason).await;
    assert_eq!((status, &seen["status"]), (StatusCode::OK, &json!("rejected")));
    market.settle().await;
    assert_eq!(
        market.mailed(),
        [format!("{CUSTOMER}: Your order of Ana Lima was not accepted")]
    );
    assert_eq!(market.seen(&order).await["reason"], "I do not sing this <song>.");
    assert_eq!(
        (market.payment_status(&order).await.as_str(), market.taken().await),
        ("voided", 0)
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p16_what_is_not_delivered_in_time_expires_and_is_let_go(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    market.mailed();
    market.after(Duration::hours(119) - Duration::seconds(1)).await;
    assert_eq!(market.status(&order).await, "open");
    assert_eq!(
        market.mailed(),
        [format!("{TALENT}: Less than a day left: your video for Bia")]
    );
    market.app.advance(Duration::seconds(1));
    let (status, problem) = market.announce(&order, 1_000).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("order_expired")),
        "even before the clock has come by"
    );
    market.after(Duration::minutes(1)).await;
    assert_eq!(market.status(&order).await, "expired");
    assert_eq!(
        (market.payment_status(&order).await.as_str(), market.taken().await),
        ("voided", 0)
    );
    assert_eq!(
        market.mailed(),
        [
            format!("{TALENT}: The order for Bia has expired"),
            format!("{CUSTOMER}: Your order of Ana Lima has expired"),
        ]
    );
    let (status, problem) = market.announce(&order, 1_000).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("order_expired"))
    );
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_order_whose_hold_is_lost_expires(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_short_hold").await;
    assert_eq!(market.seen(&order).await["status"], "open", "its deadline is now");
    market.after(Duration::minutes(62)).await;
    assert_eq!(market.status(&order).await, "expired");
    assert_eq!(market.taken().await, 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_amount_that_is_held_too_late_is_let_go(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.placed("sandbox_slow").await;
    market.app.run_jobs().await;
    let (status, _) = market.act(&order, "cancel", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    market.after(Duration::minutes(2)).await;
    market.after(Duration::minutes(2)).await;
    assert_eq!(market.status(&order).await, "cancelled");
    assert_eq!(market.payment_status(&order).await, "voided");
    assert_eq!(market.mailed(), [""; 0]);
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p04_an_order_waits_for_an_answer_that_is_lost(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.placed("sandbox_timeout").await;
    market.app.run_jobs().await;
    assert_eq!(
        market.status(&order).await,
        "authorizing",
        "never failed before it is known"
    );
    market.after(Duration::minutes(2)).await;
    assert_eq!(market.status(&order).await, "open");
    let (_, payments) = market.app.get(&format!("/v1/payments?order={}", order.id)).await;
    assert_eq!(payments["items"].as_array().unwrap().len(), 1);
}
