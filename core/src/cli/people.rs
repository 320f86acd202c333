use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::Write as _;
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, show, show_one, stdout};
use super::staff::Person;
use super::table::Table;
use crate::access::Principal;
use crate::accounts::{self, Error, PersonFilter, PersonView};
use crate::app::App;
use crate::platform::paging::Page;
use crate::privacy;

#[derive(Subcommand)]
pub(super) enum People {
    /// Show who has an account, newest first
    List(List),
    /// Show a person
    Show { person: Person },
    /// Sign a person out everywhere, and do not let them in again
    Suspend { person: Person },
    /// Let a suspended person sign in again
    Reactivate { person: Person },
    /// Mail a person a link to choose another password
    ResetPassword { person: Person },
    /// Remove the second factor of a person who has lost it
    RemoveSecondFactor { person: Person },
    /// Print all that is known of a person, as JSON
    Export { person: Person },
    /// Have a person forgotten, for good; what the books need stays, without a name
    Erase {
        person: Person,
        /// It cannot be undone: say that it is meant
        #[arg(long, required = true)]
        yes: bool,
    },
}

#[derive(Args)]
pub(super) struct List {
    /// Part of the name or the address
    text: Option<String>,
    /// Only those who work with us (`true`), or who do not (`false`)
    #[arg(long)]
    staff: Option<bool>,
    /// Only those who are suspended (`true`), or who are not (`false`)
    #[arg(long)]
    suspended: Option<bool>,
    /// At most 100
    #[arg(long)]
    limit: Option<u32>,
    /// The next page of an earlier list
    #[arg(long)]
    cursor: Option<String>,
}

impl People {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::List(list) => list.run(app, json).await?,
            Self::Show { person } => {
                let view = view(app, find(app, &person).await?).await?;
                show(&view, &details(&view), json, "")?;
            }
            Self::Suspend { person } => {
                let id = find(app, &person).await?;
                accounts::suspend(app, &operator, id).await?;
                let view = view(app, id).await?;
                show_one(&view, json, &format!("{} is suspended", view.name))?;
            }
            Self::Reactivate { person } => {
                let id = find(app, &person).await?;
                accounts::reactivate(app, &operator, id).await?;
                let view = view(app, id).await?;
                show_one(&view, json, &format!("{} may sign in again", view.name))?;
            }
            Self::ResetPassword { person } => {
                let id = find(app, &person).await?;
                accounts::start_reset(app, &operator, id).await?;
                let view = view(app, id).await?;
                show_one(&view, json, &format!("a link goes to {}", view.email))?;
            }
            Self::RemoveSecondFactor { person } => {
                let id = find(app, &person).await?;
                accounts::remove_second_factor_of(app, &operator, id).await?;
                let view = view(app, id).await?;
                show_one(
                    &view,
                    json,
                    &format!("the password of {} is enough now", view.name),
                )?;
            }
            Self::Export { person } => {
                let id = find(app, &person).await?;
                let export = privacy::export(app, id).await?;
                writeln!(
                    stdout(),
                    "{}",
                    serde_json::to_string_pretty(&export.ok_or(Error::NoPerson)?)?
                )?;
            }
            Self::Erase { person, .. } => {
                let id = find(app, &person).await?;
                privacy::erase(app, &operator, id).await?;
                show_one(&json!({ "id": id }), json, "forgotten")?;
            }
        }
        Ok(Outcome::Done)
    }
}

impl List {
    async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let page = Page::new(self.cursor.as_deref(), self.limit)?;
        let filter = PersonFilter {
            text: self.text,
            staff: self.staff,
            suspended: self.suspended,
        };
        let people = accounts::list_people(app, &filter, page).await?;
        let mut table = Table::new(&["id", "email", "name", "staff", "last seen", "status"]);
        for person in &people.items {
            table.row([
                person.id.to_string(),
                person.email.clone(),
                person.name.clone(),
                if person.staff { "yes" } else { "" }.to_owned(),
                person.last_seen_at.map_or("never".to_owned(), instant),
                status(person),
            ]);
        }
        show(&people, &table, json, "nobody")?;
        more(people.next_cursor.as_deref(), json)?;
        Ok(())
    }
}

async fn find(app: &App, person: &Person) -> anyhow::Result<Uuid> {
    match person {
        Person::Id(id) => Ok(*id),
        Person::Email(email) => accounts::person_by_email(&mut *app.db.acquire().await?, email)
            .await?
            .with_context(|| format!("nobody has the e-mail address {email}")),
    }
}

async fn view(app: &App, id: Uuid) -> anyhow::Result<PersonView> {
    let person = accounts::find_person(app, id).await?;
    Ok(person.ok_or(Error::NoPerson)?)
}

fn details(person: &PersonView) -> Table {
    let mut table = Table::new(&["what", "is"]);
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let ever = |at: Option<_>| at.map_or("never".to_owned(), instant);
    for (what, is) in [
        ("id", person.id.to_string()),
        ("e-mail", person.email.clone()),
        ("name", person.name.clone()),
        ("language", person.locale.to_string()),
        ("status", status(person)),
        ("staff", yes(person.staff)),
        ("password", yes(person.password)),
        ("second factor", yes(person.second_factor)),
        ("marketing", yes(person.marketing_since.is_some())),
        ("since", instant(person.created_at)),
        ("last seen", ever(person.last_seen_at)),
    ] {
        table.row([what.to_owned(), is]);
    }
    table
}

fn status(person: &PersonView) -> String {
    person
        .suspended_at
        .map_or("active".to_owned(), |at| format!("suspended {}", instant(at)))
}
