use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::ledger::{self, Sale};
use crate::money::Money;
use crate::orders::domain::{Cause, Event, Status, deadline};
use crate::orders::renew::{lapses_at, margin, not_renewed, renewed};
use crate::orders::step::{Step, give_back, let_go, step};
use crate::orders::store::{self, Order};
use crate::orders::{Error, mails};
use crate::payments::events::{self, Payload};
use crate::payments::{self, queries};
use crate::platform::alerts::{Alert, Code};
use crate::platform::bus;
use crate::videos;

/// Acts on something that happened to the payment of an order.
pub(in crate::orders) async fn payment(app: &App, event: &bus::Event, told: &Payload) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let Some(mut order) = store::lock(&mut tx, told.order).await? else {
        return Ok(());
    };
    app.faults.hit("orders.hearing");
    let conn = &mut *tx;
    match event.event.as_str() {
        events::AUTHORIZED => authorized(app, conn, &mut order, told).await?,
        events::CAPTURED => captured(app, conn, &mut order, told).await?,
        events::REFUNDED => refunded(app, conn, &mut order, told, event.id).await?,
        events::DECLINED | events::ACTION_REQUIRED if order.renewal == Some(told.payment) => {
            let reason = told.code.as_deref().or(Some("hold_not_renewed"));
            not_renewed(app, conn, &mut order, told.payment, reason).await?;
        }
        _ if told.payment != order.payment => {}
        events::ACTION_REQUIRED => {
            take(app, conn, &mut order, Event::ActionRequired, None).await?;
        }
        events::DECLINED => declined(app, conn, &mut order, told).await?,
        events::CAPTURE_FAILED => capture_failed(app, conn, &mut order, told.code.as_deref()).await?,
        events::LAPSED | events::VOIDED => lost(app, conn, &mut order).await?,
        _ => {}
    }
    app.faults.hit("orders.heard");
    tx.commit().await?;
    Ok(())
}

/// Takes a step that news make, if it is one: what the order cannot take any more is no news. The status before.
async fn take(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    event: Event,
    reason: Option<&str>,
) -> Result<Option<Status>, Error> {
    let from = order.status;
    if from.on(event).is_err() {
        return Ok(None);
    }
    let news = Step {
        event,
        cause: Cause::Payment,
        reason,
    };
    let taken = step(app, conn, order, news).await?;
    Ok(taken.map(|_| from))
}

fn same_amount(app: &App, order: &Order, told: &Payload) -> bool {
    let due = order.price.due();
    let same = due.amount_minor() == told.amount_minor && due.currency().code() == told.currency;
    if !same {
        let detail = format!(
            "a payment is of another amount than its order: see `marquee orders show {}`",
            order.id
        );
        let alert = Alert::new(Code::OrdersAmountDiffers, "orders", detail);
        app.alert(&alert.about("order", order.id).about("payment", told.payment));
    }
    same
}

async fn authorized(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    told: &Payload,
) -> Result<(), Error> {
    let further = matches!(
        order.status,
        Status::Delivering | Status::Delivered | Status::Refunded
    );
    if order.status == Status::Open && order.renewal == Some(told.payment) && same_amount(app, order, told) {
        return renewed(app, conn, order, told.payment).await;
    }
    let counts = told.payment == order.payment;
    if counts && further {
        return Ok(());
    }
    if !counts || order.status.on(Event::Authorized).is_err() || !same_amount(app, order, told) {
        // Nobody waits for it any more.
        return let_go(app, conn, told.payment).await;
    }
    if order.status.on(Event::Authorized) == Ok(None) {
        return Ok(());
    }
    if order.status != Status::PaymentDue {
        let lapses_at = lapses_at(conn, order.payment).await?;
        let at = deadline(order.placed_at, order.delivery_days, lapses_at, margin(app));
        order.deadline_at = Some(at);
    }
    match take(app, conn, order, Event::Authorized, None).await? {
        Some(Status::PaymentDue) => capture(app, conn, order).await,
        Some(_) => Ok(mails::opened(app, conn, order).await?),
        None => Ok(()),
    }
}

