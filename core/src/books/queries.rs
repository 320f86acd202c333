//! Each check is one statement that finds the rows for which something does not hold.

mod ledger;
mod payments;

use serde::Serialize;
use sqlx::{PgConnection, PgPool};

/// How many offending rows of a check are shown.
const SHOWN: i64 = 100;

/// What was looked for, and what was found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether everything holds.
    pub fine: bool,
    pub checks: Vec<Check>,
    /// At most 100 of each check.
    pub findings: Vec<Finding>,
}

/// Something that must hold.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    pub name: &'static str,
    /// In a sentence.
    pub holds: &'static str,
    /// For how many rows it does not.
    pub offending: i64,
}

/// A row for which something does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub check: &'static str,
    /// Which: `transaction/<id>`, `account/<id>`, `payment/<id>`.
    pub subject: String,
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
    let mut report = Report {
        fine: true,
        checks: vec![],
        findings: vec![],
    };
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
        "disputes",
        "every dispute was posted when it was opened, and as it was decided",
        payments::disputes(conn).await?,
    );
    Ok(())
}

impl Report {
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
