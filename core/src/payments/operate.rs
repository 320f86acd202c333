//! One call of the gateway, or one question after an earlier one.

use anyhow::Context as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::domain::{
    GIVE_UP_AFTER, Kind, LEASE, OperationStatus, Settled, WORRYING_ASKS, ask_in, retry_in, settled,
};
use super::gateway::{Answer, Authorize, GatewayError, Renewal, Seen};
use super::store::{self, Leased, Payment};
use super::{jobs, settle};
use crate::app::App;
use crate::money::Money;
use crate::platform::alerts::{Alert, Code};
use crate::platform::telemetry;

/// Sends an operation, or asks after it, if that is due. Does nothing where another worker does.
pub(super) async fn operate(app: &App, id: Uuid) -> anyhow::Result<()> {
    let now = app.now();
    let mut conn = app.db.acquire().await?;
    store::lapse(&mut conn, id, now).await?;
    let Some(leased) = store::lease(&mut conn, id, now, now + LEASE).await? else {
        return Ok(());
    };
    let payment = store::find(&mut conn, leased.payment).await?;
    let payment = payment.context("an operation of no payment")?;
    drop(conn);
    app.faults.hit("payments.leased");
    if let Some(reason) = &payment.held_reason {
        return hold(app, &leased, reason).await;
    }
    if leased.was == OperationStatus::Ready {
        let sending = send(app, &leased, &payment);
        let answer = telemetry::call("gateway", leased.kind.name(), sending, answered).await;
        app.faults.hit("payments.answered");
        settle_sent(app, &leased, answer).await
    } else {
        let seen = fetch(app, payment.id, payment.reference.as_deref()).await;
        app.faults.hit("payments.answered");
        settle_asked(app, &leased, seen).await
    }
}

/// Asks the gateway how a payment is, measured.
pub(super) async fn fetch(
    app: &App,
    payment: Uuid,
    reference: Option<&str>,
) -> Result<Option<Seen>, GatewayError> {
    let asking = app.gateway.fetch(payment, reference);
    telemetry::call("gateway", "fetch", asking, |asked| match asked {
        Ok(Some(_)) => "seen",
        Ok(None) => "absent",
        Err(error) => unanswered(error),
    })
    .await
}

fn answered(answer: &Result<Answer, GatewayError>) -> &'static str {
    match answer {
        Ok(Answer::Seen(_)) => "seen",
        Ok(Answer::Refused { .. }) => "refused",
        Ok(Answer::Pending) => "pending",
        Err(error) => unanswered(error),
    }
}

fn unanswered(error: &GatewayError) -> &'static str {
    match error {
        GatewayError::NotSent(_) => "not_sent",
        GatewayError::Unknown(_) => "unknown",
    }
}

async fn send(app: &App, leased: &Leased, payment: &Payment) -> Result<Answer, GatewayError> {
    let gateway = &app.gateway;
    let reference = payment.reference.as_deref();
    let named = || {
        let nameless =
            || GatewayError::Unknown(anyhow::anyhow!("the gateway has no name for this payment yet"));
        reference.ok_or_else(nameless)
    };
    let amount = Money::new(leased.amount_minor, payment.amount.currency());
    let amount = amount.map_err(|error| GatewayError::NotSent(error.into()))?;
    match leased.kind {
        Kind::Authorize => {
            let authorize = Authorize {
                payment: payment.id,
                amount,
                method: payment.method.clone(),
                renewal: match &payment.customer {
                    Some(customer) => Renewal::Of(customer.clone()),
                    None if payment.renewable => Renewal::Later,
                    None => Renewal::Never,
                },
            };
            gateway.authorize(leased.id, &authorize).await
        }
        Kind::Capture => gateway.capture(leased.id, named()?, amount).await,
        Kind::Void => gateway.void(leased.id, named()?).await,
        Kind::Refund => gateway.refund(leased.id, named()?, amount).await,
    }
}

