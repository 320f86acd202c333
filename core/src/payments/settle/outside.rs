//! Refunds that somebody made at the gateway itself: they are as good as those that we asked for.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{alert, refunded};
use crate::app::App;
use crate::payments::gateway::{RefundStatus, Refunded};
use crate::payments::store::{self, Payment};
use crate::platform::alerts::Code;

/// What was seen of them.
pub(super) struct Outside<'a> {
    /// Not in our rows yet.
    new: Vec<&'a Refunded>,
    /// What they come to, those included that are not done.
    pub(super) amount_minor: i64,
}

/// Which of the refunds are not of our asking, and new. The payment is locked.
pub(super) async fn find<'a>(
    conn: &mut PgConnection,
    payment: Uuid,
    refunds: &'a [Refunded],
) -> sqlx::Result<Outside<'a>> {
    if refunds.is_empty() {
        return Ok(Outside {
            new: vec![],
            amount_minor: 0,
        });
    }
    let known = store::refunds(conn, payment).await?;
    let is_known = |refund: &&Refunded| {
        known.iter().any(|known| match &known.outside {
            None => refund.key == Some(known.id),
            Some(reference) => refund.reference == *reference,
        })
    };
    let new = refunds.iter().filter(|refund| !is_known(refund));
    let new: Vec<_> = new
        .filter(|refund| !matches!(refund.status, RefundStatus::Refused(_)))
        .collect();
    Ok(Outside {
        amount_minor: new.iter().map(|refund| refund.amount_minor).sum(),
        new,
    })
}

/// Makes rows and postings of those that are done. `false`: one has to wait, since as much was asked for by us and the
/// gateway has not refused that yet.
pub(super) async fn apply(
    app: &App,
    conn: &mut PgConnection,
    payment: &Payment,
    outside: &Outside<'_>,
) -> anyhow::Result<bool> {
    let now = app.now();
    for refund in outside
        .new
        .iter()
        .filter(|refund| refund.status == RefundStatus::Done)
    {
        let Some(payment) = store::find(conn, payment.id).await? else {
            return Ok(false);
        };
        let given = payment.refunded_minor + payment.refunding_minor;
        if given + refund.amount_minor > payment.state.captured_minor {
            return Ok(false);
        }
        let id = crate::ids::fresh(now);
        let of = (refund.amount_minor, refund.reference.as_str());
        store::insert_outside_refund(conn, id, payment.id, of, now).await?;
        refunded(app, conn, &payment, id, (0, refund.amount_minor)).await?;
        alert(
            app,
            Code::PaymentsRefundedOutside,
            &payment,
            "somebody refunded at the gateway itself, not here",
        );
    }
    Ok(true)
}
