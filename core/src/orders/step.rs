//! One step of an order, with everything that follows from it, in the caller's transaction, which holds the order's row.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Error;
use super::commands::release_promotion;
use super::domain::{Cause, Event, Status};
use super::store::{self, Advance, NewEntry, Order};
use crate::app::App;
use crate::platform::alerts::{Alert, Code};
use crate::{catalogue, payments};

/// How long a customer may take to pay in another way, or to confirm.
const TO_PAY: Duration = Duration::minutes(30);
/// How long a video waits for its money.
const TO_PAY_FOR_A_VIDEO: Duration = Duration::days(7);

/// What happened, and whose doing it was.
pub(super) struct Step<'a> {
    pub(super) event: Event,
    pub(super) cause: Cause,
    /// In the words of who did it, or a code.
    pub(super) reason: Option<&'a str>,
}

impl Step<'_> {
    pub(super) fn of(event: Event, cause: Cause) -> Self {
        Self {
            event,
            cause,
            reason: None,
        }
    }
}

/// Takes the step; what the status is now. `None`: it was so already, and nothing changes.
///
/// # Errors
/// The order cannot take this step; or its money is just being taken, and it cannot end.
pub(super) async fn step(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    step: Step<'_>,
) -> Result<Option<Status>, Error> {
    let (now, from) = (app.now(), order.status);
    let Some(to) = from.on(step.event)? else {
        return Ok(None);
    };
    let (payment, upload) = (Some(order.payment), order.upload);
    // What leaves the status as it is must be told from what is told again.
    if to == from && store::has_happened(conn, order.id, step.event, payment, upload).await? {
        return Ok(None);
    }
    if to != from {
        order.due_at = due_at(to, order.deadline_at, now);
    }
    let advance = Advance {
        from,
        to,
        deadline_at: order.deadline_at,
        due_at: order.due_at,
    };
    if !store::advance(conn, order.id, &advance, now).await? {
        return Err(anyhow::anyhow!("an order that was locked has changed").into());
    }
    order.status = to;
    let entry = NewEntry {
        order: order.id,
        event: step.event,
        from,
        to,
        cause: &step.cause,
        reason: step.reason,
        payment,
        upload,
    };
    store::insert_entry(conn, &entry, now).await?;
    metrics::counter!("marquee_orders_total", "event" => step.event.name()).increment(1);
    if to.ended_without() {
        release(conn, order).await?;
        let_go(app, conn, order.payment).await?;
        if let Some(renewal) = order.renewal {
            let_go(app, conn, renewal).await?;
        }
    }
    Ok(Some(to))
}

fn due_at(to: Status, deadline_at: Option<OffsetDateTime>, now: OffsetDateTime) -> Option<OffsetDateTime> {
    match to {
        Status::Declined | Status::ActionRequired => Some(now + TO_PAY),
        Status::Open => deadline_at,
        Status::PaymentDue => Some(now + TO_PAY_FOR_A_VIDEO),
        _ => None,
    }
}

/// What was kept for the order is there for others again.
async fn release(conn: &mut PgConnection, order: &Order) -> Result<(), Error> {
    catalogue::release(conn, order.talent, order.monday).await?;
    release_promotion(conn, order.id).await?;
    Ok(())
}

/// Nobody wants this payment any more: its hold is let go as soon as it is known, and what was taken is given back. What
/// is just being taken is given back when that is told.
pub(super) async fn let_go(app: &App, conn: &mut PgConnection, payment: Uuid) -> Result<(), Error> {
    match payments::abandon(app, conn, payment).await {
        Err(payments::Error::TooLateToAbandon) => give_back(app, conn, payment).await,
        abandoned => Ok(abandoned?),
    }
}

/// Gives back all that is left of what was taken for an order without a video.
pub(super) async fn give_back(app: &App, conn: &mut PgConnection, payment: Uuid) -> Result<(), Error> {
    let Some(found) = payments::queries::find(conn, payment).await? else {
        return Ok(());
    };
    let seen = found.payment;
    let left_minor = seen.captured_minor - seen.refunded_minor - seen.refunding_minor;
    let Ok(left) = crate::money::Money::new(left_minor, seen.currency.parse().map_err(anyhow::Error::from)?)
    else {
        return Ok(());
    };
    payments::refund(app, conn, payment, left).await?;
    let detail = format!(
        "an order that ended was paid; all of it is being given back: see `marquee payments show {payment}`"
    );
    let alert = Alert::new(Code::OrdersPaidWithoutVideo, "orders", detail);
    app.alert(&alert.about("payment", payment).about("order", seen.order_id));
    Ok(())
}
