//! One function for each posting. Each is part of its caller's transaction, and posted once: a repetition changes nothing.

mod months;
mod payments;
mod payouts;

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub use months::{close, hold_postings};
pub use payments::{
    Arrival, Disputed, FromPayment, Sale, capture, fee, lose_dispute, open_dispute, refund, return_fee, sale,
    win_dispute,
};
pub use payouts::{PayoutLine, approve_payout, settle_payout};

use super::Error;
use super::domain::{Entries, Refused, Standing, TransactionKind};
use super::store::{self, Known, NewTransaction};
use crate::ids;
use crate::money::Currency;

/// A transaction of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    Now(Uuid),
    /// It was told before.
    Before(Uuid),
}

impl Posted {
    pub fn transaction(self) -> Uuid {
        match self {
            Self::Now(id) | Self::Before(id) => id,
        }
    }
}

/// What is to be posted.
struct Posting {
    kind: TransactionKind,
    /// The id of what happened; with the kind it makes the reference.
    by: Uuid,
    cause: String,
    currency: Currency,
    /// What a repetition must say as well.
    told: Value,
    occurred_at: OffsetDateTime,
}

/// Posts what `decide` makes of what was posted for the same cause so far.
async fn post(
    conn: &mut PgConnection,
    posting: Posting,
    decide: impl FnOnce(&Standing) -> Result<Entries, Refused>,
) -> Result<Posted, Error> {
    let Posting {
        kind,
        cause,
        currency,
        occurred_at,
        ..
    } = &posting;
    let transaction = NewTransaction {
        id: ids::fresh(*occurred_at),
        kind: *kind,
        reference: &format!("{}/{}", kind.name(), posting.by),
        cause,
        told: &posting.told,
        occurred_at: *occurred_at,
    };
    // One at a time for a cause, so that nothing is given out twice.
    store::lock_cause(conn, cause).await?;
    if let Some(known) = store::find(conn, transaction.reference).await? {
        return same(&transaction, &known);
    }
    let standing = store::standing(conn, cause).await?;
    if let Some(is) = standing.currency.filter(|is| is != currency) {
        let asked = *currency;
        return Err(Refused::OtherCurrency { is, asked }.into());
    }
    // Before anything is written: whoever is refused may go on with their transaction.
    let Entries(entries) = decide(&standing)?;
    if !store::insert_transaction(conn, &transaction).await? {
        // In the same moment, about something else.
        return Err(Error::OtherContent(transaction.reference.to_owned()));
    }
    store::insert_entries(conn, &transaction, *currency, &entries).await?;
    Ok(Posted::Now(transaction.id))
}

fn same(transaction: &NewTransaction<'_>, known: &Known) -> Result<Posted, Error> {
    if known.cause == transaction.cause && known.told == *transaction.told {
        Ok(Posted::Before(known.id))
    } else {
        Err(Error::OtherContent(transaction.reference.to_owned()))
    }
}
