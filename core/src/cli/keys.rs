use clap::Subcommand;

use super::Outcome;
use crate::access::{Permission, Principal};
use crate::accounts::commands::{self, NewKey};
use crate::app::App;

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
    },
}

impl Keys {
    #[expect(clippy::print_stdout, reason = "the command line's own output")]
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::Create { name, permissions } => {
                let key = NewKey {
                    name,
                    permissions,
                    expires_at: None,
                };
                let token = commands::create_key(app, &Principal::operator(), key).await?;
                if json {
                    println!(
                        "{}",
                        serde_json::json!({ "id": token.key, "token": token.reveal() })
                    );
                } else {
                    println!("{}", token.reveal());
                }
            }
        }
        Ok(Outcome::Done)
    }
}
