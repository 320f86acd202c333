//! What the clock ends.

use sqlx::PgConnection;
use uuid::Uuid;

use super::domain::{Cause, Event, Status};
use super::renew::renew;
use super::step::{Step, step};
use super::store::{self, Order};
use super::{Error, mails, queries};
use crate::app::App;
use crate::payments;
use crate::videos::{self, Closed};

/// Ends the present status of an order, if its time is over.
pub(super) async fn end(app: &App, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let order = store::lock(&mut tx, id).await?;
    let is_over = |order: &Order| order.due_at.is_some_and(|at| at <= app.now());
    let Some(mut order) = order.filter(is_over) else {
        return Ok(());
    };
    app.faults.hit("orders.ending");
    match order.status {
        Status::Open => {
            if !renew(app, &mut tx, &mut order).await? {
                end_open(app, &mut tx, &mut order, Cause::System, None).await?;
            }
        }
        Status::Declined | Status::ActionRequired => {
            step(app, &mut tx, &mut order, Step::of(Event::TimeOver, Cause::System)).await?;
        }
        // What is just being taken is about to be known.
        Status::PaymentDue if payments::queries::is_capturing(&mut tx, order.payment).await? => return Ok(()),
        Status::PaymentDue => {
            let from = order.status;
            step(app, &mut tx, &mut order, Step::of(Event::TimeOver, Cause::System)).await?;
            mails::ended(app, &mut tx, &order, from, None).await?;
        }
        _ => return Ok(()),
    }
    app.faults.hit("orders.ended");
    tx.commit().await?;
    app.faults.hit("orders.over");
    Ok(())
}

/// Tells the talent that little time is left, once.
pub(super) async fn remind(app: &App, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let Some(order) = store::lock(&mut tx, id).await? else {
        return Ok(());
    };
    if store::set_reminded(&mut tx, id, app.now()).await? {
        mails::reminded(app, &mut tx, &order).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The talent can deliver no more, unless the video is here and was in time: from here on nothing is received for the order.
pub(super) async fn end_open(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    cause: Cause,
    reason: Option<&str>,
) -> Result<(), Error> {
    if let (Status::Open, Some(upload), Some(deadline_at)) = (order.status, order.upload, order.deadline_at) {
        let talent = queries::talent_reader(conn, order.talent).await?;
        let closed = videos::close(conn, app.now(), talent.person, upload).await?;
        if let Closed::Received(received_at) = closed
            && received_at <= deadline_at
        {
            let by_talent = Cause::Talent(format!("person:{}", talent.person));
            step(app, conn, order, Step::of(Event::Uploaded, by_talent)).await?;
            return Ok(());
        }
    }
    let from = order.status;
    let expire = Step {
        event: Event::Expire,
        cause,
        reason,
    };
    if step(app, conn, order, expire).await?.is_some() {
        mails::ended(app, conn, order, from, None).await?;
    }
    Ok(())
}
