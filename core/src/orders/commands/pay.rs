use serde_json::json;
use uuid::Uuid;

use super::place::method;
use crate::app::App;
use crate::orders::domain::{Cause, Event, Status};
use crate::orders::step::{Step, step};
use crate::orders::{Error, store};
use crate::payments;
use crate::platform::idempotency::{self, Caller, Claim, Request};

/// Pays in another way: after a decline, or for a video whose money could not be taken. Whether it was done before, by the
/// same request.
///
/// # Errors
/// The order waits for no payment, or one is under way.
pub async fn pay(app: &App, request: &Request, id: Uuid, cause: Cause, by: &str) -> Result<bool, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let caller = match &cause {
        Cause::Customer(Some(principal)) => Caller::of(principal),
        _ => Caller::ANYBODY,
    };
    if let Claim::Replay(_) = idempotency::claim(&mut tx, now, caller, request).await? {
        return Ok(true);
    }
    let method = method(by).map_err(|fault| Error::Invalid(vec![fault]))?;
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
    };
    order.payment = payments::open(app, &mut tx, open).await?;
    store::set_payment(&mut tx, id, order.payment).await?;
    step(app, &mut tx, &mut order, Step::of(Event::Pay, cause.clone())).await?;
    idempotency::answer(&mut tx, caller, request, &json!({ "order": id })).await?;
    tx.commit().await?;
    Ok(false)
}
