//! What payees are written about payouts. All in the caller's transaction.

use serde_json::json;
use sqlx::PgConnection;

use super::domain::Month;
use super::queries::{Maker, PreviewView};
use super::store::Line;
use crate::app::App;
use crate::catalogue::{Payee, payee_readers};
use crate::money::Money;
use crate::platform::mail::{self, Mail, Mailbox, Template};

pub static PAID: Template = mail::template!(payouts.paid);
pub static REJECTED: Template = mail::template!(payouts.rejected);
pub static TO_STAFF: Template = mail::template!(payouts.to_staff);

/// To a member of the staff: a month is to be paid out. Once for the month and its currency.
pub(super) async fn remind(
    app: &App,
    conn: &mut PgConnection,
    maker: &Maker,
    preview: &PreviewView,
) -> anyhow::Result<()> {
    let Some(to) = Mailbox::new(&maker.email, &maker.name) else {
        return Ok(());
    };
    let PreviewView {
        month,
        currency,
        lines,
        total_minor,
        carried,
        ..
    } = preview;
    let mail = Mail {
        event: format!("payouts.to_staff/{month}-{currency}/{}", maker.id),
        to,
        locale: maker.locale,
        template: &TO_STAFF,
        context: json!({
            "name": maker.name, "month": month, "lines": lines, "carried": carried,
            "total": { "amount_minor": total_minor, "currency": currency },
        }),
    };
    mail::enqueue(conn, app, mail).await?;
    Ok(())
}

/// To a talent, or to everybody who acts for an agency; with what the month came to, and where its statement is.
pub(super) async fn settled(
    app: &App,
    conn: &mut PgConnection,
    (month, line): (Month, &Line),
    amount: Money,
    paid: bool,
    reason: Option<&str>,
) -> anyhow::Result<()> {
    let talent = line.talent_id.map(Payee::Talent);
    let Some(payee) = talent.or(line.agency_id.map(Payee::Agency)) else {
        return Ok(());
    };
    let money = |amount_minor: i64| json!({ "amount_minor": amount_minor, "currency": amount.currency() });
    let template = if paid { &PAID } else { &REJECTED };
    for reader in payee_readers(conn, payee).await? {
        let Some(to) = Mailbox::new(&reader.email, &reader.name) else {
            continue;
        };
        let mail = Mail {
            event: format!("{}/{}", template.name, line.id),
            to,
            locale: reader.locale,
            template,
            context: json!({
                "name": reader.name, "agency": reader.agency, "amount": amount, "reason": reason,
                "month": month, "sales": line.sales, "earned": money(line.gross_minor),
                "taken_back": money(line.reversed_minor), "has_taken_back": line.reversed_minor > 0,
                "link": app.config.page(if paid { "statements" } else { "payouts" }),
            }),
        };
        mail::enqueue(conn, app, mail).await?;
    }
    Ok(())
}
