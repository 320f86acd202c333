use serde_json::json;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::orders::Error;
use crate::orders::domain::{Cause, Event, Status};
use crate::orders::step::{Step, step};
use crate::orders::{mails, store};
use crate::payments;
use crate::platform::audit;

/// Who calls an order off.
#[derive(Clone, Debug)]
pub enum Canceller {
    /// Whose order it is; who they are, where that is known.
    Customer(Option<String>),
    Staff(Principal),
}

/// Ends an order that nobody wants any more: the customer, or staff. Safe to do twice.
///
/// # Errors
/// It has ended otherwise, or the money for its video is being taken: then staff refunds.
pub async fn cancel(app: &App, by: &Canceller, id: Uuid, reason: Option<&str>) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let mut order = store::lock(&mut tx, id).await?.ok_or(Error::Unknown)?;
    let from = order.status;
    if from == Status::Delivering || from == Status::PaymentDue {
        // What a customer has ordered and a talent has made is for staff to call off, and only before it is paid.
        if matches!(by, Canceller::Customer(_)) {
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
        cause: match by {
            Canceller::Customer(id) => Cause::Customer(id.clone()),
            Canceller::Staff(principal) => Cause::Staff(principal.id.clone()),
        },
        reason,
    };
    if step(app, &mut tx, &mut order, cancel).await?.is_some() {
        mails::ended(app, &mut tx, &order, from, reason).await?;
        if let Canceller::Staff(principal) = by {
            let (before, after) = (json!({ "status": from }), json!({ "status": order.status }));
            let subject = format!("order/{id}");
            let now = app.now();
            audit::record(
                &mut tx,
                now,
                principal,
                "orders.cancel",
                &subject,
                Some(before),
                Some(after),
            )
            .await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
