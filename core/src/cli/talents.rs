mod change;
mod search;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::Outcome;
use super::bank_details::BankDetailsVerb;
use super::output::{instant, more, show, show_one};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{self, Error, Network, NewTalent, Payee, ProfileFilter, ProfileView, Whom};
use crate::locale::Locale;
use crate::money::Money;
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Talents {
    /// Find talents as the public does
    Search(search::Search),
    /// Show talents with all that the public does not see, newest first
    List(List),
    /// Show a talent with all that the public does not see
    Show { id: Uuid },
    /// Take somebody in as a talent and mail them how to go on
    Create(Create),
    /// Change a talent's terms; what is not named stays
    Change(change::Change),
    /// Show a talent without a video again; it is removed
    RemovePresentation { id: Uuid },
    /// Where talents are paid out to
    #[command(subcommand)]
    BankDetails(BankDetailsVerb),
    /// Show every price that a talent has had, newest first
    Prices {
        id: Uuid,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
}

#[derive(Args)]
pub(super) struct List {
    /// Part of the name, or the whole e-mail address
    text: Option<String>,
    /// A category's slug
    #[arg(long)]
    category: Option<String>,
    /// Only those whom the public sees (`true`), or does not (`false`)
    #[arg(long)]
    listed: Option<bool>,
    /// At most 100
    #[arg(long)]
    limit: Option<u32>,
    /// The next page of an earlier list
    #[arg(long)]
    cursor: Option<String>,
}

#[derive(Args)]
pub(super) struct Create {
    #[arg(long)]
    email: String,
    /// As the public knows them
    #[arg(long)]
    name: String,
    /// In which language to write to them
    #[arg(long, default_value_t)]
    locale: Locale,
    /// Where most people know them from
    #[arg(long)]
    network: Network,
    #[arg(long)]
    handle: String,
    #[arg(long)]
    followers: i64,
    /// International: with the country's code
    #[arg(long)]
    phone: String,
}

impl Talents {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::Search(search) => search.run(app, json).await?,
            Self::List(list) => list.run(app, json).await?,
            Self::Show { id } => {
                let view = view(app, id).await?;
                show(&view, &details(&view), json, "")?;
            }
            Self::Create(new) => {
                let new = NewTalent {
                    email: new.email,
                    name: new.name,
                    locale: new.locale,
                    network: new.network,
                    handle: new.handle,
                    followers: new.followers,
                    phone: new.phone,
                };
                let id = catalogue::create_talent(app, &Principal::operator(), new).await?;
                show_one(&view(app, id).await?, json, &id.to_string())?;
            }
            Self::Change(change) => {
                let view = change.run(app).await?;
                show(&view, &details(&view), json, "")?;
            }
            Self::RemovePresentation { id } => {
                catalogue::remove_presentation(app, &Principal::operator(), Whom::Id(id)).await?;
                let view = view(app, id).await?;
                show(&view, &details(&view), json, "")?;
            }
            Self::BankDetails(verb) => verb.run(app, Payee::Talent, json).await?,
            Self::Prices { id, limit, cursor } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                view(app, id).await?;
                let prices = catalogue::list_prices(&mut *app.db.acquire().await?, id, page).await?;
                let mut table = Table::new(&["at", "before", "price", "by"]);
                for one in &prices.items {
                    table.row([
                        instant(one.at),
                        priced(one.before),
                        one.price.to_string(),
                        one.by_name.clone(),
                    ]);
                }
                show(&prices, &table, json, "never any price")?;
                more(prices.next_cursor.as_deref(), json)?;
            }
        }
        Ok(Outcome::Done)
    }
}

impl List {
    async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let page = Page::new(self.cursor.as_deref(), self.limit)?;
        let filter = ProfileFilter {
            text: self.text,
            category: self.category,
            listed: self.listed,
        };
        let talents = catalogue::list_profiles(&mut *app.db.acquire().await?, app, &filter, page).await?;
        let mut table = Table::new(&["id", "name", "email", "price", "available", "listed"]);
        for talent in &talents.items {
            table.row([
                talent.id.to_string(),
                talent.name.clone(),
                talent.email.clone(),
                priced(talent.price),
                yes(talent.available),
                yes(talent.listed),
            ]);
        }
        let empty = "nobody: `marquee applications accept` or `marquee talents create` takes somebody in";
        show(&talents, &table, json, empty)?;
        more(talents.next_cursor.as_deref(), json)?;
        Ok(())
    }
}

async fn view(app: &App, id: Uuid) -> anyhow::Result<ProfileView> {
    let found = catalogue::find_profile(&mut *app.db.acquire().await?, app, id).await?;
    Ok(found.ok_or(Error::NoTalent)?)
}

fn yes(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn priced(price: Option<Money>) -> String {
    price.map(|price| price.to_string()).unwrap_or_default()
}

fn details(talent: &ProfileView) -> Table {
    let mut table = Table::new(&["what", "is"]);
    let capacity = talent.weekly_capacity;
    for (what, is) in [
        ("id", talent.id.to_string()),
        ("person", talent.person_id.to_string()),
        ("name", talent.name.clone()),
        ("e-mail", talent.email.clone()),
        ("phone", talent.phone.clone()),
        ("network", talent.network.name().to_owned()),
        ("handle", talent.handle.clone()),
        ("followers", talent.followers.to_string()),
        ("description", talent.description.clone()),
        ("categories", talent.categories.join(" ")),
        ("picture", yes(talent.avatar_url.is_some())),
        ("video", yes(talent.presentation.is_some())),
        ("price", priced(talent.price)),
        ("available", yes(talent.available)),
        (
            "orders a week",
            capacity.map_or("as many as come".to_owned(), |capacity| capacity.to_string()),
        ),
        ("delivers within", format!("{} days", talent.delivery_days)),
        ("the public sees them", yes(talent.listed)),
        ("suspended", talent.suspended_at.map_or("no".to_owned(), instant)),
        ("since", instant(talent.created_at)),
    ] {
        table.row([what.to_owned(), is]);
    }
    table
}
