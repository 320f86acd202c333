//! What payees are written about payouts. All in the caller's transaction.

use serde_json::{Value, json};
use sqlx::PgConnection;

use super::domain::Month;
use super::queries::{Maker, PreviewView};
use super::store::Line;
use crate::app::App;
use crate::catalogue::{Payee, PayeeReader, readers_of_payees};
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

/// What became of a line.
pub(super) struct Settled<'a> {
    pub(super) line: &'a Line,
    pub(super) amount: Money,
    pub(super) paid: bool,
    /// Why not, if the bank said why.
    pub(super) reason: Option<&'a str>,
}

/// Of each line to the talent, or to everybody who acts for the agency; with what the month came to, and where its
/// statement is.
pub(super) async fn settled(
    app: &App,
    conn: &mut PgConnection,
    month: Month,
    settled: &[Settled<'_>],
) -> anyhow::Result<()> {
    let payees: Vec<Payee> = settled.iter().filter_map(Settled::payee).collect();
    let readers = readers_of_payees(conn, &payees).await?;
    let mails = settled.iter().flat_map(|settled| {
        let readers = settled.payee().and_then(|payee| readers.get(&payee));
        let readers = readers.into_iter().flatten();
        readers.filter_map(move |reader| settled.mail(app, month, reader))
    });
    mail::enqueue_each(conn, app, mails.collect()).await
}

impl Settled<'_> {
    fn payee(&self) -> Option<Payee> {
        let talent = self.line.talent_id.map(Payee::Talent);
        talent.or(self.line.agency_id.map(Payee::Agency))
    }

    /// `None`: the reader has no address.
    fn mail(&self, app: &App, month: Month, reader: &PayeeReader) -> Option<Mail<Value>> {
        let Self {
            line,
            amount,
            paid,
            reason,
        } = self;
        let money =
            |amount_minor: i64| json!({ "amount_minor": amount_minor, "currency": amount.currency() });
        let template = if *paid { &PAID } else { &REJECTED };
        Some(Mail {
            event: format!("{}/{}", template.name, line.id),
            to: Mailbox::new(&reader.email, &reader.name)?,
            locale: reader.locale,
            template,
            context: json!({
                "name": reader.name, "agency": reader.agency, "amount": amount, "reason": reason,
                "month": month, "sales": line.sales, "earned": money(line.gross_minor),
                "taken_back": money(line.reversed_minor), "has_taken_back": line.reversed_minor > 0,
                "link": app.config.page(if *paid { "statements" } else { "payouts" }),
            }),
        })
    }
}
