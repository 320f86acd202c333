//! What does not add up waits for a person, and goes on as that person says; what only came about elsewhere goes on by
//! itself.

use axum::http::StatusCode;
use marquee_core::ledger::Account;
use marquee_core::ledger::queries::balance;
use marquee_core::money::Currency;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use super::{AMOUNT, Shop};

/// Somebody refunds on a page of the gateway's.
async fn refund_there(shop: &Shop, payment: Uuid, reference: &str, amount_minor: i64) {
    let sql = "with payment as (
            update sandbox.payment set refunded_minor = refunded_minor + $3 where caller_reference = $1 returning reference
        ), refund as (
            insert into sandbox.refund (reference, payment, amount_minor) select $2, reference, $3 from payment
        )
        insert into sandbox.event (id, payment, kind, made_at, due_at)
        select gen_random_uuid(), reference, 'payment.refunded', $4, $4 from payment";
    sqlx::query(sql)
        .bind(payment)
        .bind(reference)
        .bind(amount_minor)
        .bind(shop.app.app.now())
        .execute(&shop.app.app.db)
        .await
        .unwrap();
}

async fn release(shop: &Shop, payment: Uuid, how: &str) -> (StatusCode, Value) {
    let body = json!({ "release": how, "reason": "looked at it" });
    shop.app
        .post(&format!("/v1/payments/{payment}/release"), body)
        .await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_refund_that_was_made_at_the_gateway_is_posted_told_and_goes_on(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.paid("sandbox_approve").await;
    shop.heard();
    refund_there(&shop, payment, "re_1", 4_000).await;
    shop.after(Duration::minutes(1)).await;
    refund_there(&shop, payment, "re_2", 1_000).await;
    shop.after(Duration::minutes(1)).await;
    assert_eq!(shop.heard(), ["refunded", "refunded"]);
    assert!(shop.app.alerted("payments.refunded_outside", "sandbox"));
    shop.refund(payment, 10_000).await.unwrap();
    shop.settle().await;
    let view = shop.payment(payment).await;
    assert_eq!(
        (&view["held_reason"], &view["refunded_minor"]),
        (&Value::Null, &json!(AMOUNT))
    );
    assert_eq!(view["operations"][2]["outside"], "re_1");
    assert_eq!(
        shop.operations(payment).await,
        [
            "authorize succeeded",
            "capture succeeded",
            "refund succeeded",
            "refund succeeded",
            "refund succeeded"
        ]
    );
    let mut conn = shop.app.app.db.acquire().await.unwrap();
    assert_eq!(
        balance(&mut conn, Account::Gateway, Currency::BRL).await.unwrap(),
        -300
    );
    drop(conn);
    shop.assert_books().await;
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_refund_there_that_leaves_no_room_for_ours_waits_until_ours_is_refused(db: PgPool) {
    let shop = Shop::new(db).await;
    let payment = shop.paid("sandbox_approve").await;
    shop.gateway.silence(true);
    shop.refund(payment, AMOUNT).await.unwrap();
    refund_there(&shop, payment, "re_1", 4_000).await;
    shop.work().await;
    shop.gateway.silence(false);
    for _ in 0..10 {
        shop.after(Duration::minutes(2)).await;
    }
    let view = shop.payment(payment).await;
    assert_eq!(
        (
            &view["held_reason"],
            &view["refunded_minor"],
            &view["refunding_minor"]
        ),
        (&Value::Null, &json!(4_000), &json!(0))
    );
    shop.assert_books().await;
    shop.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w08_what_was_put_right_goes_on_and_what_was_not_is_held_again(db: PgPool) {
    let shop = Shop::new(db.clone()).await;
    let payment = shop.open("sandbox_timeout").await;
    shop.work().await;
    let (status, problem) = release(&shop, payment, "look").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("payment_not_held"))
    );
    let amount = async |amount: i64| {
        let update = sqlx::query("update sandbox.payment set amount_minor = $1").bind(amount);
        update.execute(&db).await.unwrap();
    };
    amount(14_999).await;
    shop.app.advance(Duration::seconds(10));
    shop.work().await;
    assert!(shop.payment(payment).await["held_reason"].is_string());

    let (status, _) = release(&shop, payment, "look").await;
    assert_eq!(status, StatusCode::OK);
    shop.work().await;
    assert!(
        shop.payment(payment).await["held_reason"].is_string(),
        "nobody put it right"
    );

    amount(AMOUNT).await;
    release(&shop, payment, "look").await;
    shop.work().await;
    let view = shop.payment(payment).await;
    assert_eq!(
        (&view["held_reason"], &view["status"]),
        (&Value::Null, &json!("authorized"))
    );
    let (_, audit) = shop.app.get("/v1/audit?action=payments.release").await;
    let entry = &audit["items"][0];
    assert_eq!(
        entry["after"],
        json!({ "release": "look", "reason": "looked at it" })
    );
    assert_eq!(entry["subject"], format!("payment/{payment}"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_was_lost_for_a_day_is_sent_again_or_given_up_as_a_person_says(db: PgPool) {
    let shop = Shop::new(db).await;
    shop.gateway.silence(true);
    let (again, never) = (
        shop.open("sandbox_approve").await,
        shop.open("sandbox_approve").await,
    );
    shop.work().await;
    for _ in 0..30 {
        shop.app.advance(Duration::HOUR);
        shop.work().await;
    }
    shop.gateway.silence(false);
    shop.app.advance(Duration::HOUR);
    shop.work().await;
    for payment in [again, never] {
        assert_eq!(shop.operations(payment).await, ["authorize held"]);
    }
    let (status, problem) = shop
        .app
        .post(
            &format!("/v1/payments/{again}/release"),
            json!({ "release": "retry", "reason": " " }),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("reason_invalid"))
    );
    release(&shop, again, "retry").await;
    release(&shop, never, "give_up").await;
    shop.settle().await;
    assert_eq!(shop.status(again).await, "authorized");
    let view = shop.payment(never).await;
    assert_eq!(
        (&view["status"], &view["decline_code"]),
        (&json!("declined"), &json!("given_up"))
    );
    assert_eq!(shop.operations(never).await, ["authorize refused"]);
    assert_eq!(shop.done_at_gateway("authorized").await, 1);
    shop.app.leave_jobs();
}
