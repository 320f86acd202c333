use clap::Subcommand;
use uuid::Uuid;

use super::Outcome;
use super::bank_details::BankDetailsVerb;
use super::output::{instant, more, show, show_one};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{self, AgencyView, Error, Payee};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Agencies {
    /// Show agencies, newest first
    List {
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show an agency and who acts for it
    Show { id: Uuid },
    /// Make an agency, with neither talents nor a share
    Create { name: String },
    /// Name an agency otherwise
    Rename { id: Uuid, name: String },
    /// Show an agency's talents, newest first
    Talents {
        id: Uuid,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Make a talent a member of this agency and of no other
    Join { id: Uuid, talent: Uuid },
    /// Make a talent no member of this agency any more
    Leave { id: Uuid, talent: Uuid },
    /// Let a person act for an agency
    Appoint { id: Uuid, person: Uuid },
    /// Let a person act for an agency no longer
    Dismiss { id: Uuid, person: Uuid },
    /// Where agencies are paid out to
    #[command(subcommand)]
    BankDetails(BankDetailsVerb),
}

impl Agencies {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let by = Principal::operator();
        match self {
            Self::List { limit, cursor } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                let agencies = catalogue::list_agencies(&mut *app.db.acquire().await?, None, page).await?;
                let mut table = Table::new(&["id", "name", "talents", "share (bp)"]);
                for agency in &agencies.items {
                    table.row([
                        agency.id.to_string(),
                        agency.name.clone(),
                        agency.talents.to_string(),
                        agency.share_bp.to_string(),
                    ]);
                }
                show(
                    &agencies,
                    &table,
                    json,
                    "no agency yet: `marquee agencies create`",
                )?;
                more(agencies.next_cursor.as_deref(), json)?;
            }
            Self::Show { id } => {
                let view = view(app, id).await?;
                show(&view, &details(&view), json, "")?;
            }
            Self::Create { name } => {
                let id = catalogue::create_agency(app, &by, &name).await?;
                show_one(&view(app, id).await?, json, &id.to_string())?;
            }
            Self::Rename { id, name } => {
                catalogue::rename_agency(app, &by, id, &name).await?;
                told(app, id, json).await?;
            }
            Self::Talents { id, limit, cursor } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                view(app, id).await?;
                let members = catalogue::list_members(&mut *app.db.acquire().await?, id, page).await?;
                let mut table = Table::new(&["id", "name", "price"]);
                for member in &members.items {
                    let price = member.price.map(|price| price.to_string());
                    table.row([
                        member.id.to_string(),
                        member.name.clone(),
                        price.unwrap_or_default(),
                    ]);
                }
                show(&members, &table, json, "it has no talents")?;
                more(members.next_cursor.as_deref(), json)?;
            }
            Self::Join { id, talent } => {
                catalogue::join_agency(app, &by, id, talent).await?;
                told(app, id, json).await?;
            }
            Self::Leave { id, talent } => {
                catalogue::leave_agency(app, &by, id, talent).await?;
                told(app, id, json).await?;
            }
            Self::Appoint { id, person } => {
                catalogue::set_manager(app, &by, id, person, true).await?;
                told(app, id, json).await?;
            }
            Self::BankDetails(verb) => verb.run(app, Payee::Agency, json).await?,
            Self::Dismiss { id, person } => {
                catalogue::set_manager(app, &by, id, person, false).await?;
                told(app, id, json).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

async fn view(app: &App, id: Uuid) -> anyhow::Result<AgencyView> {
    let found = catalogue::find_agency(&mut *app.db.acquire().await?, id, None).await?;
    Ok(found.ok_or(Error::NoAgency)?)
}

/// The agency as it is afterwards.
async fn told(app: &App, id: Uuid, json: bool) -> anyhow::Result<()> {
    let view = view(app, id).await?;
    show(&view, &details(&view), json, "")
}

fn details(agency: &AgencyView) -> Table {
    let mut table = Table::new(&["what", "is"]);
    for (what, is) in [
        ("id", agency.id.to_string()),
        ("name", agency.name.clone()),
        ("share (bp)", agency.share_bp.to_string()),
        ("talents", agency.talents.to_string()),
        ("since", instant(agency.created_at)),
    ] {
        table.row([what.to_owned(), is]);
    }
    for manager in &agency.managers.0 {
        table.row(["manager".to_owned(), manager.email.clone()]);
    }
    table
}
