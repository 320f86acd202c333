//! The one thing that can be done to the books: closing a month of them.

use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::queries::{self, ClosedMonth, MonthProof, Report};
use super::store::{self, NewMonth};
use super::{Error, Month};
use crate::access::Principal;
use crate::app::App;
use crate::ledger;
use crate::payments;
use crate::platform::audit;

/// Whether a month could be closed, and what keeps it from that
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BooksClosing)]
pub struct Closing {
    pub month: Month,
    /// Nothing is posted into it any more
    #[schema(example = true)]
    pub closed: bool,
    /// It was only looked at
    #[schema(example = false)]
    pub dry_run: bool,
    /// What it was closed with, or would be
    pub proof: MonthProof,
    pub report: Report,
}

/// Proves that ledger, gateway, payouts and bank say the same of a month, and then closes it: whatever is heard of it
/// later is posted into the first month that is open. Nothing is closed while anything does not agree. Safe to do twice.
/// `dry_run`: only looks. `progress` hears how many payments the gateway was asked about.
///
/// # Errors
/// The month is not over, or an earlier one is open; the gateway does not answer.
pub async fn close(
    app: &App,
    by: &Principal,
    month: Month,
    dry_run: bool,
    progress: impl Fn(usize) + Send,
) -> Result<Closing, Error> {
    let mut conn = app.db.acquire().await?;
    if let Some(known) = queries::closed_month(&mut conn, month).await? {
        return already(known, dry_run);
    }
    next(&mut conn, app, month).await?;
    let zone = &app.config.zone;
    let bounds = (month.begins_at(zone), month.ends_at(zone));
    let moved = queries::payments_moved(&mut conn, bounds).await?;
    drop(conn);
    let compared = payments::reconcile_all(app, bounds, &moved, progress)
        .await
        .map_err(Error::Gateway)?;

    let mut tx = app.db.begin().await?;
    // Whoever posts waits for this transaction, so that what is proven is what is closed.
    ledger::hold_postings(&mut tx)
        .await
        .map_err(anyhow::Error::from)?;
    if let Some(known) = queries::closed_month(&mut tx, month).await? {
        return already(known, dry_run);
    }
    next(&mut tx, app, month).await?;
    let report = queries::check_month(&mut tx, bounds).await?;
    let proof = queries::prove(&mut tx, bounds, compared).await?;
    let closed = report.fine && !dry_run;
    if closed {
        save(app, &mut tx, by, month, &proof).await?;
        app.faults.hit("books.closing");
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(Closing {
        month,
        closed,
        dry_run,
        proof,
        report,
    })
}

fn already(known: ClosedMonth, dry_run: bool) -> Result<Closing, Error> {
    Ok(Closing {
        month: known.month,
        closed: true,
        dry_run,
        proof: known.proof,
        report: Report::nothing_found(),
    })
}

/// Past months only, each after the one before.
async fn next(conn: &mut PgConnection, app: &App, month: Month) -> Result<(), Error> {
    let zone = &app.config.zone;
    let next = match queries::last_closed(conn).await? {
        Some(last) => last.after(),
        None => {
            let first = queries::first_posted_at(conn).await?;
            Month::of(zone, first.ok_or(Error::NothingPosted)?)
        }
    };
    if month.ends_at(zone) > app.now() {
        Err(Error::NotOver(month))
    } else if month == next {
        Ok(())
    } else {
        Err(Error::NotNext(next))
    }
}

async fn save(
    app: &App,
    conn: &mut PgConnection,
    by: &Principal,
    month: Month,
    proof: &MonthProof,
) -> Result<(), Error> {
    let (now, zone) = (app.now(), &app.config.zone);
    let value = serde_json::to_value(proof).map_err(anyhow::Error::from)?;
    let new = NewMonth {
        month,
        begins_at: month.begins_at(zone),
        ends_at: month.ends_at(zone),
        transactions: proof.transactions,
        entries: proof.entries,
        sha256: &proof.digest().map_err(anyhow::Error::from)?,
        proof: &value,
        principal: &by.id,
    };
    store::insert_month(conn, &new, now).await?;
    ledger::close(conn, new.ends_at, now)
        .await
        .map_err(anyhow::Error::from)?;
    let subject = format!("books/{month}");
    let after = json!({
        "entries": proof.entries, "transactions": proof.transactions, "sha256": proof.sha256,
    });
    let before = json!({ "open": true });
    audit::record(conn, now, by, "books.close", &subject, Some(before), Some(after)).await?;
    Ok(())
}
