use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde_json::json;
use std::io::Write as _;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, parse_time, show, stdout};
use super::staff::{self, Person};
use super::table::Table;
use crate::access::{Permission, Principal};
use crate::accounts::{self, KeyFilter, KeyView, NewKey};
use crate::app::App;
use crate::platform::paging::{List, Page};

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Make a key; its token is shown once
    Create(Create),
    /// Show keys, newest first, those revoked or expired included
    List {
        /// Whose they are: an e-mail address or an id
        #[arg(long)]
        staff: Option<Person>,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Refuse a key from now on
    Revoke { id: Uuid },
}

#[derive(Args)]
#[command(
    group = ArgGroup::new("may").args(["permissions", "all_permissions"]).required(true),
    group = ArgGroup::new("end").args(["expires", "expires_in"]),
)]
pub(super) struct Create {
    /// What it is for, for people to read
    #[arg(long)]
    name: String,
    /// What it may do
    #[arg(long, value_enum, value_delimiter = ',')]
    permissions: Vec<Permission>,
    /// It may do all that there is to do by now
    #[arg(long)]
    all_permissions: bool,
    /// Where it may do it: codes of brands; everywhere unless given
    #[arg(long = "brand", value_delimiter = ',')]
    brands: Option<Vec<String>>,
    /// Whose it is, an e-mail address or an id: it never permits more than they may; nobody's unless given
    #[arg(long)]
    staff: Option<Person>,
    /// Until when it may do it, such as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    expires: Option<OffsetDateTime>,
    /// For how long it may do it
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
    expires_in: Option<u16>,
}

impl Keys {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::Create(create) => create.run(app, json).await?,
            Self::List { staff, limit, cursor } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                let filter = KeyFilter {
                    staff_id: staff::find_maybe(app, staff.as_ref()).await?,
                };
                let keys = accounts::list_keys(&mut *app.db.acquire().await?, filter, page).await?;
                show(&keys, &table(app, &keys), json, "there is no key yet")?;
                more(keys.next_cursor.as_deref(), json)?;
            }
            Self::Revoke { id } => accounts::revoke_key(app, &Principal::operator(), id).await?,
        }
        Ok(Outcome::Done)
    }
}

impl Create {
    async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let days = |days| app.now() + Duration::days(i64::from(days));
        let permissions = if self.all_permissions {
            Permission::value_variants().to_vec()
        } else {
            self.permissions
        };
        let key = NewKey {
            name: self.name,
            permissions,
            brands: self.brands,
            staff_id: staff::find_maybe(app, self.staff.as_ref()).await?,
            expires_at: self.expires.or(self.expires_in.map(days)),
        };
        let token = accounts::create_key(app, &Principal::operator(), key).await?;
        if json {
            writeln!(stdout(), "{}", json!({ "id": token.id, "token": token.reveal() }))?;
        } else {
            writeln!(stdout(), "{}", token.reveal())?;
        }
        Ok(())
    }
}

fn table(app: &App, keys: &List<KeyView>) -> Table {
    let mut table = Table::new(&[
        "id",
        "name",
        "owner",
        "permissions",
        "brands",
        "status",
        "last used",
    ]);
    for key in &keys.items {
        let status = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => "revoked".to_owned(),
            (None, Some(at)) if at <= app.now() => "expired".to_owned(),
            (None, Some(at)) => format!("until {}", instant(at)),
            (None, None) => "usable".to_owned(),
        };
        table.row([
            key.id.to_string(),
            key.name.clone(),
            key.staff_id.map_or("–".to_owned(), |staff| staff.to_string()),
            key.permissions.join(","),
            key.brands
                .as_ref()
                .map_or("all".to_owned(), |brands| brands.join(",")),
            status,
            key.last_used_at.map_or("never".to_owned(), instant),
        ]);
    }
    table
}
