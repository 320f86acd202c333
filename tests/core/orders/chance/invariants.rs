//! What must hold at every moment, and what at the end. Numbers are those of DESIGN's invariants.

use marquee_core::books::queries::check;
use marquee_core::orders::TRANSITIONS;

use crate::orders::Market;

/// Each finds rows that must not be.
const NEVER: [(&str, &str); 8] = [
    (
        "6: more is captured than was held, or given back than was captured",
        "select id::text from payments.payment
        where captured_minor > authorized_minor or refunded_minor + refunding_minor > captured_minor",
    ),
    (
        "6: a payment is captured and voided",
        "select payment::text from payments.operation
        where kind in ('capture', 'void') and status = 'succeeded'
        group by payment having count(*) > 1",
    ),
    (
        "8: a capture without a video that can be played",
        "select purchase.id::text
        from payments.operation
        join payments.payment on payment.id = operation.payment
        join orders.purchase on purchase.id = payment.order_id
        left join videos.upload on upload.id = purchase.upload_id
        where operation.kind = 'capture' and upload.status is distinct from 'accepted'",
    ),
    (
        "8: a delivery without a capture",
        "select purchase.id::text
        from orders.purchase
        join payments.payment on payment.id = purchase.payment_id
        where purchase.status in ('delivered', 'refunded')
            and payment.captured_minor <> purchase.list_minor - purchase.discount_minor",
    ),
    (
        "5: a delivery is not one sale in the books, or a sale not one delivery",
        "select reference
        from ledger.transaction
        full join orders.purchase on reference = 'sale/' || purchase.id and kind = 'sale'
        where (transaction.id is null and purchase.status in ('delivered', 'refunded'))
            or (kind = 'sale' and coalesce(purchase.status, '') not in ('delivered', 'refunded'))",
    ),
    (
        "7: a quote is two orders, or a payment is one more time at the gateway",
        "select reference from sandbox.payment
        where caller_reference not in (select id from payments.payment)",
    ),
    (
        "the talent's week counts other orders than there are",
        "select monday::text
        from catalogue.week
        full join (
            select monday, count(*) as orders from orders.purchase
            where status not in ('failed', 'cancelled', 'rejected', 'expired')
            group by monday
        ) as counted using (monday)
        where coalesce(taken, 0) <> coalesce(orders, 0)",
    ),
    (
        "an order's history is not one chain, or does not end where the order is",
        "select order_id::text
        from (
            select order_id, from_status, to_status,
                lag(to_status) over one as before, lead(id) over one is null as is_last
            from orders.history
            window one as (partition by order_id order by id)
        ) as told
        join orders.purchase on purchase.id = order_id
        where from_status is distinct from before or (is_last and to_status <> purchase.status)",
    ),
];

/// Each finds rows that must not be left.
const AT_LAST: [(&str, &str); 5] = [
    (
        "an order has no end",
        "select concat_ws(' ', id, status, deadline_at, due_at) from orders.purchase
        where status not in ('delivered', 'refunded', 'failed', 'cancelled', 'rejected', 'expired')",
    ),
    (
        "money is held at the gateway for nobody",
        "select reference || ' ' || status from sandbox.payment
        where status not in ('captured', 'voided', 'lapsed', 'declined')",
    ),
    (
        "money is kept for an order that has no video",
        "select purchase.id || ' ' || purchase.status
        from orders.purchase
        join payments.payment on payment.order_id = purchase.id
        where captured_minor > refunded_minor
            and (purchase.status <> 'delivered' or payment.id <> purchase.payment_id)",
    ),
    (
        "we and the gateway do not have the same in our books",
        "select payment.id::text
        from payments.payment
        full join sandbox.payment as theirs on theirs.caller_reference = payment.id
        where coalesce(payment.captured_minor, 0) <> coalesce(theirs.captured_minor, 0)
            or coalesce(payment.refunded_minor, 0) <> coalesce(theirs.refunded_minor, 0)",
    ),
    (
        "a call of the gateway is not over, nor is it one that surely never came there and waits for a person",
        "select concat_ws(' ', operation.id, kind, operation.status, attempts, asks, code, detail)
        from payments.operation
        where status not in ('succeeded', 'refused') and not (status = 'held' and kind in ('authorize', 'refund'))",
    ),
];

pub(super) async fn assert_invariants(market: &Market, place: &str) {
    assert_none(market, &NEVER, place).await;
    let report = check(&market.app.app.db).await.unwrap();
    assert!(report.fine, "{place}: {:?}", report.findings);
    let taken: Vec<(String, String, String)> = sqlx::query_as(
        "select distinct from_status, event, to_status from orders.history where from_status is not null",
    )
    .fetch_all(&market.app.app.db)
    .await
    .unwrap();
    for (from, event, to) in taken {
        let is_known = TRANSITIONS
            .iter()
            .any(|(a, on, b)| a.name() == from && on.name() == event && b.name() == to);
        assert!(is_known, "{place}: {from} -{event}-> {to}");
    }
}

/// `keys`: as many orders were placed, whatever was tried how often.
pub(super) async fn assert_all_over(market: &Market, keys: usize, place: &str) {
    assert_none(market, &AT_LAST, place).await;
    let orders: i64 = sqlx::query_scalar("select count(*) from orders.purchase")
        .fetch_one(&market.app.app.db)
        .await
        .unwrap();
    assert!(
        orders > 0 && orders <= i64::try_from(keys).unwrap(),
        "{place}: {orders} orders of {keys}"
    );
}

async fn assert_none(market: &Market, checks: &'static [(&str, &str)], place: &str) {
    for (what, query) in checks {
        let found: Vec<Option<String>> = sqlx::query_scalar(*query)
            .fetch_all(&market.app.app.db)
            .await
            .unwrap();
        assert!(found.is_empty(), "{place}: {what}: {found:?}");
    }
}
