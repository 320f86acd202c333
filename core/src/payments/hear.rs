//! What a gateway told us, acted upon; and looking by ourselves. News only say where to look.

use time::Duration;
use uuid::Uuid;

use super::domain::{ask_in, hear_in};
use super::{jobs, operate, settle, store};
use crate::app::App;
use crate::platform::alerts::{Alert, Code};

/// Longer than a look takes.
const LEASE: Duration = Duration::minutes(1);

/// Looks for the payment that a notice is about. One that is not there yet may come: it is looked for again.
pub(super) async fn hear(app: &App, id: Uuid) -> anyhow::Result<()> {
    let now = app.now();
    let mut conn = app.db.acquire().await?;
    let Some(waiting) = store::lease_notice(&mut conn, id, now, now + LEASE).await? else {
        return Ok(());
    };
    let payment = match &waiting.reference {
        Some(reference) => store::by_reference(&mut conn, &waiting.gateway, reference).await?,
        None => None,
    };
    drop(conn);
    let again = match (payment, &waiting.reference) {
        (Some(payment), _) if look(app, payment).await.is_ok() => return done(app, id, "done").await,
        (Some(_), _) => Some(ask_in(waiting.attempts - 1)),
        // About no payment at all: nothing to do.
        (None, None) => return done(app, id, "done").await,
        (None, Some(_)) => hear_in(waiting.attempts - 1),
    };
    let Some(again) = again else {
        let detail = "the gateway told of a payment that is not ours";
        let alert = Alert::new(Code::PaymentsNoticeOfNobody, &waiting.gateway, detail);
        app.alert(&alert.about("event", &waiting.event));
        return done(app, id, "parked").await;
    };
    let mut tx = app.db.begin().await?;
    store::settle_notice(&mut tx, id, "received", Some(now + again)).await?;
    jobs::ask_to_hear(&mut tx, now, id, Some(now + again)).await?;
    tx.commit().await?;
    Ok(())
}

async fn done(app: &App, id: Uuid, status: &str) -> anyhow::Result<()> {
    Ok(store::settle_notice(&mut *app.db.acquire().await?, id, status, None).await?)
}

/// Asks the gateway how a payment is, and believes it.
pub(super) async fn look(app: &App, id: Uuid) -> anyhow::Result<()> {
    let payment = store::find(&mut *app.db.acquire().await?, id).await?;
    let Some(payment) = payment else {
        return Ok(());
    };
    let seen = operate::fetch(app, id, payment.reference.as_deref()).await?;
    let Some(seen) = seen else {
        return Ok(());
    };
    app.faults.hit("payments.looked");
    let mut tx = app.db.begin().await?;
    settle::apply(app, &mut tx, id, &seen).await?;
    tx.commit().await?;
    Ok(())
}
