use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, show, show_one};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::locale::Locale;
use crate::platform::mail::queries::{self, Filter, MailView, Status};
use crate::platform::mail::{self, Error, Mailbox};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Mail {
    /// Mails and what became of them, the newest first
    List {
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// An address
        #[arg(long)]
        to: Option<String>,
        /// Such as platform.test
        #[arg(long)]
        template: Option<String>,
        /// At most 100
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Everything about one mail but what it says
    Show { id: Uuid },
    /// Try a mail again that was given up
    Retry { id: Uuid },
    /// Give a mail up for good, and forget what it was to say
    Discard { id: Uuid },
    /// Have a test mail sent, to see whether it arrives
    Test {
        /// An address, or `Ana Lima <ana@acme.example>`
        #[arg(long, value_parser = mailbox)]
        to: Mailbox,
        #[arg(long, value_enum, default_value_t)]
        locale: Locale,
    },
    /// Addresses that get no mail
    #[command(subcommand)]
    Suppressions(Suppressions),
}

#[derive(Subcommand)]
pub(super) enum Suppressions {
    /// Which, and why, the newest first
    List {
        /// Only this address
        #[arg(long)]
        address: Option<String>,
        /// At most 100
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Send no more mail to an address
    Add {
        address: String,
        /// Why
        #[arg(long, default_value = "")]
        detail: String,
    },
    /// Let an address get mail again
    Remove { address: String },
}

impl Mail {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::List {
                status,
                to,
                template,
                limit,
                cursor,
            } => {
                let page = Page::new(cursor.as_deref(), Some(limit))?;
                let filter = Filter { status, to, template };
                list(app, &filter, page, json).await?;
            }
            Self::Show { id } => {
                let mail = find(app, id).await?;
                show_one(&mail, json, &told(&mail))?;
            }
            Self::Retry { id } => {
                mail::retry(app, &operator, id).await?;
                let sentence = format!("mail {id} is on its way; a worker must be running");
                show_one(&find(app, id).await?, json, &sentence)?;
            }
            Self::Discard { id } => {
                mail::discard(app, &operator, id).await?;
                show_one(&find(app, id).await?, json, &format!("mail {id} is discarded"))?;
            }
            Self::Test { to, locale } => {
                let sentence = format!("a mail to {to} is on its way; a worker must be running");
                let id = mail::send_test(app, &operator, to, locale).await?;
                show_one(&find(app, id).await?, json, &sentence)?;
            }
            Self::Suppressions(suppressions) => suppressions.run(app, &operator, json).await?,
        }
        Ok(Outcome::Done)
    }
}

impl Suppressions {
    async fn run(self, app: &App, operator: &Principal, json: bool) -> anyhow::Result<()> {
        match self {
            Self::List {
                address,
                limit,
                cursor,
            } => {
                let page = Page::new(cursor.as_deref(), Some(limit))?;
                let list = queries::suppressions(app, address.as_deref(), page).await?;
                let mut table = Table::new(&["address", "since", "reason", "detail"]);
                for suppression in &list.items {
                    table.row([
                        suppression.address.clone(),
                        instant(suppression.at),
                        name(&suppression.reason),
                        suppression.detail.clone(),
                    ]);
                }
                show(&list, &table, json, "every address gets mail")?;
                more(list.next_cursor.as_deref(), json)?;
            }
            Self::Add { address, detail } => {
                let id = mail::suppress(app, operator, &address, &detail).await?;
                let sentence = format!("{address} gets no more mail");
                show_one(&json!({ "id": id, "address": address }), json, &sentence)?;
            }
            Self::Remove { address } => {
                let page = Page::new(None, Some(1))?;
                let found = queries::suppressions(app, Some(&address), page).await?;
                let suppression = found.items.first().ok_or(Error::NoSuppression)?;
                mail::unsuppress(app, operator, suppression.id).await?;
                show_one(suppression, json, &format!("{address} gets mail again"))?;
            }
        }
        Ok(())
    }
}

async fn list(app: &App, filter: &Filter, page: Page, json: bool) -> anyhow::Result<()> {
    let list = queries::list(app, filter, page).await?;
    let mut table = Table::new(&["mail", "to", "template", "made", "status", "attempts", "error"]);
    for mail in &list.items {
        table.row([
            mail.id.to_string(),
            mail.address.clone(),
            mail.template.clone(),
            instant(mail.created_at),
            name(&mail.status),
            mail.attempts.to_string(),
            mail.last_error.clone().unwrap_or_default(),
        ]);
    }
    show(&list, &table, json, "no such mails")?;
    more(list.next_cursor.as_deref(), json)?;
    Ok(())
}

fn mailbox(text: &str) -> Result<Mailbox, Error> {
    Mailbox::parse(text).ok_or(Error::Address)
}

async fn find(app: &App, id: Uuid) -> anyhow::Result<MailView> {
    Ok(queries::find(app, id).await?.ok_or(Error::Unknown)?)
}

fn told(mail: &MailView) -> String {
    let mut lines = vec![
        format!(
            "{} to {} <{}>, {}",
            mail.template, mail.name, mail.address, mail.locale
        ),
        format!("about {}", mail.event),
        format!(
            "{} since {} after {} attempts, asked for {}",
            name(&mail.status),
            instant(mail.ended_at.unwrap_or(mail.created_at)),
            mail.attempts,
            instant(mail.created_at)
        ),
    ];
    lines.extend(
        mail.last_error
            .as_ref()
            .map(|error| format!("last error: {error}")),
    );
    lines.join("\n")
}

fn name(value: &impl clap::ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}
