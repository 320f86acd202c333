use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::output::{Spinner, instant, more, show, show_csv, stdout, write_new};
use super::table::Table;
use crate::app::App;
use crate::catalogue::Payee;
use crate::locale::Locale;
use crate::money::Currency;
use crate::payouts::queries::{self, StatementView};
use crate::payouts::{Month, statement};

#[derive(Subcommand)]
pub(super) enum Statements {
    /// Month by month, what somebody earned, what was taken back and paid out, newest first
    List {
        #[command(flatten)]
        whose: Whose,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// All that moved somebody's account in a month
    Show {
        #[command(flatten)]
        whose: Whose,
        /// `2026-11`; the last that is over, unless it is said
        #[arg(long)]
        month: Option<Month>,
        /// The usual one, unless it is said
        #[arg(long)]
        currency: Option<Currency>,
        /// Of a file or a page; that of whose it is, unless it is said
        #[arg(long, value_enum)]
        locale: Option<Locale>,
        /// Print it as CSV
        #[arg(long, conflicts_with = "html")]
        csv: bool,
        /// Write a page to be printed; the file must not be there yet
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct Whose {
    /// A talent's
    #[arg(long, value_name = "ID")]
    talent: Option<Uuid>,
    /// An agency's
    #[arg(long, value_name = "ID")]
    agency: Option<Uuid>,
}

impl Whose {
    fn payee(&self) -> anyhow::Result<Payee> {
        let talent = self.talent.map(Payee::Talent);
        let payee = talent.or(self.agency.map(Payee::Agency));
        payee.ok_or_else(|| anyhow::anyhow!("whose? say --talent or --agency"))
    }
}

impl Statements {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        match self {
            Self::List { whose, limit, cursor } => {
                list(app, whose.payee()?, cursor.as_deref(), limit, json).await
            }
            Self::Show {
                whose,
                month,
                currency,
                locale,
                csv,
                html,
            } => {
                let (month, currency) = queries::or_usual(app, month, currency);
                let spinner = Spinner::start("adding up");
                let read = queries::statement(app, whose.payee()?, month, currency, None).await;
                drop(spinner);
                let (view, theirs) = read?;
                let (locale, zone) = (locale.unwrap_or(theirs), &app.config.zone);
                if csv {
                    return show_csv(&statement::sheet(&view, locale, zone), false);
                }
                if let Some(path) = html {
                    write_new(&path, statement::page(&view, locale, zone)?.as_bytes()).await?;
                }
                lines(&view, json)
            }
        }
    }
}

async fn list(
    app: &App,
    payee: Payee,
    cursor: Option<&str>,
    limit: Option<u32>,
    json: bool,
) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    let months = queries::months_of(&mut conn, app, payee, cursor, limit).await?;
    let mut table = Table::new(&[
        "month",
        "currency",
        "opening",
        "sales",
        "earned",
        "taken back",
        "paid out",
        "closing",
    ]);
    for month in &months.items {
        table.row([
            month.month.to_string(),
            month.currency.to_string(),
            month.opening_minor.to_string(),
            month.sales.to_string(),
            month.earned_minor.to_string(),
            month.taken_back_minor.to_string(),
            month.paid_out_minor.to_string(),
            month.closing_minor.to_string(),
        ]);
    }
    show(&months, &table, json, "nothing was ever earned")?;
    more(months.next_cursor.as_deref(), json)?;
    Ok(())
}

fn lines(view: &StatementView, json: bool) -> anyhow::Result<()> {
    let sums = &view.sums;
    if !json {
        writeln!(
            stdout(),
            "{}, {}: {} {} at its beginning, {} at its end",
            view.name,
            sums.month,
            sums.opening_minor,
            sums.currency,
            sums.closing_minor
        )?;
    }
    let mut table = Table::new(&["at", "what", "about", "price", "share %", "amount", "balance"]);
    for line in &view.lines.items {
        let about = line.order_id.or(line.payout_id);
        table.row([
            instant(line.occurred_at),
            line.kind.name().to_owned(),
            about.map(|id| id.to_string()).unwrap_or_default(),
            line.gross_minor
                .map(|minor| minor.to_string())
                .unwrap_or_default(),
            line.share_bp.map(statement::percent).unwrap_or_default(),
            line.amount_minor.to_string(),
            line.balance_minor.to_string(),
        ]);
    }
    show(view, &table, json, "nothing moved in it")
}
