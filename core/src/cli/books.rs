mod closing;

use clap::{Args, Subcommand};
use std::io::Write as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Outcome;
use super::output::{Spinner, instant, more, parse_time, show, stdout};
use super::table::Table;
use crate::app::App;
use crate::books::queries::Report;
use crate::books::{self, Month};
use crate::ledger::queries::{self, AccountFilter, Moved, TransactionFilter};
use crate::ledger::{AccountKind, Error, TransactionKind};
use crate::money::Currency;
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Books {
    /// Prove that the books are right, or say where they are not: then the exit code is 3
    Check,
    /// Close the books of a month, if ledger, gateway, payouts and bank say the same of it; else say where they do not: then
    /// the exit code is 3
    Close {
        /// `2026-10`: over, and the next after the last that was closed
        month: Month,
        /// Only look whether it could be closed
        #[arg(long)]
        dry_run: bool,
    },
    /// The months that are closed, newest first
    Closed {
        #[command(flatten)]
        part: Part,
    },
    /// What the books of a month were closed with
    Month { month: Month },
    /// What all accounts come to, by currency and kind
    Trial,
    /// Every account and what its entries come to, newest account first
    Balances {
        #[arg(long, value_enum)]
        kind: Option<AccountKind>,
        /// Of this talent or agency
        #[arg(long)]
        owner: Option<Uuid>,
        #[arg(long)]
        currency: Option<Currency>,
        #[command(flatten)]
        part: Part,
    },
    /// What moved one account, newest first
    Entries {
        account: Uuid,
        #[command(flatten)]
        part: Part,
    },
    /// What happened to money, newest first
    Transactions {
        #[command(flatten)]
        filter: FilterArgs,
        #[command(flatten)]
        part: Part,
    },
    /// One thing that happened to money
    Show { transaction: Uuid },
}

#[derive(Args)]
pub(super) struct Part {
    /// At most 100
    #[arg(long)]
    limit: Option<u32>,
    /// The next page of an earlier list
    #[arg(long)]
    cursor: Option<String>,
}

impl Part {
    fn page(&self) -> anyhow::Result<Page> {
        Ok(Page::new(self.cursor.as_deref(), self.limit)?)
    }
}

#[derive(Args)]
pub(super) struct FilterArgs {
    #[arg(long, value_enum)]
    kind: Option<TransactionKind>,
    /// What it is about: `payment/<id>`, `payout/<id>`
    #[arg(long)]
    cause: Option<String>,
    /// What happened, by name
    #[arg(long)]
    reference: Option<String>,
    /// That moved this account
    #[arg(long)]
    account: Option<Uuid>,
    /// Occurred at or after: RFC 3339, such as 2026-11-22T06:00:00Z
    #[arg(long, value_parser = parse_time)]
    from: Option<OffsetDateTime>,
    /// Occurred before
    #[arg(long, value_parser = parse_time)]
    to: Option<OffsetDateTime>,
}

impl Books {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::Check => return check(app, json).await,
            Self::Close { month, dry_run } => return closing::close(app, month, dry_run, json).await,
            Self::Closed { part } => closing::list(app, &part, json).await?,
            Self::Month { month } => closing::show_month(app, month, json).await?,
            Self::Trial => trial(app, json).await?,
            Self::Balances {
                kind,
                owner,
                currency,
                part,
            } => {
                let filter = AccountFilter {
                    kind,
                    owner,
                    currency,
                };
                balances(app, &filter, &part, json).await?;
            }
            Self::Entries { account, part } => entries(app, account, &part, json).await?,
            Self::Transactions { filter, part } => transactions(app, filter, &part, json).await?,
            Self::Show { transaction } => {
                let mut conn = app.db.acquire().await?;
                let transaction = queries::transaction(&mut conn, transaction).await?;
                let transaction = transaction.ok_or(Error::NoTransaction)?;
                let mut table = Table::new(&["account", "of", "debit", "credit", "currency"]);
                for leg in &transaction.entries {
                    let (debit, credit) = sides(leg.amount_minor);
                    let owner = leg.owner_id.map(|id| id.to_string()).unwrap_or_default();
                    let kind = leg.kind.name().to_owned();
                    table.row([kind, owner, debit, credit, leg.currency.clone()]);
                }
                show(&transaction, &table, json, "it has no entries")?;
            }
        }
        Ok(Outcome::Done)
    }
}

