use serde_json::json;
use uuid::Uuid;

use super::{LINES_AT_ONCE, Progress, locked, subject, whose};
use crate::access::Principal;
use crate::app::App;
use crate::ledger::{self, PayoutLine};
use crate::money::Money;
use crate::payouts::domain::Status;
use crate::payouts::{Error, store};
use crate::platform::audit;

/// Lets a payout go: from here on nobody in it is owed its amount, which is on its way. Safe to do twice by the same person.
/// `total`: what they saw that it comes to.
///
/// # Errors
/// It is another one's to approve; it waits for no approval; it comes to something else.
pub async fn approve(
    app: &App,
    by: &Principal,
    id: Uuid,
    total: Money,
    progress: &Progress<'_>,
) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let batch = locked(&mut tx, id, &[Status::Created, Status::Approved], "approved").await?;
    if batch.status == Status::Approved && batch.approved_by.as_ref() == Some(&by.id) {
        return Ok(());
    }
    if batch.created_by == by.id {
        return Err(Error::SamePerson);
    }
    if batch.status == Status::Approved {
        let (status, wanted) = (batch.status, "approved");
        return Err(Error::Illegal { status, wanted });
    }
    let lines = store::lines(&mut tx, id).await?;
    let actual: i64 = lines.iter().map(|line| line.amount_minor).sum();
    if (actual, batch.currency.as_str()) != (total.amount_minor(), total.currency().code()) {
        let actual = format!("{actual} {}", batch.currency);
        return Err(Error::OtherTotal { said: total, actual });
    }
    let mut done = 0;
    for lines_at_once in lines.chunks(LINES_AT_ONCE) {
        let postings = lines_at_once.iter().map(|line| {
            Ok(PayoutLine {
                line: line.id,
                whose: whose(line)?,
                amount: Money::new(line.amount_minor, total.currency())?,
                occurred_at: now,
            })
        });
        let postings = postings.collect::<anyhow::Result<Vec<_>>>()?;
        ledger::approve_payouts(&mut tx, &postings).await?;
        done += postings.len();
        progress(done, lines.len());
    }
    app.faults.hit("payouts.approving");
    store::set_in_transit(&mut tx, id).await?;
    store::approve(&mut tx, id, &by.id, now).await?;
    let after = json!({ "total": total, "lines": lines.len() });
    audit::record(
        &mut tx,
        now,
        by,
        "payouts.approve",
        &subject(id),
        None,
        Some(after),
    )
    .await?;
    tx.commit().await?;
    app.faults.hit("payouts.approved");
    Ok(())
}
