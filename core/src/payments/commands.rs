//! What others ask of payments, as a part of their own transaction; and what gateways tell us.

mod release;

use anyhow::Context as _;
pub use release::{Release, release};
use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::domain::{Kind, Status};
use super::gateway::Outside;
use super::store::{self, NewNotice, NewPayment, Payment};
use super::{Error, jobs};
use crate::app::App;
use crate::ids;
use crate::money::Money;
use crate::platform::alerts::{Alert, Code};
use crate::platform::{bus, sealed};

/// What is to be paid.
#[derive(Clone, Debug)]
pub struct Open {
    pub order: Uuid,
    pub amount: Money,
    /// The gateway's token of how: 1 to 500 characters.
    pub method: String,
    /// How long the amount may have to be held. Of what is longer than one hold, the gateway keeps how it is paid.
    pub needed_for: Duration,
}

/// A payment, and a worker on its way to the gateway to have the amount held, in the caller's transaction.
pub async fn open(app: &App, conn: &mut PgConnection, open: Open) -> Result<Uuid, Error> {
    let new = NewPayment {
        id: ids::fresh(app.now()),
        authorize: ids::fresh(app.now()),
        order: open.order,
        gateway: app.gateway.name(),
        method: &open.method,
        amount: open.amount,
        renewable: open.needed_for > app.gateway.holds_for(),
        customer: None,
    };
    begin(app, conn, &new).await
}

async fn begin(app: &App, conn: &mut PgConnection, new: &NewPayment<'_>) -> Result<Uuid, Error> {
    let now = app.now();
    store::insert(conn, new, now).await?;
    jobs::ask(conn, now, new.authorize, None).await?;
    Ok(new.id)
}

/// The same amount of the same order held anew, in the same way, because a hold does not last as long as it is needed. It
/// is another payment, of which is told what is told of any: whoever asked abandons one of the two then. In the caller's
/// transaction. Refused unless the amount is held, or was until that lapsed.
pub async fn renew(app: &App, conn: &mut PgConnection, payment: Uuid) -> Result<Uuid, Error> {
    let payment = usable(conn, payment).await?;
    if payment.abandoned {
        return Err(Error::Abandoned);
    }
    let ending = store::end_of(conn, payment.id).await?.is_some();
    if ending || !matches!(payment.state.status, Status::Authorized | Status::Lapsed) {
        return Err(Error::NotRenewable(payment.state.status));
    }
    let again = NewPayment {
        id: ids::fresh(app.now()),
        authorize: ids::fresh(app.now()),
        order: payment.order,
        gateway: app.gateway.name(),
        method: &payment.method,
        amount: payment.amount,
        renewable: payment.renewable,
        customer: payment.customer.as_deref(),
    };
    begin(app, conn, &again).await
}

/// Has all that is held taken, once: asked for again, it is the same operation. After the gateway refused, it is another.
/// In the caller's transaction.
pub async fn capture(app: &App, conn: &mut PgConnection, payment: Uuid) -> Result<Uuid, Error> {
    let payment = usable(conn, payment).await?;
    match store::end_of(conn, payment.id).await? {
        Some(end) if end.kind == Kind::Capture => return Ok(end.id),
        _ if payment.abandoned => return Err(Error::Abandoned),
        None if payment.state.status == Status::Authorized => {}
        _ => return Err(Error::NotCapturable(payment.state.status)),
    }
    start(conn, app.now(), payment.id, Kind::Capture, payment.amount).await
}

/// Nobody wants it any more: what is held is let go as soon as it is known, and what was never asked for is not. In the
/// caller's transaction. Refused once a capture was asked for.
pub async fn abandon(app: &App, conn: &mut PgConnection, payment: Uuid) -> Result<(), Error> {
    let payment = store::lock(conn, payment).await?.ok_or(Error::Unknown)?;
    let captured = payment.state.status == Status::Captured;
    let capturing = store::end_of(conn, payment.id)
        .await?
        .is_some_and(|end| end.kind == Kind::Capture);
    if captured || capturing {
        return Err(Error::TooLateToAbandon);
    }
    if !payment.abandoned {
        store::abandon(conn, payment.id, app.now()).await?;
        let_go(conn, app.now(), &payment).await?;
    }
    Ok(())
}