async fn check(app: &App, json: bool) -> anyhow::Result<Outcome> {
    let spinner = Spinner::start("looking at every entry");
    let report = books::queries::check(&app.db).await?;
    drop(spinner);
    let mut table = Table::new(&["what must hold", "offending"]);
    for check in &report.checks {
        table.row([check.holds.to_owned(), check.offending.to_string()]);
    }
    show(&report, &table, json, "")?;
    if !json && !report.fine {
        writeln!(stdout())?;
        write!(stdout(), "{}", findings(&report).render())?;
    }
    Ok(if report.fine {
        Outcome::Done
    } else {
        Outcome::Findings
    })
}

fn findings(report: &Report) -> Table {
    let mut table = Table::new(&["check", "where", "what"]);
    for finding in &report.findings {
        table.row([
            finding.check.to_owned(),
            finding.subject.clone(),
            finding.detail.clone(),
        ]);
    }
    table
}

async fn trial(app: &App, json: bool) -> anyhow::Result<()> {
    let lines = queries::trial_balance(&mut *app.db.acquire().await?).await?;
    let mut table = Table::new(&["currency", "kind", "accounts", "debit", "credit", "balance"]);
    for line in &lines {
        let head = [
            line.currency.clone(),
            line.kind.name().to_owned(),
            line.accounts.to_string(),
        ];
        table.row(head.into_iter().chain(amounts(line.moved)));
    }
    show(
        &serde_json::json!({ "items": lines }),
        &table,
        json,
        "nothing was posted",
    )
}

async fn balances(app: &App, filter: &AccountFilter, part: &Part, json: bool) -> anyhow::Result<()> {
    let list = queries::accounts(&mut *app.db.acquire().await?, filter, part.page()?).await?;
    let mut table = Table::new(&["account", "kind", "of", "currency", "debit", "credit", "balance"]);
    for account in &list.items {
        let head = [
            account.id.to_string(),
            account.kind.name().to_owned(),
            account.owner_id.map(|id| id.to_string()).unwrap_or_default(),
            account.currency.clone(),
        ];
        table.row(head.into_iter().chain(amounts(account.moved)));
    }
    show(&list, &table, json, "no such accounts")?;
    more(list.next_cursor.as_deref(), json)?;
    Ok(())
}

async fn entries(app: &App, account: Uuid, part: &Part, json: bool) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    queries::account(&mut conn, account)
        .await?
        .ok_or(Error::NoAccount)?;
    let list = queries::entries(&mut conn, account, part.page()?).await?;
    let mut table = Table::new(&["at", "transaction", "kind", "about", "debit", "credit"]);
    for entry in &list.items {
        let (debit, credit) = sides(entry.amount_minor);
        table.row([
            instant(entry.occurred_at),
            entry.transaction_id.to_string(),
            entry.kind.name().to_owned(),
            entry.cause.clone(),
            debit,
            credit,
        ]);
    }
    show(&list, &table, json, "nothing moved it")?;
    more(list.next_cursor.as_deref(), json)?;
    Ok(())
}

async fn transactions(app: &App, filter: FilterArgs, part: &Part, json: bool) -> anyhow::Result<()> {
    let filter = TransactionFilter {
        kind: filter.kind,
        cause: filter.cause,
        reference: filter.reference,
        account: filter.account,
        from: filter.from,
        to: filter.to,
    };
    let list = queries::transactions(&mut *app.db.acquire().await?, &filter, part.page()?).await?;
    let mut table = Table::new(&["at", "transaction", "kind", "about", "moved"]);
    for transaction in &list.items {
        let debits = transaction.entries.iter().filter(|leg| leg.amount_minor > 0);
        table.row([
            instant(transaction.occurred_at),
            transaction.id.to_string(),
            transaction.kind.name().to_owned(),
            transaction.cause.clone(),
            debits.map(|leg| leg.amount_minor).sum::<i64>().to_string(),
        ]);
    }
    show(&list, &table, json, "nothing was posted")?;
    more(list.next_cursor.as_deref(), json)?;
    Ok(())
}

/// One of them is empty.
fn sides(amount_minor: i64) -> (String, String) {
    if amount_minor > 0 {
        (amount_minor.to_string(), String::new())
    } else {
        (String::new(), (-amount_minor).to_string())
    }
}

fn amounts(moved: Moved) -> [String; 3] {
    [moved.debit_minor, moved.credit_minor, moved.balance_minor].map(|amount| amount.to_string())
}
