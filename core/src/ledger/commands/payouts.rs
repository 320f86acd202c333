//! What happens to what talents and agencies are owed.

use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Posted, Posting, open_each, post_each};
use crate::ledger::Error;
use crate::ledger::domain::{Account, Entries, TransactionKind};
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

/// They are owed it no longer: it is on its way. Each line once.
pub async fn approve_payouts(conn: &mut PgConnection, of: &[PayoutLine]) -> Result<Vec<Posted>, Error> {
    let postings = of.iter().map(|of| posting(TransactionKind::PayoutApproved, of));
    let postings: Vec<_> = postings.collect();
    open_each(conn, &postings, |at| {
        Entries::pair(of[at].whose, Account::InTransit, of[at].amount)
    })
    .await
}

/// Each arrived; or it did not (`false` beside it), and they are owed it again. Refused if as much is not on its way.
/// Each line once.
pub async fn settle_payouts(
    conn: &mut PgConnection,
    of: &[(PayoutLine, bool)],
) -> Result<Vec<Posted>, Error> {
    let kind = |paid| match paid {
        true => TransactionKind::PayoutPaid,
        false => TransactionKind::PayoutRejected,
    };
    let postings = of.iter().map(|(of, paid)| posting(kind(*paid), of));
    let postings: Vec<_> = postings.collect();
    post_each(conn, &postings, |at, standing| {
        let (of, paid) = &of[at];
        let credit = if *paid { Account::Bank } else { of.whose };
        Entries::payout_settled(standing, credit, of.amount)
    })
    .await
}

fn posting(kind: TransactionKind, of: &PayoutLine) -> Posting {
    let whose = (of.whose.kind().name(), of.whose.owner());
    Posting {
        kind,
        by: of.line,
        cause: format!("payout/{}", of.line),
        currency: of.amount.currency(),
        told: json!({ "whose": whose, "amount": of.amount }),
        occurred_at: of.occurred_at,
    }
}
