//! One function for each posting. Each is part of its caller's transaction, and posted once: a repetition changes nothing.

mod months;
mod payments;
mod payouts;

use anyhow::Context as _;
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub use months::{close, hold_postings};
pub use payments::{
    Arrival, Disputed, FromPayment, Sale, capture, fee, lose_dispute, open_dispute, refund, return_fee, sale,
    win_dispute,
};
pub use payouts::{PayoutLine, approve_payouts, settle_payouts};

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

impl Posting {
    fn transaction(&self) -> NewTransaction<'_> {
        NewTransaction {
            id: ids::fresh(self.occurred_at),
            kind: self.kind,
            reference: format!("{}/{}", self.kind.name(), self.by),
            cause: &self.cause,
            told: &self.told,
            occurred_at: self.occurred_at,
        }
    }
}

/// Posts what `decide` makes of what was posted for the same cause so far.
async fn post(
    conn: &mut PgConnection,
    posting: Posting,
    decide: impl Fn(&Standing) -> Result<Entries, Refused> + Send + Sync,
) -> Result<Posted, Error> {
    let posted = post_each(conn, &[posting], |_, standing| decide(standing)).await?;
    let posted = posted.first().copied();
    Ok(posted.context("nothing was posted of one posting")?)
}

/// Posts several, each of another cause, in so many statements as one takes: what `decide` makes of their places in the
/// list and of what was posted for their causes so far. All of them or, with an error, none.
async fn post_each(
    conn: &mut PgConnection,
    postings: &[Posting],
    decide: impl Fn(usize, &Standing) -> Result<Entries, Refused> + Send + Sync,
) -> Result<Vec<Posted>, Error> {
    let causes: Vec<&str> = postings.iter().map(|posting| posting.cause.as_str()).collect();
    // One at a time for a cause, so that nothing is given out twice.
    store::lock_causes(conn, &causes).await?;
    let standings = store::standings(conn, &causes).await?;
    write(conn, postings, |at| {
        let posting = &postings[at];
        let nothing = Standing::default();
        let standing = standings.get(&posting.cause).unwrap_or(&nothing);
        let (is, asked) = (standing.currency, posting.currency);
        if let Some(is) = is.filter(|is| *is != asked) {
            return Err(Refused::OtherCurrency { is, asked });
        }
        decide(at, standing)
    })
    .await
}

/// Posts several that begin their causes. Nothing that was posted before decides them, so that no cause is held: there
/// may be more of them than Postgres has locks.
async fn open_each(
    conn: &mut PgConnection,
    postings: &[Posting],
    entries: impl Fn(usize) -> Entries + Send + Sync,
) -> Result<Vec<Posted>, Error> {
    write(conn, postings, |at| Ok(entries(at))).await
}

/// Writes those that were not told before.
async fn write(
    conn: &mut PgConnection,
    postings: &[Posting],
    decide: impl Fn(usize) -> Result<Entries, Refused> + Send + Sync,
) -> Result<Vec<Posted>, Error> {
    let transactions: Vec<_> = postings.iter().map(Posting::transaction).collect();
    let mut known = store::find(conn, &transactions).await?;
    // Before anything is written: whoever is refused may go on with their transaction.
    let mut fresh = Vec::new();
    for (at, (transaction, posting)) in transactions.iter().zip(postings).enumerate() {
        if !known.contains_key(&transaction.reference) {
            fresh.push((transaction, posting.currency, decide(at)?));
        }
    }
    let inserted =
        store::insert_transactions(conn, fresh.iter().map(|(transaction, ..)| *transaction)).await?;
    if inserted.len() < fresh.len() {
        // In the same moment, by somebody else.
        known = store::find(conn, &transactions).await?;
        fresh.retain(|(transaction, ..)| inserted.contains(&transaction.id));
    }
    store::insert_entries(conn, &fresh).await?;
    let posted = transactions.iter().map(|transaction| {
        if inserted.contains(&transaction.id) {
            return Ok(Posted::Now(transaction.id));
        }
        same(transaction, known.get(&transaction.reference))
    });
    posted.collect()
}

fn same(transaction: &NewTransaction<'_>, known: Option<&Known>) -> Result<Posted, Error> {
    match known {
        Some(known) if known.cause == transaction.cause && known.told == *transaction.told => {
            Ok(Posted::Before(known.id))
        }
        _ => Err(Error::OtherContent(transaction.reference.clone())),
    }
}
