use serde_json::json;
use time::Duration;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::catalogue::line;
use crate::orders::domain::Status;
use crate::orders::{Error, mails, store};
use crate::platform::audit;

/// How long after the delivery a customer may ask for another video.
const TO_ASK: Duration = Duration::days(7);

/// Asks for an order's video to be made once more: for its customer, within a week of the delivery, with a reason of 1 to
/// 500 characters. Staff is mailed, and decides.
///
/// # Errors
/// It is not delivered; it was too long ago; one was asked for already.
pub async fn ask_redo(app: &App, order: Uuid, reason: &str) -> Result<(), Error> {
    let now = app.now();
    let reason = line("/reason", reason, 500).map_err(|fault| vec![fault])?;
    let mut tx = app.db.begin().await?;
    let order = store::lock(&mut tx, order).await?.ok_or(Error::Unknown)?;
    if order.status != Status::Delivered {
        return Err(Error::NotDelivered(order.status));
    }
    let delivered_at = store::delivered_at(&mut tx, order.id).await?;
    if delivered_at.is_none_or(|at| now > at + TO_ASK) {
        return Err(Error::RedoTooLate);
    }
    let id = crate::ids::fresh(now);
    if !store::insert_redo(&mut tx, (id, order.id), &reason, now).await? {
        return Err(Error::RedoWaits);
    }
    mails::redo_asked(app, &mut tx, &order, id, &reason).await?;
    tx.commit().await?;
    Ok(())
}

/// What staff says to a redo that a customer asks for.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The talent may send another video.
    pub agreed: bool,
    /// What the customer reads, at most 500 characters; of one that is declined, why.
    pub answer: Option<String>,
}

/// Agrees to a redo, or declines it; the customer is mailed, and if it is agreed to the talent, too.
///
/// # Errors
/// None was asked for; the order is no longer delivered.
pub async fn decide_redo(app: &App, by: &Principal, order: Uuid, decision: Decision) -> Result<(), Error> {
    let now = app.now();
    let answer = decision.answer.filter(|text| !text.trim().is_empty());
    let answer = answer.map(|text| line("/answer", &text, 500)).transpose();
    let answer = answer.map_err(|fault| vec![fault])?;
    let mut tx = app.db.begin().await?;
    let order = store::lock(&mut tx, order).await?.ok_or(Error::Unknown)?;
    if decision.agreed && order.status != Status::Delivered {
        return Err(Error::NotDelivered(order.status));
    }
    let (agreed, text) = (decision.agreed, answer.as_deref());
    let redo = store::decide_redo(&mut tx, order.id, agreed, text, &by.id, now).await?;
    let redo = redo.ok_or(Error::NoRedo)?;
    mails::redo_decided(app, &mut tx, &order, redo, agreed, text).await?;
    let after = json!({ "redo": redo, "agreed": agreed });
    let subject = format!("order/{}", order.id);
    audit::record(
        &mut tx,
        now,
        by,
        "orders.decide_redo",
        &subject,
        None,
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
