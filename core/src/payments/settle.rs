//! What was seen at the gateway becomes what is so here: rows, postings and events, in one transaction.

mod disputes;
mod outside;

use anyhow::Context as _;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::commands::let_go;
use super::domain::{Fact, Fold, Kind, OperationStatus, Settled, State, Status, settled};
use super::events::{self, Payload};
use super::gateway::Seen;
use super::store::{self, Payment};
use crate::app::App;
use crate::ledger::{self, FromPayment};
use crate::money::Money;
use crate::platform::alerts::{Alert, Code};
use crate::platform::bus;

/// How often we look of our own accord at what the customer was to confirm.
const LOOK_EVERY: Duration = Duration::HOUR;
/// How soon at what has to wait for an operation of ours.
const LOOK_SOON: Duration = Duration::MINUTE;
/// A hold that lapsed is gone for the gateway, too, by then.
const AFTER_LAPSE: Duration = Duration::MINUTE;

/// Folds in what was seen, settles every operation that it says something of, and tells what happened. What does not
/// add up holds the payment, and changes nothing else.
pub(super) async fn apply(
    app: &App,
    conn: &mut PgConnection,
    payment: Uuid,
    seen: &Seen,
) -> anyhow::Result<()> {
    let now = app.now();
    let mut payment = store::lock(conn, payment).await?.context("no such payment")?;
    if payment.held_reason.is_some() {
        return store::hold_open(conn, payment.id, "the payment is held")
            .await
            .map_err(Into::into);
    }
    let outside = outside::find(conn, payment.id, &seen.refunds).await?;
    let known_minor = payment.refunded_minor + payment.refunding_minor + outside.amount_minor;
    let amount = payment.amount;
    let fold = match payment
        .state
        .fold(&seen.news, amount.amount_minor(), amount.currency().code())
    {
        Fold::Fine { .. } if seen.news.refunded_minor > known_minor => Fold::Held(format!(
            "the gateway has refunded {}, and its refunds come to {known_minor}",
            seen.news.refunded_minor
        )),
        Fold::Fine { .. }
            if payment
                .reference
                .as_ref()
                .is_some_and(|known| *known != seen.reference) =>
        {
            Fold::Held(format!(
                "the gateway calls it {}, and has called it otherwise",
                seen.reference
            ))
        }
        fold => fold,
    };
    let (state, facts) = match fold {
        Fold::Fine { state, facts } => (state, facts),
        Fold::Held(reason) => return hold(app, conn, &payment, &reason).await,
    };
    store::save(
        conn,
        payment.id,
        (Some(&seen.reference), seen.customer.as_deref()),
        &state,
        look_at(&state, now),
        now,
    )
    .await?;
    payment.state = state;
    for fact in facts {
        become_so(app, conn, &payment, fact).await?;
    }
    for open in store::open_operations(conn, payment.id).await? {
        match settled(open.kind, open.id, open.amount_minor, Some(seen)) {
            Settled::Succeeded => succeed(app, conn, &payment, open.id, open.kind, open.amount_minor).await?,
            Settled::Refused(code) => {
                refuse(
                    app,
                    conn,
                    &payment,
                    open.id,
                    open.kind,
                    open.amount_minor,
                    (&code, ""),
                )
                .await?;
            }
            Settled::ActionRequired => {
                store::settle_operation(conn, open.id, OperationStatus::ActionRequired, (None, None), now)
                    .await?;
            }
            Settled::Pending | Settled::Absent => {}
        }
    }
    if !outside::apply(app, conn, &payment, &outside).await? {
        store::look_at(conn, payment.id, now + LOOK_SOON).await?;
    }
    disputes::apply(app, conn, &payment, &seen.disputes).await?;
    if payment.abandoned {
        let_go(conn, now, &payment).await?;
    }
    Ok(())
}

/// When to look again by ourselves, should nobody tell us anything.
fn look_at(state: &State, now: OffsetDateTime) -> Option<OffsetDateTime> {
    match state.status {
        Status::Authorized => state
            .capture_before
            .map(|at| (at + AFTER_LAPSE).max(now + AFTER_LAPSE)),
        Status::ActionRequired => Some(now + LOOK_EVERY),
        _ => None,
    }
}

