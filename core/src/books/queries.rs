//! Each check is one statement that finds the rows for which something does not hold.

mod closed;
mod ledger;
mod month;
mod payments;
mod payouts;

use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;

pub(super) use closed::last_closed;
pub use closed::{AccountSums, ClosedMonth, MonthProof, PayoutSums, closed_month, closed_months};
pub(super) use month::{check_month, first_posted_at, payments_moved, prove};

/// How many offending rows of a check are shown.
const SHOWN: i64 = 100;

/// What was looked for, and what was found
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BooksReport)]
pub struct Report {
    /// Whether everything holds
    #[schema(example = true)]
    pub fine: bool,
    pub checks: Vec<Check>,
    /// At most 100 of each check
    pub findings: Vec<Finding>,
}

/// Something that must hold
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BooksCheck)]
pub struct Check {
    #[schema(example = "balanced")]
    pub name: &'static str,
    /// In a sentence
    #[schema(example = "debits and credits of every transaction are equal, in each currency")]
    pub holds: &'static str,
    /// For how many rows it does not
    #[schema(example = 0)]
    pub offending: i64,
}

/// A row for which something does not hold
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BooksFinding)]
pub struct Finding {
    #[schema(example = "bank_told")]
    pub check: &'static str,
    /// Which: `transaction/<id>`, `account/<id>`, `payment/<id>`, `line/<id>`
    #[schema(example = "line/019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub subject: String,
    #[schema(example = "15000 BRL are on their way")]
    pub detail: String,
}

/// A row that a check found, and how many it found in all.
struct Row {
    subject: String,
    detail: String,
    offending: i64,
}

/// Looks at all of the books as they are in one moment, and changes nothing.
pub async fn check(db: &PgPool) -> sqlx::Result<Report> {
    let mut tx = db
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    let mut report = Report::nothing_found();
    run(&mut report, &mut tx).await?;
    report.fine = report.findings.is_empty();
    tx.rollback().await?;
    Ok(report)
}

async fn run(report: &mut Report, conn: &mut PgConnection) -> sqlx::Result<()> {
    report.note(
        "balanced",
        "debits and credits of every transaction are equal, in each currency",
        ledger::unbalanced(conn).await?,
    );
    report.note(
        "two_entries",
        "every transaction has at least two entries",
        ledger::too_few_entries(conn).await?,
    );
    report.note(
        "one_currency",
        "every entry has its account's currency",
        ledger::other_currency(conn).await?,
    );
    report.note(
        "zero_sum",
        "all balances of a currency come to nothing",
        ledger::not_zero(conn).await?,
    );
    report.note(
        "balances",
        "every balance is what the account's entries come to",
        ledger::drifted_balances(conn).await?,
    );
    report.note(
        "funded",
        "nothing is sold or refunded for a payment that was not taken in for it",
        ledger::overdrawn_funds(conn).await?,
    );
    report.note(
        "shares",
        "nobody who shares in a sale gives back more than they got of it",
        ledger::overdrawn_shares(conn).await?,
    );
    report.note(
        "holds",
        "no dispute gives back more than it withheld, and no payout settles more than was approved",
        ledger::overdrawn_holds(conn).await?,
    );
    report.note(
        "one_sale",
        "a payment is captured once and sold once",
        ledger::repeated(conn).await?,
    );
    report.note(
        "captures",
        "what payments say was captured is what the ledger has, and the other way round",
        payments::captures(conn).await?,
    );
    report.note(
        "refunds",
        "what payments say was refunded is what the ledger has, and what the gateway did for us",
        payments::refunds(conn).await?,
    );
    report.note(
        "fees",
        "what gateways keep for payments and disputes is what the ledger has, and so is what they give back",
        payments::fees(conn).await?,
    );
    report.note(
        "disputes",
        "every dispute was posted when it was opened, and as it was decided",
        payments::disputes(conn).await?,
    );
    report.note(
        "payout_lines",
        "every line of a payout comes to the entries that it pays",
        payouts::lines(conn).await?,
    );
    report.note(
        "payouts",
        "what payouts say is on its way, paid or rejected is what the ledger has, and the other way round",
        payouts::postings(conn).await?,
    );
    report.note(
        "closed",
        "the entries of every month that is closed are those that it was closed with",
        closed::changed(conn).await?,
    );
    Ok(())
}

impl Report {
    pub(super) fn nothing_found() -> Self {
        Self {
            fine: true,
            checks: vec![],
            findings: vec![],
        }
    }

    fn note(&mut self, name: &'static str, holds: &'static str, rows: Vec<Row>) {
        let offending = rows.first().map_or(0, |row| row.offending);
        self.checks.push(Check {
            name,
            holds,
            offending,
        });
        self.findings.extend(rows.into_iter().map(|row| Finding {
            check: name,
            subject: row.subject,
            detail: row.detail,
        }));
    }
}
