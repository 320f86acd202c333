//! A month's statement as a file and as a page.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::domain::Month;
use super::queries::{StatementLine, StatementView};
use crate::calendar::Zone;
use crate::ledger::TransactionKind;
use crate::locale::Locale;
use crate::platform::page;
use crate::platform::sheet::Sheet;

const PAGE: &str = include_str!("templates/statement.html");

const ENGLISH: [&str; 9] = [
    "At", "What", "Order", "Talent", "Payout", "Price", "Share %", "Amount", "Balance",
];
const PORTUGUESE: [&str; 9] = [
    "Quando",
    "O quê",
    "Pedido",
    "Talento",
    "Pagamento",
    "Preço",
    "Parte %",
    "Valor",
    "Saldo",
];

/// From the opening balance to the closing one, in the currency's main unit.
pub fn sheet(view: &StatementView, locale: Locale, zone: &Zone) -> Sheet {
    let (opening, closing) = match locale {
        Locale::PtBr => ("Saldo inicial", "Saldo final"),
        Locale::En => ("Opening balance", "Closing balance"),
    };
    let mut sheet = Sheet::new(match locale {
        Locale::PtBr => PORTUGUESE,
        Locale::En => ENGLISH,
    });
    let sums = &view.sums;
    let decimal = |minor| sums.currency.decimal(minor);
    let balance = |at, what: &str, minor| {
        let mut cells = [const { String::new() }; 9];
        cells[0] = at;
        cells[1] = what.to_owned();
        cells[8] = decimal(minor);
        cells
    };
    let at = |moment| zone.at(moment).format(&Rfc3339).unwrap_or_default();
    sheet.row(balance(
        at(sums.month.begins_at(zone)),
        opening,
        sums.opening_minor,
    ));
    for line in &view.lines.items {
        let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        sheet.row([
            at(line.occurred_at),
            what(line.kind, locale).to_owned(),
            id(line.order_id),
            line.talent_name.clone().unwrap_or_default(),
            id(line.payout_id),
            line.gross_minor.map(decimal).unwrap_or_default(),
            line.share_bp.map(percent).unwrap_or_default(),
            decimal(line.amount_minor),
            decimal(line.balance_minor),
        ]);
    }
    sheet.row(balance(at(sums.month.ends_at(zone)), closing, sums.closing_minor));
    sheet
}

/// To be printed: one HTML file that needs nothing else.
///
/// # Errors
/// The template does not fit, which tests see.
pub fn page(view: &StatementView, locale: Locale, zone: &Zone) -> anyhow::Result<String> {
    let sums = &view.sums;
    let money = |amount_minor: i64| json!({ "amount_minor": amount_minor, "currency": sums.currency });
    let context = json!({
        "english": locale == Locale::En, "locale": locale, "name": view.name, "month": sums.month,
        "is_agency": view.agency_id.is_some(), "opening": money(sums.opening_minor), "sales": sums.sales,
        "earned": money(sums.earned_minor), "taken_back": money(-sums.taken_back_minor),
        "paid_out": money(-sums.paid_out_minor), "closing": money(sums.closing_minor),
        "lines": view.lines.items.iter().map(|line| shown(line, locale, &money)).collect::<Vec<_>>(),
    });
    page::render(PAGE, locale, zone, &context)
}

fn shown(line: &StatementLine, locale: Locale, money: &impl Fn(i64) -> Value) -> Value {
    json!({
        "at": line.occurred_at.format(&Rfc3339).unwrap_or_default(), "what": what(line.kind, locale),
        "about": line.order_id.or(line.payout_id), "talent": line.talent_name,
        "gross": line.gross_minor.map(money), "share_bp": line.share_bp,
        "amount": money(line.amount_minor), "balance": money(line.balance_minor),
    })
}

/// As the file is called that somebody saves.
pub fn file_name(month: Month, extension: &str) -> String {
    format!("marquee-statement-{month}.{extension}")
}

/// Of basis points, for programs as amounts are in a sheet: `75.00`.
pub fn percent(basis_points: i32) -> String {
    format!("{}.{:02}", basis_points / 100, basis_points % 100)
}

/// What moves somebody's account, in their words; the rest moves others'.
fn what(kind: TransactionKind, locale: Locale) -> &'static str {
    let (portuguese, english) = match kind {
        TransactionKind::Sale => ("Venda", "Sale"),
        TransactionKind::Refund => ("Reembolso", "Refund"),
        TransactionKind::DisputeLost => ("Contestação perdida", "Dispute lost"),
        TransactionKind::PayoutApproved => ("Pagamento", "Payout"),
        TransactionKind::PayoutRejected => ("Pagamento devolvido", "Payout that came back"),
        other => (other.name(), other.name()),
    };
    match locale {
        Locale::PtBr => portuguese,
        Locale::En => english,
    }
}
