use std::str::FromStr;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, show, show_one};
use super::table::Table;
use crate::access::{Grant, Principal};
use crate::accounts::{self, Error, NewStaff, StaffChange, StaffFilter, StaffView};
use crate::app::App;
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Staff {
    /// Show people, newest first
    List(List),
    /// Show a person and all that they may do
    Show { person: Person },
    /// Add a person
    Create {
        /// Nobody else's
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// What they may do, such as `rules.read` or `rules.edit@acme,globex`; once for each permission
        #[arg(long = "grant")]
        grants: Vec<Grant>,
    },
    /// Say anew all that a person may do
    Grant {
        person: Person,
        /// Such as `rules.read`, or `rules.edit@acme,globex`: on these brands only
        #[arg(required_unless_present = "nothing")]
        grants: Vec<Grant>,
        /// Take back everything
        #[arg(long, conflicts_with = "grants")]
        nothing: bool,
    },
    /// Refuse all keys of a person from now on
    Suspend { person: Person },
    /// Let a suspended person back in
    Reactivate { person: Person },
}

#[derive(Args)]
pub(super) struct List {
    #[arg(long)]
    email: Option<String>,
    /// Only those who are suspended (`true`), or who are not (`false`)
    #[arg(long)]
    suspended: Option<bool>,
    /// Who may do anything on this brand
    #[arg(long)]
    brand: Option<String>,
    /// At most 100
    #[arg(long)]
    limit: Option<u32>,
    /// The next page of an earlier list
    #[arg(long)]
    cursor: Option<String>,
}

/// A member of the staff: an e-mail address or an id.
#[derive(Clone, Debug)]
pub(super) enum Person {
    Id(Uuid),
    Email(String),
}

impl FromStr for Person {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match Uuid::try_parse(text) {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) if text.contains('@') => Ok(Self::Email(text.to_owned())),
            Err(_) => bail!("a person is named by an e-mail address or an id"),
        }
    }
}

impl Person {
    async fn find(&self, app: &App) -> anyhow::Result<Uuid> {
        match self {
            Self::Id(id) => Ok(*id),
            Self::Email(email) => accounts::staff_by_email(&mut *app.db.acquire().await?, email)
                .await?
                .with_context(|| format!("nobody has the e-mail address {email}")),
        }
    }
}

pub(super) async fn find_maybe(app: &App, person: Option<&Person>) -> anyhow::Result<Option<Uuid>> {
    match person {
        Some(person) => person.find(app).await.map(Some),
        None => Ok(None),
    }
}

impl Staff {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::List(list) => list.run(app, json).await?,
            Self::Show { person } => {
                let view = view(app, person.find(app).await?).await?;
                show(&view, &details(&view), json, "")?;
            }
            Self::Create { email, name, grants } => {
                let id = accounts::create_staff(app, &operator, NewStaff { email, name, grants }).await?;
                show_one(&view(app, id).await?, json, &id.to_string())?;
            }
            Self::Grant { person, grants, .. } => {
                let id = person.find(app).await?;
                let change = StaffChange {
                    name: None,
                    grants: Some(grants),
                };
                accounts::change_staff(app, &operator, id, None, change).await?;
                let view = view(app, id).await?;
                show(&view, &details(&view), json, "")?;
            }
            Self::Suspend { person } => {
                let id = person.find(app).await?;
                accounts::suspend_staff(app, &operator, id).await?;
                let view = view(app, id).await?;
                show_one(&view, json, &format!("{} is suspended", view.name))?;
            }
            Self::Reactivate { person } => {
                let id = person.find(app).await?;
                accounts::reactivate_staff(app, &operator, id).await?;
                let view = view(app, id).await?;
                show_one(&view, json, &format!("{} is let in again", view.name))?;
            }
        }
        Ok(Outcome::Done)
    }
}

impl List {
    async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let page = Page::new(self.cursor.as_deref(), self.limit)?;
        let filter = StaffFilter {
            email: self.email,
            suspended: self.suspended,
            brand: self.brand,
        };
        let staff = accounts::list_staff(&mut *app.db.acquire().await?, &filter, page).await?;
        let mut table = Table::new(&["id", "email", "name", "grants", "status"]);
        for person in &staff.items {
            table.row([
                person.id.to_string(),
                person.email.clone(),
                person.name.clone(),
                grants(person).join(" "),
                status(person),
            ]);
        }
        show(
            &staff,
            &table,
            json,
            "nobody yet: `marquee staff create` adds the first",
        )?;
        more(staff.next_cursor.as_deref(), json)?;
        Ok(())
    }
}

async fn view(app: &App, id: Uuid) -> anyhow::Result<StaffView> {
    let staff = accounts::find_staff(&mut *app.db.acquire().await?, id).await?;
    Ok(staff.ok_or(Error::NoStaff)?)
}

fn details(person: &StaffView) -> Table {
    let mut table = Table::new(&["what", "is"]);
    table.row(["id".to_owned(), person.id.to_string()]);
    table.row(["e-mail".to_owned(), person.email.clone()]);
    table.row(["name".to_owned(), person.name.clone()]);
    table.row(["status".to_owned(), status(person)]);
    for grant in grants(person) {
        table.row(["may".to_owned(), grant]);
    }
    table
}

fn status(person: &StaffView) -> String {
    person
        .suspended_at
        .map_or("active".to_owned(), |at| format!("suspended {}", instant(at)))
}

fn grants(person: &StaffView) -> Vec<String> {
    person.grants.iter().map(ToString::to_string).collect()
}
