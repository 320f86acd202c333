use clap::{Args, Subcommand};
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, show};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{self, Error, Whose};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Shares {
    /// Show every share that was ever set, newest first: the last of each talent, agency and default holds
    List {
        /// Only of this talent or agency
        subject: Option<Uuid>,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show who gets what of a talent's sale
    Show { talent: Uuid },
    /// Set a share from now on
    Set(Set),
}

#[derive(Args)]
pub(super) struct Set {
    /// In basis points, 0 to 10000
    #[arg(required_unless_present = "usual")]
    share_bp: Option<i32>,
    /// Of this talent
    #[arg(long, conflicts_with = "agency")]
    talent: Option<Uuid>,
    /// Of this agency; without it and `--talent`, of every talent without one of their own
    #[arg(long)]
    agency: Option<Uuid>,
    /// Give the talent the default again
    #[arg(long, requires = "talent", conflicts_with = "share_bp")]
    usual: bool,
}

impl Shares {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::List {
                subject,
                limit,
                cursor,
            } => list(app, subject, limit, cursor.as_deref(), json).await?,
            Self::Show { talent } => {
                let shares = catalogue::shares_of(&mut *app.db.acquire().await?, talent).await?;
                let shares = shares.ok_or(Error::NoTalent)?;
                let mut table = Table::new(&["whose", "share (bp)"]);
                for (whose, share_bp) in [
                    ("talent", shares.talent_bp),
                    ("agency", shares.agency_bp),
                    ("platform", shares.platform_bp),
                ] {
                    table.row([whose.to_owned(), share_bp.to_string()]);
                }
                show(&shares, &table, json, "")?;
            }
            Self::Set(set) => {
                let whose = match (set.talent, set.agency) {
                    (Some(talent), _) => Whose::Talent(talent),
                    (None, Some(agency)) => Whose::Agency(agency),
                    (None, None) => Whose::Default,
                };
                catalogue::set_share(app, &Principal::operator(), whose, set.share_bp).await?;
                list(app, set.talent.or(set.agency), Some(1), None, json).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

async fn list(
    app: &App,
    subject: Option<Uuid>,
    limit: Option<u32>,
    cursor: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    let limit = limit.unwrap_or(Page::DEFAULT_LIMIT).clamp(1, Page::MAX_LIMIT);
    let shares = catalogue::list_shares(&mut *app.db.acquire().await?, subject, cursor, limit).await?;
    let mut table = Table::new(&["at", "of", "id", "share (bp)", "by"]);
    for share in &shares.items {
        table.row([
            instant(share.at),
            share.kind.clone(),
            share.subject_id.map(|id| id.to_string()).unwrap_or_default(),
            share
                .share_bp
                .map_or("the default".to_owned(), |share| share.to_string()),
            share.by_name.clone(),
        ]);
    }
    show(&shares, &table, json, "none was set")?;
    more(shares.next_cursor.as_deref(), json)?;
    Ok(())
}
