use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::catalogue::line;
use crate::money::Money;
use crate::orders::domain::{Event, Status};
use crate::orders::store::{self, NewRefund, Order};
use crate::orders::{Error, IllegalTransition};
use crate::platform::audit;
use crate::platform::idempotency::{self, Claim, Request};
use crate::{ids, payments};

/// What a customer is to get back.
#[derive(Clone, Debug)]
pub struct Refund {
    /// `None`: all that is left of what they paid.
    pub amount: Option<Money>,
    /// Why, for staff: 1 to 500 characters.
    pub reason: String,
    /// Whether they keep the video even if nothing is left of what they paid.
    pub keeps_video: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Refunding {
    pub refund: Uuid,
    /// It was asked for before, by the same request.
    pub replayed: bool,
}

/// Has some or all of what a customer paid for a delivered order given back. Of several at once, those that together are
/// more than what is left are refused: the payment is locked from here to the commit. Without a `request` it is asked for
/// anew each time.
///
/// # Errors
/// The order was not delivered; more than what is left; the payment waits for somebody to look at it.
pub async fn refund(
    app: &App,
    by: &Principal,
    request: Option<&Request>,
    order: Uuid,
    refund: Refund,
) -> Result<Refunding, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if let Some(request) = request
        && let Claim::Replay(answer) = idempotency::claim(&mut tx, now, by, request).await?
    {
        let refund = answer["refund"].as_str().context("which refund was it?")?;
        let refund = refund.parse().context("reading a refund's id")?;
        return Ok(Refunding {
            refund,
            replayed: true,
        });
    }
    let reason = line("/reason", &refund.reason, 500).map_err(|fault| vec![fault])?;
    let order = store::lock(&mut tx, order).await?.ok_or(Error::Unknown)?;
    // What is paid for an order that ended otherwise is given back without being asked for.
    if !matches!(order.status, Status::Delivered | Status::Refunded) {
        let (status, event) = (order.status, Event::Refunded);
        return Err(IllegalTransition { status, event }.into());
    }
    let amount = match refund.amount {
        Some(amount) => amount,
        None => left(&mut tx, &order).await?,
    };
    let operation = payments::refund(app, &mut tx, order.payment, amount).await?;
    app.faults.hit("orders.refunding");
    let new = NewRefund {
        id: ids::fresh(now),
        order: order.id,
        payment: order.payment,
        operation,
        amount,
        reason: &reason,
        keeps_video: refund.keeps_video,
        principal: &by.id,
    };
    store::insert_refund(&mut tx, &new, now).await?;
    let after = json!({ "refund": new.id, "amount": amount, "keeps_video": new.keeps_video });
    let subject = format!("order/{}", order.id);
    audit::record(&mut tx, now, by, "orders.refund", &subject, None, Some(after)).await?;
    if let Some(request) = request {
        idempotency::answer(&mut tx, by, request, &json!({ "refund": new.id })).await?;
    }
    tx.commit().await?;
    app.faults.hit("orders.refund_asked");
    Ok(Refunding {
        refund: new.id,
        replayed: false,
    })
}

/// What can still be given back.
async fn left(conn: &mut PgConnection, order: &Order) -> Result<Money, Error> {
    let found = payments::queries::find(conn, order.payment).await?;
    let payment = found.context("an order's payment")?.payment;
    let left_minor = payment.captured_minor - payment.refunded_minor - payment.refunding_minor;
    Money::new(left_minor, order.price.due().currency()).map_err(|_| Error::NothingLeft)
}
