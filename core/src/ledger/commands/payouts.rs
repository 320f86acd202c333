//! What happens to what talents and agencies are owed.

use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Posted, Posting, post};
use crate::ledger::Error;
use crate::ledger::domain::{Account, Entries, Refused, Standing, TransactionKind};
use crate::money::Money;

/// One line of a payout: somebody is to get an amount.
#[derive(Clone, Copy, Debug)]
pub struct PayoutLine {
    pub line: Uuid,
    /// [`Account::Talent`] or [`Account::Agency`].
    pub whose: Account,
    pub amount: Money,
    pub occurred_at: OffsetDateTime,
}

/// They are owed it no longer: it is on its way.
pub async fn approve_payout(conn: &mut PgConnection, of: PayoutLine) -> Result<Posted, Error> {
    line(conn, TransactionKind::PayoutApproved, of, |_| {
        Ok(Entries::pair(of.whose, Account::InTransit, of.amount))
    })
    .await
}

/// It arrived; or it did not (`paid` is false), and they are owed it again. Refused if as much is not on its way.
pub async fn settle_payout(conn: &mut PgConnection, of: PayoutLine, paid: bool) -> Result<Posted, Error> {
    let (kind, credit) = if paid {
        (TransactionKind::PayoutPaid, Account::Bank)
    } else {
        (TransactionKind::PayoutRejected, of.whose)
    };
    line(conn, kind, of, |standing| {
        Entries::payout_settled(standing, credit, of.amount)
    })
    .await
}

async fn line(
    conn: &mut PgConnection,
    kind: TransactionKind,
    of: PayoutLine,
    decide: impl FnOnce(&Standing) -> Result<Entries, Refused>,
) -> Result<Posted, Error> {
    let whose = (of.whose.kind().name(), of.whose.owner());
    let posting = Posting {
        kind,
        by: of.line,
        cause: format!("payout/{}", of.line),
        currency: of.amount.currency(),
        told: json!({ "whose": whose, "amount": of.amount }),
        occurred_at: of.occurred_at,
    };
    post(conn, posting, decide).await
}
