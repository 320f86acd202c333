use clap::Subcommand;
use uuid::Uuid;

use super::Outcome;
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::platform::jobs::{self, Error, Filter, Status};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Jobs {
    /// Show jobs that are not done, newest first
    List {
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// Such as redirects.sync
        #[arg(long)]
        name: Option<String>,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show everything about one job
    Show { id: Uuid },
    /// Try a dead job again
    Retry { id: Uuid },
    /// Give a dead job up
    Discard { id: Uuid },
}

impl Jobs {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::List {
                status,
                name,
                limit,
                cursor,
            } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                let filter = Filter { status, name };
                let jobs = jobs::list(&mut *app.db.acquire().await?, &filter, page).await?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&jobs)?);
                    return Ok(Outcome::Done);
                }
                let mut table = Table::new(&["id", "name", "status", "attempts", "due", "error"]);
                for job in jobs.items {
                    let status = format!("{:?}", job.status).to_lowercase();
                    let (id, due, attempts) = (
                        job.id.to_string(),
                        job.due_at.to_string(),
                        job.attempts.to_string(),
                    );
                    table.row([
                        id,
                        job.name,
                        status,
                        attempts,
                        due,
                        job.last_error.unwrap_or_default(),
                    ]);
                }
                print!("{}", table.render());
                if let Some(cursor) = jobs.next_cursor {
                    println!("more: --cursor {cursor}");
                }
            }
            Self::Show { id } => {
                let job = jobs::find(&mut *app.db.acquire().await?, id)
                    .await?
                    .ok_or(Error::Unknown)?;
                println!("{}", serde_json::to_string_pretty(&job)?);
            }
            Self::Retry { id } => jobs::retry(app, &Principal::operator(), id).await?,
            Self::Discard { id } => jobs::discard(app, &Principal::operator(), id).await?,
        }
        Ok(Outcome::Done)
    }
}
