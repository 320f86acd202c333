use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{Fault, paragraph};
use crate::orders::domain::{Cause, Event};
use crate::orders::step::{Step, step};
use crate::orders::{Error, mails, queries, store};

/// The talent does not want to, and says why: the customer reads it. Safe to do twice.
///
/// # Errors
/// The order is somebody else's, or is not open.
pub async fn reject(app: &App, by: &Principal, person: Uuid, id: Uuid, reason: &str) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let order = store::lock(&mut tx, id).await?;
    let talent = queries::talent_of(&mut tx, person).await?;
    let mut order = order
        .filter(|order| talent == Some(order.talent))
        .ok_or(Error::Unknown)?;
    let reason = paragraph("/reason", reason, 500).and_then(|reason| {
        let empty = || Fault {
            pointer: "/reason".to_owned(),
            code: "missing",
            detail: "say why: the customer reads it".to_owned(),
        };
        if reason.is_empty() {
            Err(empty())
        } else {
            Ok(reason)
        }
    });
    let reason = reason.map_err(|fault| Error::Invalid(vec![fault]))?;
    let from = order.status;
    let reject = Step {
        event: Event::Reject,
        cause: Cause::Talent(by.id.clone()),
        reason: Some(&reason),
    };
    if step(app, &mut tx, &mut order, reject).await?.is_some() {
        mails::ended(app, &mut tx, &order, from, Some(&reason)).await?;
    }
    tx.commit().await?;
    Ok(())
}