async fn settle_sent(app: &App, leased: &Leased, answer: Result<Answer, GatewayError>) -> anyhow::Result<()> {
    match answer {
        Ok(Answer::Seen(seen)) => see(app, leased, Some(seen), false).await,
        Ok(Answer::Pending) => later(app, leased, None).await,
        Ok(Answer::Refused { code, detail }) => {
            let mut tx = app.db.begin().await?;
            let payment = store::lock(&mut tx, leased.payment)
                .await?
                .context("no payment")?;
            if store::still_leased(&mut tx, leased).await? {
                settle::refuse(
                    app,
                    &mut tx,
                    &payment,
                    leased.id,
                    leased.kind,
                    leased.amount_minor,
                    (&code, &detail),
                )
                .await?;
                tx.commit().await?;
            }
            Ok(())
        }
        Err(GatewayError::NotSent(cause)) => {
            let now = app.now();
            let old = leased.first_sent_at.is_some_and(|at| now - at >= GIVE_UP_AFTER);
            if old {
                return hold(app, leased, "the gateway could not be reached for a day").await;
            }
            tracing::warn!(operation = %leased.id, "the gateway was not reached: {cause:#}");
            again(app, leased, now + retry_in(leased.attempts, jitter()?)).await
        }
        Err(GatewayError::Unknown(cause)) => {
            tracing::warn!(operation = %leased.id, "nobody knows whether it was done: {cause:#}");
            later(app, leased, None).await
        }
    }
}

async fn settle_asked(
    app: &App,
    leased: &Leased,
    seen: Result<Option<Seen>, GatewayError>,
) -> anyhow::Result<()> {
    match seen {
        Ok(seen) => see(app, leased, seen, true).await,
        Err(cause) => {
            tracing::warn!(operation = %leased.id, "the gateway does not say: {cause:#}");
            later(app, leased, Some(leased.asks)).await
        }
    }
}

/// Believes what was seen, and what that says of the operation in hand. `asked`: what is not there was never done.
async fn see(app: &App, leased: &Leased, seen: Option<Seen>, asked: bool) -> anyhow::Result<()> {
    if let Some(seen) = &seen {
        let mut tx = app.db.begin().await?;
        settle::apply(app, &mut tx, leased.payment, seen).await?;
        tx.commit().await?;
        app.faults.hit("payments.settled");
    }
    match settled(leased.kind, leased.id, leased.amount_minor, seen.as_ref()) {
        // `apply` has settled it.
        Settled::Succeeded | Settled::Refused(_) | Settled::ActionRequired => Ok(()),
        Settled::Absent if asked => {
            let now = app.now();
            let lost = leased.first_sent_at.is_some_and(|at| now - at >= GIVE_UP_AFTER);
            if lost {
                return hold(app, leased, "the gateway has nothing of it after a day").await;
            }
            again(app, leased, now).await
        }
        Settled::Pending | Settled::Absent => later(app, leased, asked.then_some(leased.asks)).await,
    }
}

/// To be asked after, having been asked after so often. Does nothing where it was settled meanwhile.
async fn later(app: &App, leased: &Leased, asks: Option<i32>) -> anyhow::Result<()> {
    let now = app.now();
    let due_at = now + ask_in(asks.unwrap_or(0));
    let mut tx = app.db.begin().await?;
    if store::unknown_until(&mut tx, leased, due_at).await? {
        jobs::ask(&mut tx, now, leased.id, Some(due_at)).await?;
    }
    tx.commit().await?;
    if asks.is_some_and(|asks| asks >= WORRYING_ASKS) {
        let detail = format!(
            "nobody knows whether a {} was done, after {} questions",
            leased.kind.name(),
            leased.asks
        );
        alert(app, Code::PaymentsUnknown, leased, detail);
    }
    Ok(())
}

/// To be sent again.
async fn again(app: &App, leased: &Leased, due_at: OffsetDateTime) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if store::ready_again(&mut tx, leased, due_at).await? {
        jobs::ask(&mut tx, now, leased.id, Some(due_at)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Given up, for a person to look at.
async fn hold(app: &App, leased: &Leased, reason: &str) -> anyhow::Result<()> {
    if store::hold_operation(&mut *app.db.acquire().await?, leased, reason).await? {
        let detail = format!("a {} is held: {reason}", leased.kind.name());
        alert(app, Code::PaymentsOperationHeld, leased, detail);
    }
    Ok(())
}

fn jitter() -> anyhow::Result<f64> {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(f64::from(byte[0]) / 255.0)
}

fn alert(app: &App, code: Code, leased: &Leased, detail: String) {
    let alert = Alert::new(code, app.gateway.name(), detail);
    app.alert(
        &alert
            .about("operation", leased.id)
            .about("payment", leased.payment),
    );
}
