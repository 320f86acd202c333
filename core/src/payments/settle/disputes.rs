//! Disputes that were seen: rows, postings and events.

use anyhow::Context as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{alert, tell};
use crate::app::App;
use crate::ledger::{self, FromPayment};
use crate::money::Money;
use crate::payments::domain::{Contradiction, DisputeStatus, told_of_dispute};
use crate::payments::events;
use crate::payments::gateway::SeenDispute;
use crate::payments::store::{self, Payment};
use crate::platform::alerts::Code;

/// Believes what was seen of each. The payment is locked.
pub(super) async fn apply(
    app: &App,
    conn: &mut PgConnection,
    payment: &Payment,
    disputes: &[SeenDispute],
) -> anyhow::Result<()> {
    for seen in disputes {
        let known = store::dispute(conn, payment.id, &seen.reference).await?;
        let known = known.as_ref();
        let id = known.map_or_else(|| crate::ids::fresh(app.now()), |known| known.id);
        match told_of_dispute(known.map(|known| known.status), seen.status) {
            Ok(facts) => {
                for fact in facts {
                    become_so(app, conn, payment, seen, (id, *fact)).await?;
                }
            }
            Err(Contradiction) => alert(
                app,
                Code::PaymentsDisputeContradicted,
                payment,
                "the gateway says of a dispute that it was decided otherwise than it said before",
            ),
        }
        let fees = known.map_or((0, 0), |known| (known.fee_minor, known.fee_returned_minor));
        post_fees(app, conn, payment, seen, (id, fees)).await?;
    }
    Ok(())
}

/// What a dispute costs, and what of that comes back where it is won. Both only grow, so news in any order come to the same.
async fn post_fees(
    app: &App,
    conn: &mut PgConnection,
    payment: &Payment,
    seen: &SeenDispute,
    (id, (fee_minor, returned_minor)): (Uuid, (i64, i64)),
) -> anyhow::Result<()> {
    let now = app.now();
    let more = (
        (seen.fee_minor - fee_minor).max(0),
        (seen.fee_returned_minor - returned_minor).max(0),
    );
    if more == (0, 0) {
        return Ok(());
    }
    let posting = |amount_minor| -> anyhow::Result<FromPayment> {
        Ok(FromPayment {
            payment: payment.id,
            // Under the payment's lock each increase is seen once.
            by: crate::ids::fresh(now),
            amount: Money::new(amount_minor, payment.amount.currency())?,
            occurred_at: now,
        })
    };
    if more.0 > 0 {
        ledger::fee(conn, posting(more.0)?).await?;
    }
    if more.1 > 0 {
        ledger::return_fee(conn, posting(more.1)?).await?;
    }
    store::set_dispute_fees(conn, id, fee_minor + more.0, returned_minor + more.1).await?;
    Ok(())
}

async fn become_so(
    app: &App,
    conn: &mut PgConnection,
    payment: &Payment,
    seen: &SeenDispute,
    (id, status): (Uuid, DisputeStatus),
) -> anyhow::Result<()> {
    let now = app.now();
    let posting = FromPayment {
        payment: payment.id,
        by: id,
        amount: Money::new(seen.amount_minor, payment.amount.currency()).context("a dispute of nothing")?,
        occurred_at: now,
    };
    let event = match status {
        DisputeStatus::Opened => {
            store::insert_dispute(conn, id, payment.id, seen, now).await?;
            ledger::open_dispute(conn, posting).await?;
            alert(
                app,
                Code::PaymentsDisputed,
                payment,
                "a customer disputes what they paid: the gateway takes evidence for some days",
            );
            events::DISPUTED
        }
        DisputeStatus::Won => {
            ledger::win_dispute(conn, posting).await?;
            events::DISPUTE_WON
        }
        DisputeStatus::Lost => {
            ledger::lose_dispute(conn, posting).await?;
            events::DISPUTE_LOST
        }
    };
    if status != DisputeStatus::Opened {
        store::close_dispute(conn, id, status, now).await?;
    }
    let reason = Some(seen.reason.clone());
    tell(app, conn, payment, event, seen.amount_minor, reason).await
}
