use clap::{Args, Subcommand};
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, show, show_one};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{self, ApplicationFilter, ApplicationView, Error, Status};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Applications {
    /// Show who wants, or wanted, to become a talent, newest first
    List(List),
    /// Show an application
    Show { id: Uuid },
    /// Make the applicant a talent and mail them how to go on
    Accept { id: Uuid },
    /// Mail the applicant why not
    Reject {
        id: Uuid,
        /// What they are told
        #[arg(long)]
        reason: String,
    },
    /// Mail the applicant a question, which they answer by a link
    Ask { id: Uuid, question: String },
}

#[derive(Args)]
pub(super) struct List {
    /// Part of the name, or the whole e-mail address
    text: Option<String>,
    #[arg(long)]
    status: Option<Status>,
    /// At most 100
    #[arg(long)]
    limit: Option<u32>,
    /// The next page of an earlier list
    #[arg(long)]
    cursor: Option<String>,
}

impl Applications {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::List(list) => list.run(app, json).await?,
            Self::Show { id } => {
                let view = view(app, id).await?;
                show(&view, &details(&view), json, "")?;
            }
            Self::Accept { id } => {
                catalogue::accept_application(app, &operator, id).await?;
                let view = view(app, id).await?;
                show_one(&view, json, &format!("{} is a talent now", view.name))?;
            }
            Self::Reject { id, reason } => {
                catalogue::reject_application(app, &operator, id, &reason).await?;
                let view = view(app, id).await?;
                show_one(&view, json, &format!("{} is told why not", view.name))?;
            }
            Self::Ask { id, question } => {
                catalogue::ask_applicant(app, &operator, id, &question).await?;
                let view = view(app, id).await?;
                show_one(&view, json, &format!("{} is asked", view.name))?;
            }
        }
        Ok(Outcome::Done)
    }
}

impl List {
    async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let page = Page::new(self.cursor.as_deref(), self.limit)?;
        let filter = ApplicationFilter {
            status: self.status,
            text: self.text,
        };
        let applications = catalogue::list_applications(&mut *app.db.acquire().await?, &filter, page).await?;
        let mut table = Table::new(&["id", "status", "name", "email", "network", "followers", "at"]);
        for one in &applications.items {
            table.row([
                one.id.to_string(),
                one.status.name().to_owned(),
                one.name.clone(),
                one.email.clone(),
                one.network.name().to_owned(),
                one.followers.to_string(),
                instant(one.created_at),
            ]);
        }
        show(&applications, &table, json, "nobody has applied")?;
        more(applications.next_cursor.as_deref(), json)?;
        Ok(())
    }
}

async fn view(app: &App, id: Uuid) -> anyhow::Result<ApplicationView> {
    let found = catalogue::find_application(&mut *app.db.acquire().await?, id).await?;
    Ok(found.ok_or(Error::NoApplication)?)
}

fn details(one: &ApplicationView) -> Table {
    let mut table = Table::new(&["what", "is"]);
    let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
    for (what, is) in [
        ("id", one.id.to_string()),
        ("status", one.status.name().to_owned()),
        ("name", one.name.clone()),
        ("e-mail", one.email.clone()),
        ("phone", one.phone.clone()),
        ("network", one.network.name().to_owned()),
        ("handle", one.handle.clone()),
        ("followers", one.followers.to_string()),
        ("message", one.message.clone()),
        ("question", or_none(&one.question)),
        ("answer", or_none(&one.answer)),
        ("reason", or_none(&one.reason)),
        ("decided by", or_none(&one.decided_by_name)),
        (
            "talent",
            one.talent_id.map(|id| id.to_string()).unwrap_or_default(),
        ),
        ("at", instant(one.created_at)),
    ] {
        table.row([what.to_owned(), is]);
    }
    table
}
