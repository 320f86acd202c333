//! Holds that end before a talent must deliver: the amount is held anew, by another payment, and the first is let go.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Error;
use super::clock::end_open;
use super::domain::{Cause, Event, Status, deadline, promised};
use super::step::{Step, let_go, step};
use super::store::{self, Order};
use crate::app::App;
use crate::payments::{self, queries};

/// How long before the hold lapses a talent may deliver.
pub(super) fn margin(app: &App) -> Duration {
    Duration::try_from(app.config.deadline_margin).unwrap_or(Duration::HOUR)
}

/// Asks for the amount to be held anew, at an order's deadline, if the talent has promised to deliver later than the hold
/// lasts. False: nothing is asked for, and the deadline is the end.
pub(super) async fn renew(app: &App, conn: &mut PgConnection, order: &mut Order) -> Result<bool, Error> {
    let (Status::Open, Some(deadline_at), None) = (order.status, order.deadline_at, order.renewal) else {
        return Ok(false);
    };
    let lapses_at = deadline_at + margin(app);
    // A hold that is shorter than the margin is so the next time, too.
    let too_short = deadline_at <= order.placed_at;
    if too_short || promised(order.placed_at, order.delivery_days) <= lapses_at {
        return Ok(false);
    }
    let renewal = match payments::renew(app, conn, order.payment).await {
        Err(payments::Error::NotRenewable(_) | payments::Error::Abandoned) => return Ok(false),
        renewal => renewal?,
    };
    store::set_renewal(conn, order.id, Some(renewal)).await?;
    order.renewal = Some(renewal);
    // Until it is known, what is held still is.
    (order.deadline_at, order.due_at) = (Some(lapses_at), Some(lapses_at));
    step(app, conn, order, Step::of(Event::Renew, Cause::System)).await?;
    Ok(true)
}

/// The amount is held anew: from now on it is this payment that counts.
pub(super) async fn renewed(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    renewal: Uuid,
) -> Result<(), Error> {
    let first = std::mem::replace(&mut order.payment, renewal);
    store::set_payment(conn, order.id, renewal).await?;
    store::set_renewal(conn, order.id, None).await?;
    order.renewal = None;
    let lapses_at = lapses_at(conn, renewal).await?;
    let at = deadline(order.placed_at, order.delivery_days, lapses_at, margin(app));
    (order.deadline_at, order.due_at) = (Some(at), Some(at));
    step(app, conn, order, Step::of(Event::Renewed, Cause::Payment)).await?;
    let_go(app, conn, first).await
}

/// It is not held anew, and what is held is about to lapse.
pub(super) async fn not_renewed(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    renewal: Uuid,
    reason: Option<&str>,
) -> Result<(), Error> {
    store::set_renewal(conn, order.id, None).await?;
    order.renewal = None;
    let_go(app, conn, renewal).await?;
    end_open(app, conn, order, Cause::Payment, reason).await
}

pub(super) async fn lapses_at(
    conn: &mut PgConnection,
    payment: Uuid,
) -> Result<Option<OffsetDateTime>, Error> {
    let found = queries::find(conn, payment).await?;
    Ok(found.and_then(|found| found.payment.capture_before))
}
