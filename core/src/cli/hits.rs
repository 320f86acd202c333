mod args;
mod canary;
mod tables;

use clap::{Args, Subcommand};
use time::Duration;

use self::args::{Bounds, FilterArgs};
use self::tables::{groups, series};
use super::Outcome;
use super::output::{instant, show};
use super::table::Table;
use crate::app::App;
use crate::hits::domain::{Grain, Range};
use crate::hits::queries::{self, Bots, Dimension, LostZips, Order, Paging};

#[derive(Subcommand)]
pub(super) enum Hits {
    /// Count hits by time, and by any dimension
    Totals(Totals),
    /// Show single hits, newest first
    Recent(Recent),
    /// Show ZIPs that nothing had an answer for
    Lost(Lost),
    /// Compare a brand's canary with what is live for the others; exits with 3 if it is worse
    Canary { brand: String },
    /// Show what the queue brought that is no hit
    Quarantine {
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
}

#[derive(Args)]
pub(super) struct Totals {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    bounds: Bounds,
    /// The finest that suits the time, unless given
    #[arg(long, value_enum)]
    grain: Option<Grain>,
    /// Also tell groups apart: one table row for each combination
    #[arg(long, value_enum, value_delimiter = ',')]
    group_by: Vec<Dimension>,
    /// How many groups are told apart
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

#[derive(Args)]
pub(super) struct Recent {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    bounds: Bounds,
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

#[derive(Args)]
pub(super) struct Lost {
    #[arg(long)]
    brand: Option<String>,
    #[arg(long)]
    product: Option<String>,
    /// How many days back, today included
    #[arg(long, default_value_t = 30)]
    days: u16,
    #[arg(long, value_enum, default_value = "newest")]
    order: Order,
    #[arg(long, value_enum, default_value = "exclude")]
    bots: Bots,
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

impl Hits {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::Totals(totals) => totals.run(app, json).await?,
            Self::Recent(recent) => recent.run(app, json).await?,
            Self::Lost(lost) => lost.run(app, json).await?,
            Self::Canary { brand } => return canary::canary(app, &brand, json).await,
            Self::Quarantine { limit } => {
                let page = queries::quarantine(app, &first(limit)).await?;
                let findings = !page.items.is_empty();
                let mut table = Table::new(&["last seen", "seen", "reason", "bytes", "detail"]);
                for item in &page.items {
                    let seen = item.seen.to_string();
                    let bytes = item.size_bytes.to_string();
                    table.row([
                        instant(item.last_seen_at),
                        seen,
                        item.reason.clone(),
                        bytes,
                        item.detail.clone(),
                    ]);
                }
                show(&page, &table, json, "nothing is in quarantine")?;
                return Ok(if findings {
                    Outcome::Findings
                } else {
                    Outcome::Done
                });
            }
        }
        Ok(Outcome::Done)
    }
}

impl Totals {
    async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let range = Range::resolve(self.bounds.from, self.bounds.to, self.grain, app.now())?;
        let totals = queries::totals(app, range, &self.filter.into(), &self.group_by, self.limit).await?;
        let table = if self.group_by.is_empty() {
            series(&totals)
        } else {
            groups(&totals, &self.group_by)
        };
        show(&totals, &table, json, "no hits in this time")
    }
}

impl Recent {
    async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let (from, to) = Range::bounds(self.bounds.from, self.bounds.to, app.now())?;
        let page = queries::recent(app, from, to, &self.filter.into(), &first(self.limit)).await?;
        let mut table = Table::new(&[
            "at", "brand", "product", "zip", "state", "device", "media", "outcome", "rule",
        ]);
        for hit in &page.items {
            table.row([
                instant(hit.at),
                hit.brand.clone(),
                hit.product.clone(),
                hit.zip.clone().unwrap_or_default(),
                hit.state.clone().unwrap_or_default(),
                hit.device.clone(),
                hit.media.clone().unwrap_or_default(),
                hit.outcome.clone(),
                hit.rule.map(|rule| rule.to_string()).unwrap_or_default(),
            ]);
        }
        show(&page, &table, json, "no hits in this time")
    }
}

impl Lost {
    async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let Self {
            brand,
            product,
            days,
            order,
            bots,
            limit,
        } = self;
        let since = app
            .now()
            .date()
            .saturating_sub(Duration::days(i64::from(days.max(1)) - 1));
        let which = LostZips {
            brand,
            product,
            since,
            bots,
            order,
        };
        let page = queries::lost_zips(app, &which, &first(limit)).await?;
        let mut table = Table::new(&["brand", "ZIP", "state", "hits", "last seen"]);
        for lost in &page.items {
            let state = lost.state.clone().unwrap_or_default();
            table.row([
                lost.brand.clone(),
                lost.zip.clone(),
                state,
                lost.hits.to_string(),
                instant(lost.last_at),
            ]);
        }
        show(&page, &table, json, "no ZIP was lost")
    }
}

fn first(limit: usize) -> Paging {
    Paging {
        cursor: None,
        limit: limit.clamp(1, 1000),
    }
}
