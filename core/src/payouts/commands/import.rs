use std::collections::{HashMap, HashSet};

use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Progress, file_line, locked, subject, whose};
use crate::access::Principal;
use crate::app::App;
use crate::ledger::{self, PayoutLine};
use crate::payouts::domain::{
    Elsewhere, Known, LineStatus, Month, Paid, Report, Said, Status, Verdict, Whose, judge, read,
};
use crate::payouts::store::{self, Batch, Line, NewResult, Told};
use crate::payouts::{Error, mails};
use crate::platform::audit;

/// Takes in what the bank says became of a payout, each line in a transaction of its own: what was done stays done,
/// whatever happens in between, and the same file again does the rest. `dry_run`: only looks.
///
/// # Errors
/// It was not approved; it is no file of ours.
pub async fn import(
    app: &App,
    by: &Principal,
    id: Uuid,
    bytes: &[u8],
    dry_run: bool,
    progress: &Progress<'_>,
) -> Result<Report, Error> {
    let rows = read(bytes)?;
    let sha256 = Sha256::digest(bytes);
    let mut tx = app.db.begin().await?;
    let batch = locked(&mut tx, id, &[Status::Approved, Status::Settled], "settled").await?;
    let before = store::result(&mut tx, id, &sha256).await?;
    let lines = store::lines(&mut tx, id).await?;
    tx.commit().await?;
    if let Some(before) = before {
        let imported_before = true;
        return Ok(Report {
            imported_before,
            dry_run,
            ..before
        });
    }

    let settling = Settling::of(app, id, (&batch, lines), &sha256)?;
    let mut report = Report {
        dry_run,
        ..Report::default()
    };
    let contradicted = settling.contradicted(&rows);
    let mut seen = HashSet::new();
    for (done, said) in rows.iter().enumerate() {
        let found = settling.find(said);
        let elsewhere = match found.map(|found| found.line.id) {
            Some(line) if contradicted.contains(&line) => Elsewhere::Contradicted,
            Some(line) if !seen.insert(line) => Elsewhere::Repeated,
            _ => Elsewhere::Nothing,
        };
        let verdict = match found {
            Some(found) if !dry_run && elsewhere == Elsewhere::Nothing => {
                settling.settle(app, found, said).await?
            }
            _ => judge(said, id, found.map(|found| &found.known), elsewhere),
        };
        report.note(said.line, &verdict);
        progress(done + 1, rows.len());
    }
    if !dry_run {
        finish(app, by, id, &sha256, &report).await?;
    }
    Ok(report)
}

/// The lines of a payout, as they are found again.
struct Settling<'a> {
    payout: Uuid,
    /// Of the file.
    sha256: &'a [u8],
    month: Month,
    lines: Vec<Sent>,
    by_id: HashMap<Uuid, usize>,
    by_email: HashMap<String, usize>,
}

/// A line, and what is known of it.
struct Sent {
    line: Line,
    known: Known,
}

impl<'a> Settling<'a> {
    fn of(
        app: &App,
        payout: Uuid,
        (batch, lines): (&Batch, Vec<Line>),
        sha256: &'a [u8],
    ) -> anyhow::Result<Self> {
        let mut settling = Self {
            payout,
            sha256,
            month: Month::begun_on(batch.month),
            lines: Vec::with_capacity(lines.len()),
            by_id: HashMap::new(),
            by_email: HashMap::new(),
        };
        for (at, line) in lines.into_iter().enumerate() {
            let file = file_line(app, batch, &line)?;
            let known = Known {
                amount: file.amount,
                sales: line.sales,
                hash: file.hash(payout),
                status: line.status,
            };
            settling.by_id.insert(line.id, at);
            if !file.email.is_empty() {
                settling.by_email.insert(file.email, at);
            }
            settling.lines.push(Sent { line, known });
        }
        Ok(settling)
    }

    fn find(&self, said: &Said) -> Option<&Sent> {
        let at = match &said.whose {
            Whose::Line { id, .. } => self.by_id.get(&id.parse().ok()?),
            Whose::Email(email) => self.by_email.get(email),
        };
        self.lines.get(*at?)
    }

    /// Lines that are paid by one row and not by another. Whichever came first might pay them twice.
    fn contradicted(&self, rows: &[Said]) -> HashSet<Uuid> {
        let mut answers = HashMap::new();
        let mut contradicted = HashSet::new();
        for said in rows {
            let (Some(sent), Some(paid @ (Paid::Yes | Paid::No))) = (self.find(said), said.paid) else {
                continue;
            };
            if *answers.entry(sent.line.id).or_insert(paid) != paid {
                contradicted.insert(sent.line.id);
            }
        }
        contradicted
    }

    /// In one transaction, which holds the line.
    async fn settle(&self, app: &App, sent: &Sent, said: &Said) -> Result<Verdict, Error> {
        let mut tx = app.db.begin().await?;
        // It may have gone on meanwhile.
        let now = Known {
            status: store::lock_line(&mut tx, sent.line.id).await?,
            ..sent.known.clone()
        };
        let verdict = judge(said, self.payout, Some(&now), Elsewhere::Nothing);
        match &verdict {
            Verdict::Pay => self.post(app, &mut tx, sent, said.line, None).await?,
            Verdict::Reject(reason) => {
                let reason = reason.as_deref().unwrap_or_default();
                self.post(app, &mut tx, sent, said.line, Some(reason)).await?;
                store::release_line(&mut tx, sent.line.id).await?;
            }
            Verdict::Leave | Verdict::Done | Verdict::Refuse(_) => return Ok(verdict),
        }
        app.faults.hit("payouts.settling");
        tx.commit().await?;
        app.faults.hit("payouts.settled");
        Ok(verdict)
    }

    async fn post(
        &self,
        app: &App,
        conn: &mut PgConnection,
        Sent { line, known }: &Sent,
        row: u64,
        rejected: Option<&str>,
    ) -> Result<(), Error> {
        let (now, paid) = (app.now(), rejected.is_none());
        let reason = rejected.filter(|reason| !reason.is_empty());
        let posted = PayoutLine {
            line: line.id,
            whose: whose(line)?,
            amount: known.amount,
            occurred_at: now,
        };
        ledger::settle_payout(conn, posted, paid).await?;
        let status = if paid {
            LineStatus::Paid
        } else {
            LineStatus::Rejected
        };
        store::settle_line(conn, line.id, status, reason, now).await?;
        let told = Told {
            sha256: self.sha256,
            row,
            paid,
            amount_minor: known.amount.amount_minor(),
        };
        store::insert_bank_line(conn, line.id, &told, now).await?;
        mails::settled(app, conn, (self.month, line), known.amount, paid, reason).await?;
        Ok(())
    }
}

async fn finish(app: &App, by: &Principal, id: Uuid, sha256: &[u8], report: &Report) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    store::lock_batch(&mut tx, id).await?;
    store::settle_if_done(&mut tx, id, now).await?;
    let new = NewResult {
        batch: id,
        sha256,
        report,
        principal: &by.id,
    };
    store::insert_result(&mut tx, &new, now).await?;
    let findings = report.findings.len();
    let after = json!({
        "rows": report.rows, "paid": report.paid, "rejected": report.rejected, "left": report.left, "findings": findings,
    });
    audit::record(
        &mut tx,
        now,
        by,
        "payouts.import",
        &subject(id),
        None,
        Some(after),
    )
    .await?;
    app.faults.hit("payouts.finishing");
    tx.commit().await?;
    app.faults.hit("payouts.finished");
    Ok(())
}
