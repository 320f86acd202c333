mod args;
mod canary;
mod rules;
mod tables;

use clap::{Args, Subcommand};
use time::{Date, Duration};

use self::args::{Bounds, FilterArgs, Shown};
use super::Outcome;
use crate::app::App;
use crate::hits::domain::{Grain, Range};
use crate::hits::queries::{self, Bots, Dimension, LostZips, Order};
use crate::hits::sheets;

#[derive(Subcommand)]
pub(super) enum Hits {
    /// Count hits by time, and by any dimension
    Totals(Totals),
    /// Show single hits, newest first
    Recent(Recent),
    /// Show ZIPs that nothing had an answer for
    Lost(Lost),
    /// Show what each of a brand's rules decided lately
    Rules(rules::Rules),
    /// Show a brand's enabled rules that decided nothing lately; exits with 3 if there are any
    Unused(rules::Unused),
    /// Show how a brand's splits came out beside what is intended; exits with 3 if one is off
    Splits(rules::Splits),
    /// Compare a brand's canary with what is live for the others; exits with 3 if it is worse
    Canary { brand: String },
    /// Show what the queue brought that is no hit
    Quarantine {
        #[command(flatten)]
        shown: Shown,
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
    #[command(flatten)]
    shown: Shown,
}

#[derive(Args)]
pub(super) struct Recent {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    shown: Shown,
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
    #[command(flatten)]
    shown: Shown,
}

impl Hits {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::Totals(totals) => totals.run(app, json).await?,
            Self::Recent(recent) => recent.run(app, json).await?,
            Self::Lost(lost) => lost.run(app, json).await?,
            Self::Rules(rules) => rules.run(app, json).await?,
            Self::Unused(unused) => return unused.run(app, json).await,
            Self::Splits(splits) => return splits.run(app, json).await,
            Self::Canary { brand } => return canary::canary(app, &brand, json).await,
            Self::Quarantine { shown } => {
                let page = queries::quarantine(app, &shown.paging()).await?;
                shown.show(
                    &page,
                    page.next_cursor.is_some(),
                    |page| sheets::quarantine(&page.items),
                    |page| tables::quarantine(&page.items),
                    json,
                    "nothing is in quarantine",
                )?;
                return Ok(findings(!page.items.is_empty()));
            }
        }
        Ok(Outcome::Done)
    }
}

fn findings(found: bool) -> Outcome {
    if found { Outcome::Findings } else { Outcome::Done }
}

impl Totals {
    async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let Self {
            filter,
            bounds,
            grain,
            group_by,
            shown,
        } = self;
        let range = Range::resolve(bounds.from, bounds.to, grain, app.now())?;
        let totals = queries::totals(app, range, &filter.into(), &group_by, shown.limit()).await?;
        shown.show(
            &totals,
            false,
            |totals| sheets::totals(totals, &group_by),
            |totals| tables::totals(totals, &group_by),
            json,
            "no hits in this time",
        )
    }
}

impl Recent {
    async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let (from, to) = Range::bounds(self.bounds.from, self.bounds.to, app.now())?;
        let page = queries::recent(app, from, to, &self.filter.into(), &self.shown.paging()).await?;
        self.shown.show(
            &page,
            page.next_cursor.is_some(),
            |page| sheets::recent(&page.items),
            |page| tables::recent(&page.items),
            json,
            "no hits in this time",
        )
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
            shown,
        } = self;
        let which = LostZips {
            brand,
            product,
            since: since(app, days),
            bots,
            order,
        };
        let page = queries::lost_zips(app, &which, &shown.paging()).await?;
        shown.show(
            &page,
            page.next_cursor.is_some(),
            |page| sheets::lost_zips(&page.items),
            |page| tables::lost(&page.items),
            json,
            "no ZIP was lost",
        )
    }
}

/// The first of so many days, today included.
fn since(app: &App, days: u16) -> Date {
    let back = Duration::days(i64::from(days.max(1)) - 1);
    app.now().date().saturating_sub(back)
}