async fn become_so(app: &App, conn: &mut PgConnection, payment: &Payment, fact: Fact) -> anyhow::Result<()> {
    let (now, state) = (app.now(), &payment.state);
    let posting = |by, amount_minor| -> anyhow::Result<FromPayment> {
        Ok(FromPayment {
            payment: payment.id,
            by,
            amount: Money::new(amount_minor, payment.amount.currency())?,
            occurred_at: now,
        })
    };
    let (event, code) = match fact {
        Fact::Authorized => (events::AUTHORIZED, None),
        Fact::ActionRequired => (events::ACTION_REQUIRED, None),
        Fact::Declined => (events::DECLINED, state.decline_code.clone()),
        Fact::Lapsed => (events::LAPSED, None),
        Fact::Voided => (events::VOIDED, None),
        Fact::Captured => {
            // A payment is captured once, so its own id names it.
            ledger::capture(conn, posting(payment.id, state.captured_minor)?).await?;
            (events::CAPTURED, None)
        }
        Fact::Fee(more_minor) => {
            // The fold tells each increase once, under the payment's lock.
            ledger::fee(conn, posting(crate::ids::fresh(now), more_minor)?).await?;
            return Ok(());
        }
    };
    tell(app, conn, payment, event, payment.amount.amount_minor(), code).await
}

async fn succeed(
    app: &App,
    conn: &mut PgConnection,
    payment: &Payment,
    operation: Uuid,
    kind: Kind,
    amount_minor: i64,
) -> anyhow::Result<()> {
    let now = app.now();
    store::settle_operation(conn, operation, OperationStatus::Succeeded, (None, None), now).await?;
    if kind == Kind::Refund {
        refunded(app, conn, payment, operation, (amount_minor, amount_minor)).await?;
    }
    Ok(())
}

/// So much is the customer's again, of which so much was reserved.
async fn refunded(
    app: &App,
    conn: &mut PgConnection,
    payment: &Payment,
    operation: Uuid,
    (reserved_minor, amount_minor): (i64, i64),
) -> anyhow::Result<()> {
    let now = app.now();
    store::refunding(conn, payment.id, -reserved_minor, amount_minor, now).await?;
    app.faults.hit("payments.refunded");
    let refund = FromPayment {
        payment: payment.id,
        by: operation,
        amount: Money::new(amount_minor, payment.amount.currency())?,
        occurred_at: now,
    };
    ledger::refund(conn, refund).await?;
    app.faults.hit("payments.refund_posted");
    tell(app, conn, payment, events::REFUNDED, amount_minor, None).await
}

/// The gateway will not do it: of what follows from that, everything. The payment is locked.
pub(super) async fn refuse(
    app: &App,
    conn: &mut PgConnection,
    payment: &Payment,
    operation: Uuid,
    kind: Kind,
    amount_minor: i64,
    (code, detail): (&str, &str),
) -> anyhow::Result<()> {
    let now = app.now();
    let why = (Some(code), Some(detail).filter(|detail| !detail.is_empty()));
    store::settle_operation(conn, operation, OperationStatus::Refused, why, now).await?;
    let code = Some(code.to_owned());
    match kind {
        // A decline that was seen at the gateway is told by the fold.
        Kind::Authorize if payment.state.status < Status::Declined => {
            let mut state = payment.state.clone();
            state.status = Status::Declined;
            state.decline_code = code.clone();
            store::save(conn, payment.id, (None, None), &state, None, now).await?;
            tell(app, conn, payment, events::DECLINED, amount_minor, code).await
        }
        Kind::Authorize => Ok(()),
        Kind::Capture => {
            alert(
                app,
                Code::PaymentsCaptureFailed,
                payment,
                "the gateway refuses to capture",
            );
            tell(app, conn, payment, events::CAPTURE_FAILED, amount_minor, code).await
        }
        Kind::Void => {
            alert(
                app,
                Code::PaymentsVoidFailed,
                payment,
                "the gateway refuses to let go",
            );
            Ok(())
        }
        Kind::Refund => {
            store::refunding(conn, payment.id, -amount_minor, 0, now).await?;
            alert(
                app,
                Code::PaymentsRefundFailed,
                payment,
                "the gateway refuses to refund",
            );
            Ok(())
        }
    }
}

async fn hold(app: &App, conn: &mut PgConnection, payment: &Payment, reason: &str) -> anyhow::Result<()> {
    store::hold(conn, payment.id, reason, app.now()).await?;
    store::hold_open(conn, payment.id, reason).await?;
    alert(app, Code::PaymentsHeld, payment, reason);
    Ok(())
}

fn alert(app: &App, code: Code, payment: &Payment, detail: &str) {
    let detail = format!("{detail}: see `marquee payments show {}`", payment.id);
    let alert = Alert::new(code, app.gateway.name(), detail);
    app.alert(&alert.about("payment", payment.id).about("order", payment.order));
}

async fn tell(
    app: &App,
    conn: &mut PgConnection,
    payment: &Payment,
    event: &str,
    amount_minor: i64,
    code: Option<String>,
) -> anyhow::Result<()> {
    let payload = Payload {
        payment: payment.id,
        order: payment.order,
        amount_minor,
        currency: payment.amount.currency().code().to_owned(),
        code,
    };
    bus::emit(app, conn, event, serde_json::to_value(payload)?).await
}
