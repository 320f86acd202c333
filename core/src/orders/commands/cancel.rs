use uuid::Uuid;

use crate::app::App;
use crate::orders::Error;
use crate::orders::domain::{Cause, Event, Status};
use crate::orders::step::{Step, step};
use crate::orders::{mails, store};
use crate::payments;

/// Ends an order that nobody wants any more: the customer, or staff. Safe to do twice.
///
/// # Errors
/// It has ended otherwise, or the money for its video is being taken: then staff refunds.
pub async fn cancel(app: &App, id: Uuid, cause: Cause, reason: Option<&str>) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let mut order = store::lock(&mut tx, id).await?.ok_or(Error::Unknown)?;
    let from = order.status;
    if from == Status::Delivering || from == Status::PaymentDue {
        // What a customer has ordered and a talent has made is for staff to call off, and only before it is paid.
        if !matches!(cause, Cause::Staff(_)) {
            return Err(crate::orders::IllegalTransition {
                status: from,
                event: Event::Cancel,
            }
            .into());
        }
        if payments::queries::is_capturing(&mut tx, order.payment).await? {
            return Err(Error::PaymentPending);
        }
    }
    let cancel = Step {
        event: Event::Cancel,
        cause,
        reason,
    };
    if step(app, &mut tx, &mut order, cancel).await?.is_some() {
        mails::ended(app, &mut tx, &order, from, reason).await?;
    }
    tx.commit().await?;
    Ok(())
}
