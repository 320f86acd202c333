use std::collections::{HashMap, HashSet};

use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{LINES_AT_ONCE, Progress, file_line, locked, subject, whose};
use crate::access::Principal;
use crate::app::App;
use crate::ledger::{self, PayoutLine};
use crate::payouts::domain::{
    Elsewhere, Known, Month, Paid, Report, Said, Status, Verdict, Whose, judge, read,
};
use crate::payouts::store::{self, Batch, Line, NewResult, Told};
use crate::payouts::{Error, mails};
use crate::platform::audit;

/// Takes in what the bank says became of a payout, two hundred lines in a transaction: what was done stays done,
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
    let mut done = 0;
    for rows_at_once in rows.chunks(LINES_AT_ONCE) {
        let judged = rows_at_once.iter().map(|said| {
            let found = settling.find(said);
            let elsewhere = match found.map(|found| found.line.id) {
                Some(line) if contradicted.contains(&line) => Elsewhere::Contradicted,
                Some(line) if !seen.insert(line) => Elsewhere::Repeated,
                _ => Elsewhere::Nothing,
            };
            let known = found.map(|found| &found.known);
            let verdict = judge(said, id, known, elsewhere);
            let settled = found.filter(|_| !dry_run && elsewhere == Elsewhere::Nothing);
            (said, settled, verdict)
        });
        let mut judged: Vec<_> = judged.collect();
        let claims = judged
            .iter()
            .filter_map(|(said, found, _)| Some(((*found)?, *said)));
        let claims: Vec<Claim<'_>> = claims.collect();
        let mut settled = settling.settle_each(app, &claims).await?.into_iter();
        for (said, found, verdict) in &mut judged {
            if let Some(now) = found.and_then(|_| settled.next()) {
                *verdict = now;
            }
            report.note(said.line, verdict);
        }
        done += rows_at_once.len();
        progress(done, rows.len());
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

/// A line, and what a row says of it.
type Claim<'a> = (&'a Sent, &'a Said);

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

    /// Together; where that fails, one after the other, so that what is wrong with one line undoes no other.
    async fn settle_each(&self, app: &App, claims: &[Claim<'_>]) -> Result<Vec<Verdict>, Error> {
        let failed = match self.settle(app, claims).await {
            Err(error) if claims.len() > 1 => error,
            settled => return settled,
        };
        tracing::warn!(payout.id = %self.payout, lines = claims.len(), "settling lines alone that failed together: {failed}");
        let mut verdicts = Vec::with_capacity(claims.len());
        for claim in claims {
            verdicts.extend(self.settle(app, &[*claim]).await?);
        }
        Ok(verdicts)
    }

    /// In one transaction, which holds the lines.
    async fn settle(&self, app: &App, claims: &[Claim<'_>]) -> Result<Vec<Verdict>, Error> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = claims.iter().map(|(sent, _)| sent.line.id).collect();
        let mut tx = app.db.begin().await?;
        // They may have gone on meanwhile.
        let statuses = store::lock_lines(&mut tx, &ids).await?;
        let verdicts = claims.iter().map(|(sent, said)| {
            let status = statuses.get(&sent.line.id).copied();
            let now = status.map(|status| Known {
                status,
                ..sent.known.clone()
            });
            judge(said, self.payout, now.as_ref(), Elsewhere::Nothing)
        });
        let verdicts: Vec<Verdict> = verdicts.collect();
        let answers: Vec<Answer<'_>> = claims.iter().zip(&verdicts).filter_map(Answer::of).collect();
        if answers.is_empty() {
            return Ok(verdicts);
        }
        self.post(app, &mut tx, &answers).await?;
        app.faults.hit("payouts.settling");
        tx.commit().await?;
        app.faults.hit("payouts.settled");
        Ok(verdicts)
    }

    async fn post(&self, app: &App, conn: &mut PgConnection, answers: &[Answer<'_>]) -> Result<(), Error> {
        let now = app.now();
        let postings = answers.iter().map(|answer| {
            let posting = PayoutLine {
                line: answer.sent.line.id,
                whose: whose(&answer.sent.line)?,
                amount: answer.sent.known.amount,
                occurred_at: now,
            };
            Ok((posting, answer.paid))
        });
        let postings = postings.collect::<anyhow::Result<Vec<_>>>()?;
        ledger::settle_payouts(conn, &postings).await?;
        let told: Vec<Told<'_>> = answers.iter().map(Answer::told).collect();
        store::settle_lines(conn, self.sha256, &told, now).await?;
        let settled: Vec<mails::Settled<'_>> = answers.iter().map(Answer::settled).collect();
        mails::settled(app, conn, self.month, &settled).await?;
        Ok(())
    }
}

/// A line that is settled by what a row says.
struct Answer<'a> {
    sent: &'a Sent,
    /// Of the file; the heading is 1.
    row: u64,
    paid: bool,
    reason: Option<&'a str>,
}

impl<'a> Answer<'a> {
    /// `None`: nothing is to be done.
    fn of(((sent, said), verdict): (&Claim<'a>, &'a Verdict)) -> Option<Self> {
        let (paid, reason) = match verdict {
            Verdict::Pay => (true, None),
            Verdict::Reject(reason) => (false, reason.as_deref()),
            Verdict::Leave | Verdict::Done | Verdict::Refuse(_) => return None,
        };
        let row = said.line;
        Some(Self {
            sent,
            row,
            paid,
            reason,
        })
    }

    fn told(&self) -> Told<'a> {
        Told {
            line: self.sent.line.id,
            row: self.row,
            paid: self.paid,
            reason: self.reason,
            amount_minor: self.sent.known.amount.amount_minor(),
        }
    }

    fn settled(&self) -> mails::Settled<'a> {
        mails::Settled {
            line: &self.sent.line,
            amount: self.sent.known.amount,
            paid: self.paid,
            reason: self.reason,
        }
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