/// Has the money for a video taken, once. What is not there to be taken is due from the customer.
pub(super) async fn capture(app: &App, conn: &mut PgConnection, order: &mut Order) -> Result<(), Error> {
    match payments::capture(app, conn, order.payment).await {
        Ok(_) => Ok(()),
        // Somebody took it at the gateway: whatever tells of it was told before the video came.
        Err(payments::Error::NotCapturable(payments::Status::Captured)) => sell(app, conn, order).await,
        Err(payments::Error::NotCapturable(_) | payments::Error::Abandoned) => {
            capture_failed(app, conn, order, Some("hold_lost")).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn captured(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    told: &Payload,
) -> Result<(), Error> {
    if told.payment != order.payment || order.status.ended_without() {
        return give_back(app, conn, told.payment).await;
    }
    if !same_amount(app, order, told) {
        return Ok(());
    }
    let playable = match order.upload {
        Some(upload) => videos::queries::is_playable(conn, upload).await?,
        None => false,
    };
    if !playable && matches!(order.status, Status::Open | Status::Delivering) {
        let detail = format!(
            "the money for an order was taken before its video could be played: see `marquee orders show {}`",
            order.id
        );
        app.alert(&Alert::new(Code::OrdersCapturedEarly, "orders", detail).about("order", order.id));
        return Ok(());
    }
    sell(app, conn, order).await
}

/// The video is the customer's, and everybody gets their share, in one transaction.
async fn sell(app: &App, conn: &mut PgConnection, order: &mut Order) -> Result<(), Error> {
    if take(app, conn, order, Event::Captured, None).await?.is_none() {
        return Ok(());
    }
    app.faults.hit("orders.captured");
    if let Some(upload) = order.upload {
        videos::release(conn, app.now(), upload, order.is_public).await?;
    }
    let sale = Sale {
        payment: order.payment,
        order: order.id,
        paid: order.price.due(),
        promo_minor: order.price.discount_minor(),
        talent: order.talent,
        agency: order.agency,
        shares: order.shares,
        occurred_at: app.now(),
    };
    ledger::sale(conn, sale).await.map_err(anyhow::Error::from)?;
    app.faults.hit("orders.sold");
    mails::delivered(app, conn, order).await?;
    Ok(())
}

async fn declined(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    told: &Payload,
) -> Result<(), Error> {
    let code = told.code.as_deref();
    if take(app, conn, order, Event::Declined, code).await?.is_some() {
        mails::declined(app, conn, order).await?;
    }
    Ok(())
}

async fn capture_failed(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    code: Option<&str>,
) -> Result<(), Error> {
    if take(app, conn, order, Event::CaptureFailed, code)
        .await?
        .is_some()
    {
        let detail = format!(
            "a video is there and its money could not be taken: see `marquee orders show {}`",
            order.id
        );
        app.alert(&Alert::new(Code::OrdersPaymentDue, "orders", detail).about("order", order.id));
        mails::payment_due(app, conn, order).await?;
    }
    Ok(())
}

/// What was held is not any more.
async fn lost(app: &App, conn: &mut PgConnection, order: &mut Order) -> Result<(), Error> {
    let reason = Some("hold_lost");
    match order.status {
        // It is about to be known whether it is held anew.
        Status::Open if order.renewal.is_some() => Ok(()),
        Status::Open => crate::orders::clock::end_open(app, conn, order, Cause::Payment, reason).await,
        Status::Authorizing | Status::ActionRequired => {
            if take(app, conn, order, Event::Declined, reason).await?.is_some() {
                mails::declined(app, conn, order).await?;
            }
            Ok(())
        }
        // What cannot be taken shows when it is to be taken.
        _ => Ok(()),
    }
}

async fn refunded(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    told: &Payload,
    event: Uuid,
) -> Result<(), Error> {
    if told.payment != order.payment || order.status.ended_without() {
        return Ok(());
    }
    let Some(found) = queries::find(conn, told.payment).await? else {
        return Ok(());
    };
    if found.payment.refunded_minor == found.payment.captured_minor {
        take(app, conn, order, Event::Refunded, None).await?;
        let keeps_video = store::keeps_video(conn, order.id).await?;
        if let Some(upload) = order.upload.filter(|_| !keeps_video) {
            videos::withhold(conn, upload).await?;
        }
    }
    app.faults.hit("orders.refunded");
    let currency = told.currency.parse().map_err(anyhow::Error::from)?;
    let amount = Money::new(told.amount_minor, currency).map_err(anyhow::Error::from)?;
    mails::refunded(app, conn, order, amount, event).await?;
    Ok(())
}
