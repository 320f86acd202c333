use anyhow::Context as _;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::place::method;
use crate::app::App;
use crate::catalogue::Faults;
use crate::orders::domain::{Cause, Event, Payer, Status};
use crate::orders::step::{Step, step};
use crate::orders::{Error, store};
use crate::payments;
use crate::platform::idempotency::{self, Caller, Claim, Request};

/// How a customer pays in another way.
#[derive(Clone, Debug)]
pub struct Pay {
    /// The gateway's token of how it is paid.
    pub method: String,
    /// Who pays, where the gateway wants to know; who was said before stays, unless given.
    pub payer: Option<Payer>,
}

/// Pays in another way: after a decline, or for a video whose money could not be taken. Whether it was done before, by the
/// same request.
///
/// # Errors
/// The order waits for no payment, or one is under way.
pub async fn pay(app: &App, request: &Request, id: Uuid, cause: Cause, pay: Pay) -> Result<bool, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let caller = match &cause {
        Cause::Customer(Some(principal)) => Caller::of(principal),
        _ => Caller::ANYBODY,
    };
    if let Claim::Replay(_) = idempotency::claim(&mut tx, now, caller, request).await? {
        return Ok(true);
    }
    let mut faults = Faults::default();
    let method = faults.sift(method(&pay.method));
    let today = app.config.zone.at(now).date();
    let payer = pay.payer.and_then(|payer| payer.check(today, &mut faults));
    faults.none()?;
    let method = method.context("something is wrong, and nothing was said")?;
    let mut order = store::lock(&mut tx, id).await?.ok_or(Error::Unknown)?;
    // An event told twice is no error, but nobody pays twice.
    match order.status {
        Status::Declined | Status::PaymentDue => {}
        Status::Authorizing | Status::ActionRequired => return Err(Error::PaymentPending),
        status => {
            let event = Event::Pay;
            return Err(crate::orders::IllegalTransition { status, event }.into());
        }
    }
    match payments::abandon(app, &mut tx, order.payment).await {
        Err(payments::Error::TooLateToAbandon) => return Err(Error::PaymentPending),
        abandoned => abandoned?,
    }
    let open = payments::Open {
        order: id,
        amount: order.price.due(),
        method,
        // A video that is there is paid at once.
        needed_for: match order.status {
            Status::PaymentDue => Duration::ZERO,
            _ => Duration::days(order.delivery_days.into()),
        },
    };
    order.payment = payments::open(app, &mut tx, open).await?;
    store::set_payment(&mut tx, id, order.payment).await?;
    if let Some(payer) = &payer {
        store::replace_payer(app, &mut tx, id, payer).await?;
    }
    step(app, &mut tx, &mut order, Step::of(Event::Pay, cause.clone())).await?;
    idempotency::answer(&mut tx, caller, request, &json!({ "order": id })).await?;
    tx.commit().await?;
    Ok(false)
}
