use clap::Subcommand;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::Outcome;
use super::table::Table;
use crate::access::{Permission, Principal};
use crate::accounts::{self, NewKey};
use crate::app::App;
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Make a key; its token is shown once
    Create {
        /// Whose key it is, for people to read
        #[arg(long)]
        name: String,
        /// What it may do
        #[arg(long, value_enum, value_delimiter = ',', required = true)]
        permissions: Vec<Permission>,
        /// How long it may do it
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
        expires_in: Option<u16>,
    },
    /// Show keys, newest first, those revoked or expired included
    List {
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

impl Keys {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::Create {
                name,
                permissions,
                expires_in,
            } => {
                let expires_at = expires_in.map(|days| app.now() + Duration::days(i64::from(days)));
                let key = NewKey {
                    name,
                    permissions,
                    expires_at,
                };
                let token = accounts::create_key(app, &Principal::operator(), key).await?;
                if json {
                    println!("{}", json!({ "id": token.key, "token": token.reveal() }));
                } else {
                    println!("{}", token.reveal());
                }
            }
            Self::List { limit, cursor } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                let keys = accounts::list_keys(&mut *app.db.acquire().await?, page).await?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&keys)?);
                    return Ok(Outcome::Done);
                }
                let mut table = Table::new(&["id", "name", "permissions", "status", "last used"]);
                for key in keys.items {
                    let status = match (key.revoked_at, key.expires_at) {
                        (Some(_), _) => "revoked",
                        (None, Some(at)) if at <= app.now() => "expired",
                        (None, _) => "usable",
                    };
                    let used = key.last_used_at.map_or("never".to_owned(), |at| at.to_string());
                    let permissions = key.permissions.join(",");
                    table.row([key.id.to_string(), key.name, permissions, status.to_owned(), used]);
                }
                print!("{}", table.render());
                if let Some(cursor) = keys.next_cursor {
                    println!("more: --cursor {cursor}");
                }
            }
            Self::Revoke { id } => accounts::revoke_key(app, &Principal::operator(), id).await?,
        }
        Ok(Outcome::Done)
    }
}
