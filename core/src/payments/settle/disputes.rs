//! Disputes that were seen: rows, postings and events.

use anyhow::Context as _;
use sqlx::PgConnection;

use super::{alert, tell};
use crate::app::App;
use crate::ledger::{self, FromPayment};
use crate::money::Money;
use crate::payments::domain::{Contradiction, DisputeStatus, told_of_dispute};
use crate::payments::events;
use crate::payments::gateway::SeenDispute;
use crate::payments::store::{self, Payment};

/// Believes what was seen of each. The payment is locked.
pub(super) async fn apply(
    app: &App,
    conn: &mut PgConnection,
    payment: &Payment,
    disputes: &[SeenDispute],
) -> anyhow::Result<()> {
    for seen in disputes {
        let known = store::dispute(conn, payment.id, &seen.reference).await?;
        match told_of_dispute(known.as_ref().map(|known| known.status), seen.status) {
            Ok(facts) => {
                let id = known.map_or_else(|| crate::ids::fresh(app.now()), |known| known.id);
                for fact in facts {
                    become_so(app, conn, payment, seen, (id, *fact)).await?;
                }
            }
            Err(Contradiction) => alert(
                app,
                "payments.dispute_contradicted",
                payment,
                "the gateway says of a dispute that it was decided otherwise than it said before",
            ),
        }
    }
    Ok(())
}

async fn become_so(
    app: &App,
    conn: &mut PgConnection,
    payment: &Payment,
    seen: &SeenDispute,
    (id, status): (uuid::Uuid, DisputeStatus),
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
                "payments.disputed",
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
