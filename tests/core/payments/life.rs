//! What becomes of payments when everybody does as they should, and when customers, banks and time do not.

use axum::http::StatusCode;
use marquee_core::ledger::Account;
use marquee_core::ledger::queries::balance;
use marquee_core::money::Currency;
use marquee_core::payments::{Error, Status};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use super::{AMOUNT, Shop};

async fn gateway_balance(shop: &Shop) -> i64 {
    let mut conn = shop.app.app.db.acquire().await.unwrap();
    balance(&mut conn, Account::Gateway, Currency::BRL).await.unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_held_is_captured_and_given_back_and_the_ledger_has_all_of_it(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_approve").await;
    shop.settle().await;
    let view = shop.payment(payment).await;
    assert_eq!(
        (&view["status"], &view["authorized_minor"]),
        (&json!("authorized"), &json!(AMOUNT))
    );
    assert_eq!(view["capture_before"], "2026-07-06T12:00:00Z");
    assert_eq!(gateway_balance(&shop).await, 0);

    shop.capture(payment).await.unwrap();
    shop.settle().await;
    assert_eq!(shop.status(payment).await, "captured");
    assert_eq!(gateway_balance(&shop).await, AMOUNT - 300);

    shop.refund(payment, 4_000).await.unwrap();
    shop.settle().await;
    shop.refund(payment, 11_000).await.unwrap();
    shop.settle().await;
    let view = shop.payment(payment).await;
    assert_eq!(
        (&view["refunded_minor"], &view["refunding_minor"]),
        (&json!(AMOUNT), &json!(0))
    );
    assert_eq!(gateway_balance(&shop).await, -300);
    assert_eq!(shop.heard(), ["authorized", "captured", "refunded", "refunded"]);
    assert_eq!(
        shop.operations(payment).await,
        [
            "authorize succeeded",
            "capture succeeded",
            "refund succeeded",
            "refund succeeded"
        ]
    );
    shop.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_decline_is_told_with_its_reason_and_nothing_is_held(db: PgPool) {
    let shop = Shop::new(db).await;
    for (method, code) in [
        ("sandbox_decline", "card_declined"),
        ("sandbox_no_funds", "insufficient_funds"),
        ("what is this", "method_unknown"),
    ] {
        let payment = shop.open(method).await;
        shop.settle().await;
        let view = shop.payment(payment).await;
        assert_eq!(
            (&view["status"], &view["decline_code"]),
            (&json!("declined"), &json!(code))
        );
        assert_eq!(shop.operations(payment).await, ["authorize refused"]);
        let heard = shop.listener.heard();
        assert_eq!((heard.len(), heard[0].0.as_str()), (1, "payments.declined"));
        assert_eq!(heard[0].1["code"], code);
        let refused = shop.capture(payment).await;
        assert!(
            matches!(refused, Err(Error::NotCapturable(Status::Declined))),
            "{refused:?}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_customer_who_must_confirm_does_or_does_not(db: PgPool) {
    let shop = Shop::new(db).await;
    for (approve, status) in [(true, "authorized"), (false, "declined")] {
        let payment = shop.open("sandbox_3ds").await;
        shop.settle().await;
        assert_eq!(shop.status(payment).await, "action_required");
        let reference = shop.payment(payment).await["reference"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/v1/gateways/sandbox/actions/{reference}");
        let (answer, _) = shop.app.post(&path, json!({ "approve": approve })).await;
        assert_eq!(answer, StatusCode::NO_CONTENT);
        // Nothing but the gateway's news tells us.
        shop.after(Duration::minutes(1)).await;
        assert_eq!(shop.status(payment).await, status);
        assert_eq!(shop.heard(), ["action_required", status]);
    }
    let (answer, problem) = shop
        .app
        .post("/v1/gateways/sandbox/actions/sb_0", json!({ "approve": true }))
        .await;
    assert_eq!(
        (answer, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("payment_unknown"))
    );
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_nobody_wants_any_more_is_let_go(db: PgPool) {
    let shop = Shop::new(db).await;
    let held = shop.open("sandbox_approve").await;
    let confirming = shop.open("sandbox_3ds").await;
    shop.settle().await;
    let unsent = shop.open("sandbox_approve").await;
    shop.heard();
    for payment in [held, confirming, unsent] {
        shop.abandon(payment).await.unwrap();
        shop.abandon(payment).await.unwrap();
    }
    shop.settle().await;

    assert_eq!(
        [shop.status(held).await, shop.status(confirming).await],
        ["voided", "voided"]
    );
    assert_eq!(
        shop.operations(held).await,
        ["authorize succeeded", "void succeeded"]
    );
    assert_eq!(
        shop.operations(confirming).await,
        ["authorize refused", "void succeeded"]
    );
    assert_eq!(shop.operations(unsent).await, ["authorize refused"]);
    assert_eq!(shop.heard(), ["voided", "voided"]);
    assert_eq!(
        shop.done_at_gateway("authorized").await,
        1,
        "the third was never asked for"
    );
    for payment in [held, confirming, unsent] {
        assert!(shop.capture(payment).await.is_err());
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p06_a_payment_is_captured_once_or_let_go_once_and_never_both(db: PgPool) {
    let shop = Shop::new(db.clone()).await;
    let payment = shop.open("sandbox_approve").await;
    let early = shop.capture(payment).await;
    assert!(
        matches!(early, Err(Error::NotCapturable(Status::New))),
        "{early:?}"
    );
    shop.settle().await;

    let first = shop.capture(payment).await.unwrap();
    assert_eq!(shop.capture(payment).await.unwrap(), first);
    let late = shop.abandon(payment).await;
    assert!(matches!(late, Err(Error::TooLateToAbandon)), "{late:?}");
    shop.settle().await;
    assert_eq!(shop.capture(payment).await.unwrap(), first);
    assert_eq!(shop.done_at_gateway("captured").await, 1);

    // What a mistake of ours would try, the schema refuses.
    for kind in ["capture", "void"] {
        let refused = sqlx::query(
            "insert into payments.operation (id, payment, kind, amount_minor, due_at, created_at)
            values (gen_random_uuid(), $1, $2, 1, now(), now())",
        )
        .bind(payment)
        .bind(kind)
        .execute(&db)
        .await;
        assert!(refused.unwrap_err().to_string().contains("operation_ends_once"));
    }
    for (change, constraint) in [
        (
            "captured_minor = authorized_minor + 1",
            "captured_within_authorized",
        ),
        ("authorized_minor = amount_minor + 1", "authorized_within_amount"),
        ("refunded_minor = captured_minor + 1", "refunded_within_captured"),
        ("refunding_minor = captured_minor + 1", "refunded_within_captured"),
    ] {
        let sql = format!("update payments.payment set {change}");
        let refused = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&db).await;
        assert!(refused.unwrap_err().to_string().contains(constraint), "{change}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p08_a_hold_that_lapsed_is_noticed_although_nobody_tells(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_short_hold").await;
    shop.settle().await;
    shop.app.advance(Duration::minutes(62));
    marquee_core::platform::cron::run_ticks(&shop.app.app)
        .await
        .unwrap();
    // Its news are lost on the way.
    shop.work().await;
    shop.app.gateway_sender.take();
    assert_eq!(shop.status(payment).await, "lapsed");
    assert_eq!(shop.heard(), ["authorized", "lapsed"]);
    let refused = shop.capture(payment).await;
    assert!(
        matches!(refused, Err(Error::NotCapturable(Status::Lapsed))),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_capture_that_is_refused_is_told_and_alerted_and_may_be_tried_again(db: PgPool) {
    let shop = Shop::new(db.clone()).await;
    let payment = shop.open("sandbox_capture_decline").await;
    shop.settle().await;
    shop.capture(payment).await.unwrap();
    shop.settle().await;
    assert_eq!(shop.heard(), ["authorized", "capture_failed"]);
    assert_eq!(shop.status(payment).await, "authorized");
    assert!(shop.app.alerted("payments.capture_failed", "sandbox"));
    assert_eq!(gateway_balance(&shop).await, 0);

    sqlx::query("update sandbox.payment set method = 'sandbox_approve'")
        .execute(&db)
        .await
        .unwrap();
    shop.capture(payment).await.unwrap();
    shop.settle().await;
    assert_eq!(shop.heard(), ["captured"]);
    shop.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p14_however_many_refund_at_once_no_more_goes_back_than_came(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_approve").await;
    shop.settle().await;
    let early = shop.refund(payment, 1).await;
    assert!(
        matches!(early, Err(Error::TooMuchToRefund { left_minor: 0, .. })),
        "{early:?}"
    );
    shop.capture(payment).await.unwrap();
    shop.settle().await;

    let refunds = (0..8).map(|_| shop.refund(payment, 4_000));
    let refunds = futures::future::join_all(refunds).await;
    assert_eq!(refunds.iter().filter(|refund| refund.is_ok()).count(), 3);
    assert!(
        refunds
            .iter()
            .all(|refund| matches!(refund, Ok(_) | Err(Error::TooMuchToRefund { .. }))),
        "{refunds:?}"
    );
    shop.settle().await;
    assert_eq!(shop.payment(payment).await["refunded_minor"], 12_000);
    assert_eq!(gateway_balance(&shop).await, AMOUNT - 300 - 12_000);
    shop.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_refund_that_is_refused_can_be_asked_for_again(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.open("sandbox_refund_decline").await;
    shop.settle().await;
    shop.capture(payment).await.unwrap();
    shop.settle().await;
    for _ in 0..2 {
        shop.refund(payment, AMOUNT).await.unwrap();
        shop.settle().await;
    }
    let view = shop.payment(payment).await;
    assert_eq!(
        (&view["refunded_minor"], &view["refunding_minor"]),
        (&json!(0), &json!(0))
    );
    assert!(shop.app.alerted("payments.refund_failed", "sandbox"));
    shop.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_find_payments_by_status_order_and_whether_they_are_held(db: PgPool) {
    let shop = Shop::new(db).await;
    let (one, two) = (
        shop.open("sandbox_approve").await,
        shop.open("sandbox_decline").await,
    );
    shop.settle().await;
    let ids = async |query: &str| {
        let (status, page) = shop.app.get(&format!("/v1/payments?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|of| of["id"].as_str().unwrap().parse().unwrap())
            .collect::<Vec<Uuid>>()
    };
    let order = shop.payment(one).await["order_id"].as_str().unwrap().to_owned();
    assert_eq!(ids("").await, [two, one]);
    assert_eq!(ids("status=declined").await, [two]);
    assert_eq!(ids(&format!("order={order}")).await, [one]);
    assert!(ids("held=true").await.is_empty());
    assert_eq!(ids("held=false&limit=1").await, [two]);
    let (status, problem) = shop.app.get(&format!("/v1/payments/{order}")).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("payment_unknown"))
    );
}
