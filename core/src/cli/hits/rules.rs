//! What a brand's rules decided, or did not.

use clap::Args;

use super::args::{Bounds, Shown};
use super::{findings, since, tables};
use crate::app::App;
use crate::cli::Outcome;
use crate::hits::domain::Range;
use crate::hits::queries::{self, Bots, Filter};
use crate::hits::sheets;
use crate::redirects::queries::Which;

#[derive(Args)]
pub(in crate::cli) struct Rules {
    #[command(flatten)]
    lately: Lately,
}

#[derive(Args)]
pub(in crate::cli) struct Unused {
    /// Of `live`, `draft`, `canary` or a revision's number
    #[arg(long, default_value = "live")]
    of: Which,
    #[command(flatten)]
    lately: Lately,
}

/// What a brand's rules did in the last days.
#[derive(Args)]
struct Lately {
    brand: String,
    /// How many days back, today included
    #[arg(long, default_value_t = 30)]
    days: u16,
    /// Whether a bot's visit counts
    #[arg(long, value_enum, default_value = "exclude")]
    bots: Bots,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Args)]
pub(in crate::cli) struct Splits {
    brand: String,
    #[arg(long)]
    rule: Option<i32>,
    #[command(flatten)]
    bounds: Bounds,
    #[arg(long, value_enum, default_value = "exclude")]
    bots: Bots,
    #[command(flatten)]
    shown: Shown,
}

impl Rules {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let Lately {
            brand,
            days,
            bots,
            shown,
        } = self.lately;
        let page = queries::rules(app, &brand, since(app, days), bots, &shown.paging()).await?;
        shown.show(
            &page,
            page.next_cursor.is_some(),
            |page| sheets::rules(&page.items),
            |page| tables::rules(&page.items),
            json,
            "no rule decided anything",
        )
    }
}

impl Unused {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let Lately {
            brand,
            days,
            bots,
            shown,
        } = self.lately;
        let asked = queries::Unused {
            of: self.of,
            since: since(app, days),
            bots,
        };
        let unused = queries::unused_rules(app, &brand, asked, &shown.paging()).await?;
        shown.show(
            &unused,
            unused.next_cursor.is_some(),
            |unused| sheets::unused(&unused.items),
            |unused| tables::unused(&unused.items),
            json,
            &format!("each of the {} enabled rules decided something", unused.rules),
        )?;
        Ok(findings(!unused.items.is_empty()))
    }
}

impl Splits {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let range = Range::resolve(self.bounds.from, self.bounds.to, None, app.now())?;
        let filter = Filter {
            rule: self.rule,
            bots: self.bots,
            ..Filter::default()
        };
        let page = queries::splits(app, &self.brand, range, &filter, &self.shown.paging()).await?;
        self.shown.show(
            &page,
            page.next_cursor.is_some(),
            |page| sheets::splits(&page.items),
            |page| tables::splits(&page.items),
            json,
            "no split decided anything in this time",
        )?;
        let off = page.items.iter().any(|split| split.compatible == Some(false));
        Ok(findings(off))
    }
}
