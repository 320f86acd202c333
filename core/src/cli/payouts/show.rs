//! How payouts, their lines and what the bank says of them are shown.

use std::io::Write as _;
use uuid::Uuid;

use super::{Paged, What, find};
use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{instant, more, show, show_one, stdout};
use crate::cli::table::Table;
use crate::payouts::queries::{self, BatchView, LineView};
use crate::payouts::{LineStatus, Report, Status};

pub(super) async fn preview(app: &App, what: What, page: &Paged, json: bool) -> anyhow::Result<()> {
    let (month, currency) = what.of(app);
    let mut conn = app.db.acquire().await?;
    let preview = queries::preview(&mut conn, app, month, currency, page.page()?).await?;
    if !json {
        writeln!(
            stdout(),
            "{month}: {} to be paid {} {currency} together, {} carried",
            preview.lines,
            preview.total_minor,
            preview.carried
        )?;
    }
    let mut table = Table::new(&[
        "payee",
        "name",
        "sales",
        "gross",
        "taken back",
        "amount",
        "carried",
    ]);
    for payee in &preview.payees.items {
        let id = payee.talent_id.or(payee.agency_id).unwrap_or_default();
        table.row([
            id.to_string(),
            payee.name.clone(),
            payee.sales.to_string(),
            payee.gross_minor.to_string(),
            payee.reversed_minor.to_string(),
            payee.amount_minor.to_string(),
            payee
                .carried
                .map_or(String::new(), |reason| reason.name().to_owned()),
        ]);
    }
    show(&preview, &table, json, "nobody is owed anything")?;
    more(preview.payees.next_cursor.as_deref(), json)?;
    Ok(())
}

pub(super) async fn list(app: &App, status: Option<Status>, page: &Paged, json: bool) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    let payouts = queries::list_payouts(&mut conn, status, None, page.page()?).await?;
    let mut table = Table::new(&[
        "id",
        "month",
        "status",
        "lines",
        "total",
        "in transit",
        "paid",
        "rejected",
        "made",
    ]);
    for payout in &payouts.items {
        table.row([
            payout.id.to_string(),
            payout.month.to_string(),
            payout.status.name().to_owned(),
            payout.lines.to_string(),
            format!("{} {}", payout.total_minor, payout.currency),
            payout.in_transit.to_string(),
            payout.paid.to_string(),
            payout.rejected.to_string(),
            instant(payout.created_at),
        ]);
    }
    show(&payouts, &table, json, "no payouts")?;
    more(payouts.next_cursor.as_deref(), json)?;
    Ok(())
}

pub(super) async fn lines(
    app: &App,
    payout: Uuid,
    status: Option<LineStatus>,
    page: &Paged,
    json: bool,
) -> anyhow::Result<()> {
    let found = find(app, payout).await?;
    let mut conn = app.db.acquire().await?;
    let lines = queries::list_lines(&mut conn, payout, status, page.page()?).await?;
    if !json {
        writeln!(stdout(), "{}", told(&found))?;
    }
    let mut table = Table::new(&["line", "name", "sales", "amount", "status", "why"]);
    for line in &lines.items {
        table.row(cells(line));
    }
    show(&lines, &table, json, "no such lines")?;
    more(lines.next_cursor.as_deref(), json)?;
    Ok(())
}

fn cells(line: &LineView) -> [String; 6] {
    [
        line.number.to_string(),
        line.name.clone(),
        line.sales.to_string(),
        line.amount_minor.to_string(),
        line.status.name().to_owned(),
        line.reason.clone().unwrap_or_default(),
    ]
}

pub(super) async fn payout(app: &App, payout: Uuid, json: bool) -> anyhow::Result<()> {
    let payout = find(app, payout).await?;
    show_one(&payout, json, &told(&payout))
}

/// In a sentence.
fn told(payout: &BatchView) -> String {
    format!(
        "{}, the payout of {}, is {}: {} lines, {} {}; {} in transit, {} paid, {} rejected",
        payout.id,
        payout.month,
        payout.status.name(),
        payout.lines,
        payout.total_minor,
        payout.currency,
        payout.in_transit,
        payout.paid,
        payout.rejected
    )
}

pub(super) fn report(report: &Report, json: bool) -> anyhow::Result<Outcome> {
    if !json {
        let done = if report.dry_run { "would be" } else { "are" };
        let before = if report.imported_before {
            "; this file came before, and nothing was done"
        } else {
            ""
        };
        writeln!(
            stdout(),
            "of {} rows {} {done} paid, {} {done} rejected, {} say nothing, {} were settled before{before}",
            report.rows,
            report.paid,
            report.rejected,
            report.left,
            report.done_before
        )?;
    }
    let mut table = Table::new(&["line", "what", "detail"]);
    for finding in &report.findings {
        let code = serde_json::to_value(finding.code)?;
        table.row([
            finding.line.to_string(),
            code.as_str().unwrap_or_default().to_owned(),
            finding.detail.clone(),
        ]);
    }
    show(report, &table, json, "every row could be settled")?;
    Ok(if report.findings.is_empty() {
        Outcome::Done
    } else {
        Outcome::Findings
    })
}