/// Lets go what an abandoned payment holds, if it is known that it does.
pub(super) async fn let_go(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    payment: &Payment,
) -> Result<(), Error> {
    match payment.state.status {
        // Whatever is on its way comes back here.
        Status::New if store::refuse_unsent(conn, payment.id, Kind::Authorize, now).await? => {
            let mut state = payment.state.clone();
            state.status = Status::Declined;
            state.decline_code = Some("abandoned".to_owned());
            store::save(conn, payment.id, (None, None), &state, None, now).await?;
        }
        Status::ActionRequired | Status::Authorized
            if store::end_of(conn, payment.id).await?.is_none() && payment.held_reason.is_none() =>
        {
            start(conn, now, payment.id, Kind::Void, payment.amount).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Has some of what was captured given back. In the caller's transaction, which locks the payment: of two that together
/// are too much, the second is refused. What is disputed, or was and is lost, is not there to be given back.
pub async fn refund(app: &App, conn: &mut PgConnection, payment: Uuid, amount: Money) -> Result<Uuid, Error> {
    let now = app.now();
    let payment = usable(conn, payment).await?;
    if amount.currency() != payment.amount.currency() {
        return Err(Error::OtherCurrency);
    }
    let disputed_minor = store::disputed_minor(conn, payment.id).await?;
    let (left_minor, wanted_minor) = (
        payment.state.captured_minor - payment.refunded_minor - payment.refunding_minor - disputed_minor,
        amount.amount_minor(),
    );
    if wanted_minor > left_minor {
        return Err(Error::TooMuchToRefund {
            left_minor,
            wanted_minor,
        });
    }
    store::refunding(conn, payment.id, wanted_minor, 0, now).await?;
    start(conn, now, payment.id, Kind::Refund, amount).await
}

async fn usable(conn: &mut PgConnection, payment: Uuid) -> Result<Payment, Error> {
    let payment = store::lock(conn, payment).await?.ok_or(Error::Unknown)?;
    match payment.held_reason {
        Some(reason) => Err(Error::Held(reason)),
        None => Ok(payment),
    }
}

async fn start(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    payment: Uuid,
    kind: Kind,
    amount: Money,
) -> Result<Uuid, Error> {
    let id = ids::fresh(now);
    store::insert_operation(conn, id, payment, kind, amount.amount_minor(), now).await?;
    jobs::ask(conn, now, id, None).await?;
    Ok(id)
}

/// Keeps what a gateway tells us, once it is known to be from it; what comes of it is found out by a job. Told again, it
/// changes nothing.
pub async fn accept_notice(app: &App, gateway: &str, signature: &str, body: &[u8]) -> Result<(), Error> {
    if gateway != app.gateway.name() {
        return Err(Error::NoGateway(gateway.to_owned()));
    }
    let now = app.now();
    let notice = match app.gateway.read(signature, body, now) {
        Ok(notice) => notice,
        Err(Outside::Signature(bad)) => {
            noticed("bad_signature");
            let detail =
                format!("somebody brings notices in the gateway's name, or its secret is not ours: {bad}");
            app.alert(&Alert::new(Code::PaymentsBadSignature, gateway, detail));
            return Err(bad.into());
        }
        Err(Outside::Unreadable(why)) => {
            noticed("unreadable");
            return Err(Error::Unreadable(why));
        }
        Err(Outside::OtherMode) => {
            noticed("other_mode");
            let detail = "the gateway tells of test payments where real money is taken, or the other way round: check its \
                          webhooks and our key";
            app.alert(&Alert::new(Code::PaymentsOtherMode, gateway, detail));
            return Err(Error::OtherMode);
        }
    };
    let id = ids::fresh(now);
    let body = sealed::seal(&app.config.data_keys, &format!("payments.notice/{id}"), body);
    let body = body.context("sealing a notice")?;
    let notice = NewNotice {
        id,
        gateway,
        event: &notice.event,
        kind: &notice.kind,
        reference: notice.reference.as_deref(),
        body: &body,
    };
    let mut tx = app.db.begin().await?;
    let fresh = store::insert_notice(&mut tx, &notice, now).await?;
    if fresh {
        let key = id.to_string();
        bus::enqueue(
            &mut tx,
            now,
            &jobs::HEAR,
            json!({ "notice": id }),
            Some(&key),
            None,
        )
        .await?;
    }
    tx.commit().await?;
    noticed(if fresh { "kept" } else { "again" });
    Ok(())
}

fn noticed(outcome: &'static str) {
    metrics::counter!("marquee_gateway_notices_total", "outcome" => outcome).increment(1);
}
