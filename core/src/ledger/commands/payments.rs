//! What happens to a customer's money.

use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Posted, Posting, post};
use crate::ledger::Error;
use crate::ledger::domain::{Account, Entries, Refused, Shared, Standing, TransactionKind};
use crate::money::{Money, Shares};

/// Something that happened to a payment.
#[derive(Clone, Copy, Debug)]
pub struct FromPayment {
    pub payment: Uuid,
    /// What did it: a gateway operation, a dispute. Its id makes the posting one.
    pub by: Uuid,
    pub amount: Money,
    pub occurred_at: OffsetDateTime,
}

/// A customer paid.
pub type Arrival = FromPayment;

/// A customer's bank takes money back, gives it again or keeps it; `by` is the dispute.
pub type Disputed = FromPayment;

/// A customer gets what they paid for.
#[derive(Clone, Copy, Debug)]
pub struct Sale {
    pub payment: Uuid,
    pub order: Uuid,
    /// What the customer paid.
    pub paid: Money,
    /// What a promotion paid, in the same currency; 0 without one. Shares are of both together.
    pub promo_minor: i64,
    pub talent: Uuid,
    /// Without one its share is the platform's.
    pub agency: Option<Uuid>,
    /// As they were when the order was placed.
    pub shares: Shares,
    pub occurred_at: OffsetDateTime,
}

/// The gateway took a customer's money in. `by` is the operation.
pub async fn capture(conn: &mut PgConnection, of: Arrival) -> Result<Posted, Error> {
    let kind = TransactionKind::Capture;
    from_payment(conn, kind, of, |_| {
        Ok(Entries::pair(Account::Gateway, Account::CustomerFunds, of.amount))
    })
    .await
}

/// The gateway kept something for its service. `by` is the operation it was for.
pub async fn fee(conn: &mut PgConnection, of: FromPayment) -> Result<Posted, Error> {
    let kind = TransactionKind::Fee;
    from_payment(conn, kind, of, |_| {
        Ok(Entries::pair(Account::Fees, Account::Gateway, of.amount))
    })
    .await
}

/// The gateway gave back some of what it kept. `by` names it.
pub async fn return_fee(conn: &mut PgConnection, of: FromPayment) -> Result<Posted, Error> {
    let kind = TransactionKind::FeeReturned;
    from_payment(conn, kind, of, |_| {
        Ok(Entries::pair(Account::Gateway, Account::Fees, of.amount))
    })
    .await
}

/// Shares out what was paid. Refused unless as much was captured for the payment and is left.
pub async fn sale(conn: &mut PgConnection, of: Sale) -> Result<Posted, Error> {
    let told = json!({
        "paid_minor": of.paid.amount_minor(), "promo_minor": of.promo_minor, "currency": of.paid.currency(),
        "talent": of.talent, "agency": of.agency, "shares": of.shares,
    });
    let posting = Posting {
        kind: TransactionKind::Sale,
        by: of.order,
        cause: cause(of.payment),
        currency: of.paid.currency(),
        told,
        occurred_at: of.occurred_at,
    };
    let shared = Shared {
        talent: of.talent,
        agency: of.agency,
        shares: of.shares,
    };
    post(conn, posting, |standing| {
        Entries::sale(standing, of.paid, of.promo_minor.max(0), shared)
    })
    .await
}

/// A customer gets money back: those who shared in the sale give their part of it, in proportion. Refused if it is more
/// than what is left of the payment. `by` is the operation.
pub async fn refund(conn: &mut PgConnection, of: FromPayment) -> Result<Posted, Error> {
    let kind = TransactionKind::Refund;
    from_payment(conn, kind, of, |standing| Entries::refund(standing, of.amount)).await
}

/// The gateway withholds what a customer disputes.
pub async fn open_dispute(conn: &mut PgConnection, of: Disputed) -> Result<Posted, Error> {
    let kind = TransactionKind::DisputeOpened;
    from_payment(conn, kind, of, |_| {
        Ok(Entries::pair(Account::DisputeHold, Account::Gateway, of.amount))
    })
    .await
}

/// The gateway gives it again. Refused if as much is not withheld.
pub async fn win_dispute(conn: &mut PgConnection, of: Disputed) -> Result<Posted, Error> {
    let kind = TransactionKind::DisputeWon;
    from_payment(conn, kind, of, |standing| {
        Entries::dispute_won(standing, of.amount)
    })
    .await
}

/// It stays with the customer: those who shared in the sale give their part of it, and the platform bears what they no
/// longer have. Refused if as much is not withheld, or nothing was captured yet.
pub async fn lose_dispute(conn: &mut PgConnection, of: Disputed) -> Result<Posted, Error> {
    let kind = TransactionKind::DisputeLost;
    from_payment(conn, kind, of, |standing| {
        Entries::dispute_lost(standing, of.amount)
    })
    .await
}

async fn from_payment(
    conn: &mut PgConnection,
    kind: TransactionKind,
    of: FromPayment,
    decide: impl Fn(&Standing) -> Result<Entries, Refused> + Send + Sync,
) -> Result<Posted, Error> {
    let posting = Posting {
        kind,
        by: of.by,
        cause: cause(of.payment),
        currency: of.amount.currency(),
        told: json!(of.amount),
        occurred_at: of.occurred_at,
    };
    post(conn, posting, decide).await
}

fn cause(payment: Uuid) -> String {
    format!("payment/{payment}")
}
