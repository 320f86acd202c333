//! Closing months, and months that are closed.

use super::{Part, findings};
use crate::access::Principal;
use crate::app::App;
use crate::books::queries::{self, MonthProof};
use crate::books::{self, Error, Month};
use crate::cli::Outcome;
use crate::cli::output::{Spinner, instant, more, show, show_one, stdout};
use crate::cli::table::Table;
use std::io::Write as _;

pub(super) async fn close(app: &App, month: Month, dry_run: bool, json: bool) -> anyhow::Result<Outcome> {
    let spinner = Spinner::start("asking the gateway");
    let compared = |count| spinner.say(format!("compared {count} payments"));
    let closing = books::close(app, &Principal::operator(), month, dry_run, compared).await;
    drop(spinner);
    let closing = closing?;
    let fine = closing.report.fine;
    let sentence = match (closing.closed, fine) {
        (true, _) => format!("{month} is closed: {}", told(&closing.proof)),
        (false, true) => format!("{month} could be closed: {}", told(&closing.proof)),
        (false, false) => format!("{month} is not closed: something does not agree"),
    };
    show_one(&closing, json, &sentence)?;
    if !json && !fine {
        write!(stdout(), "{}", findings(&closing.report).render())?;
    }
    Ok(if fine { Outcome::Done } else { Outcome::Findings })
}

pub(super) async fn list(app: &App, part: &Part, json: bool) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    let months = queries::closed_months(&mut conn, part.cursor.as_deref(), part.limit).await?;
    let mut table = Table::new(&["month", "closed", "by", "transactions", "entries", "sha256"]);
    for month in &months.items {
        table.row([
            month.month.to_string(),
            instant(month.closed_at),
            month.closed_by.clone(),
            month.proof.transactions.to_string(),
            month.proof.entries.to_string(),
            month.proof.sha256.clone(),
        ]);
    }
    show(&months, &table, json, "no month is closed")?;
    more(months.next_cursor.as_deref(), json)?;
    Ok(())
}

pub(super) async fn show_month(app: &App, month: Month, json: bool) -> anyhow::Result<()> {
    let closed = queries::closed_month(&mut *app.db.acquire().await?, month).await?;
    let closed = closed.ok_or(Error::NotClosed)?;
    if !json {
        let at = instant(closed.closed_at);
        writeln!(
            stdout(),
            "{month}, closed {at} by {}: {}",
            closed.closed_by,
            told(&closed.proof)
        )?;
    }
    let mut table = Table::new(&["currency", "kind", "opening", "debit", "credit", "closing"]);
    for sums in &closed.proof.accounts {
        table.row([
            sums.currency.clone(),
            sums.kind.name().to_owned(),
            sums.opening_minor.to_string(),
            sums.debit_minor.to_string(),
            sums.credit_minor.to_string(),
            sums.closing_minor.to_string(),
        ]);
    }
    show(&closed, &table, json, "nothing was posted by then")
}

fn told(proof: &MonthProof) -> String {
    let MonthProof {
        transactions,
        entries,
        payments_compared,
        payouts,
        sha256,
        ..
    } = proof;
    format!(
        "{transactions} transactions, {entries} entries, {payments_compared} payments compared; of payouts {} lines let \
         go, {} paid, {} rejected; sha256 {sha256}",
        payouts.approved, payouts.paid, payouts.rejected
    )
}
