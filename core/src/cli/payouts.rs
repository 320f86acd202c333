mod show;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

use super::Outcome;
use super::output::{Spinner, write_new};
use crate::access::Principal;
use crate::app::App;
use crate::locale::Locale;
use crate::money::{Currency, Money};
use crate::payouts::queries::{self, BatchView};
use crate::payouts::{self, Error, Format, LineStatus, Month, Status};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Payouts {
    /// What a payout of a month would be, and who would be carried into the next
    Preview {
        #[command(flatten)]
        what: What,
        #[command(flatten)]
        page: Paged,
    },
    /// Freeze what everybody is owed at the end of a month, for another person to approve
    Create {
        #[command(flatten)]
        what: What,
        #[command(flatten)]
        who: Who,
    },
    /// Let a payout go that another person made
    Approve {
        payout: Uuid,
        /// What it comes to, as you have seen it, in the currency's smallest unit
        #[arg(long, value_name = "MINOR")]
        total: i64,
        #[command(flatten)]
        who: Who,
    },
    /// Have nobody paid by a payout that was not approved
    Cancel { payout: Uuid },
    /// Write the file for the bank: the same bytes each time
    Export {
        payout: Uuid,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Of the heading
        #[arg(long, value_enum, default_value_t)]
        locale: Locale,
        /// Where to; it must not be there yet
        #[arg(long, short)]
        output: PathBuf,
    },
    /// Take in what the bank says became of a payout: exit code 3 when a row could not be settled
    Import {
        payout: Uuid,
        /// The exported file, with `Pago?` or `Paid?` filled in
        file: PathBuf,
        /// Only look what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Payouts and how far they are, newest first; of one, its lines
    Status {
        payout: Option<Uuid>,
        /// Only payouts that are so far
        #[arg(long, value_enum, conflicts_with = "payout")]
        status: Option<Status>,
        /// Only lines that are so far
        #[arg(long, value_enum, requires = "payout")]
        line: Option<LineStatus>,
        #[command(flatten)]
        page: Paged,
    },
}

#[derive(Args)]
pub(super) struct What {
    /// `2026-11`; the last that is over, unless it is said
    #[arg(long)]
    month: Option<Month>,
    /// The usual one, unless it is said
    #[arg(long)]
    currency: Option<Currency>,
}

#[derive(Args)]
pub(super) struct Paged {
    /// At most 100
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// The next page of an earlier list
    #[arg(long)]
    cursor: Option<String>,
}

#[derive(Args)]
pub(super) struct Who {
    /// Who you are: whoever makes a payout does not approve it
    #[arg(long)]
    by: String,
}

impl Payouts {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::Preview { what, page } => show::preview(app, what, &page, json).await?,
            Self::Create { what, who } => {
                let (month, currency) = what.of(app);
                let created = payouts::create(app, &who.principal(), None, month, currency).await?;
                show::payout(app, created.payout, json).await?;
            }
            Self::Approve { payout, total, who } => {
                let found = find(app, payout).await?;
                let total = Money::new(total, found.currency)?;
                let bar = bar("posting");
                let approved = payouts::approve(app, &who.principal(), payout, total, &moving(&bar)).await;
                bar.finish_and_clear();
                approved?;
                show::payout(app, payout, json).await?;
            }
            Self::Cancel { payout } => {
                payouts::cancel(app, &Principal::operator(), payout).await?;
                show::payout(app, payout, json).await?;
            }
            Self::Export {
                payout,
                format,
                locale,
                output,
            } => {
                let spinner = Spinner::start("writing");
                let content = payouts::export(app, &Principal::operator(), payout, format, locale).await;
                drop(spinner);
                write_new(&output, &content?).await?;
                show::payout(app, payout, json).await?;
            }
            Self::Import {
                payout,
                file,
                dry_run,
            } => {
                let bytes = tokio::fs::read(&file).await;
                let bytes = bytes.with_context(|| format!("reading {}", file.display()))?;
                let (by, bar) = (Principal::operator(), bar("settling"));
                let report = payouts::import(app, &by, payout, &bytes, dry_run, &moving(&bar)).await;
                bar.finish_and_clear();
                return show::report(&report?, json);
            }
            Self::Status {
                payout: Some(payout),
                line,
                page,
                ..
            } => show::lines(app, payout, line, &page, json).await?,
            Self::Status { status, page, .. } => show::list(app, status, &page, json).await?,
        }
        Ok(Outcome::Done)
    }
}

impl What {
    fn of(&self, app: &App) -> (Month, Currency) {
        queries::or_usual(app, self.month, self.currency)
    }
}

impl Paged {
    fn page(&self) -> anyhow::Result<Page> {
        Ok(Page::new(self.cursor.as_deref(), Some(self.limit))?)
    }
}

impl Who {
    fn principal(&self) -> Principal {
        Principal::named_operator(&self.by)
    }
}

async fn find(app: &App, payout: Uuid) -> anyhow::Result<BatchView> {
    let found = queries::find_payout(&mut *app.db.acquire().await?, payout).await?;
    Ok(found.ok_or(Error::Unknown)?)
}

/// On a terminal only.
fn bar(message: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(1).with_message(message);
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:30}] {pos}/{len} {msg} ({elapsed})") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

fn moving(bar: &ProgressBar) -> impl Fn(usize, usize) + Send + Sync {
    |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    }
}
