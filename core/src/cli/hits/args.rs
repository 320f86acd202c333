use anyhow::Context as _;
use clap::Args;
use marquee_shared::hit::Outcome;
use serde::Serialize;
use time::OffsetDateTime;

use crate::cli::output::{parse_time, show, show_csv};
use crate::cli::table::Table;
use crate::hits::queries::{Bots, Filter, Paging};
use crate::hits::sheets::MOST_ROWS;
use crate::platform::sheet::Sheet;

#[derive(Args)]
pub(super) struct FilterArgs {
    #[arg(long)]
    brand: Option<String>,
    #[arg(long)]
    product: Option<String>,
    #[arg(long)]
    state: Option<String>,
    #[arg(long)]
    rule: Option<i32>,
    #[arg(long)]
    variant: Option<String>,
    #[arg(long, value_parser = parse_outcome)]
    outcome: Option<Outcome>,
    #[arg(long, value_enum, default_value = "exclude")]
    bots: Bots,
}

#[derive(Args)]
pub(super) struct Bounds {
    /// RFC 3339, such as 2026-11-22T06:00:00Z; a day before --to, or now, unless given
    #[arg(long, value_parser = parse_time)]
    pub(super) from: Option<OffsetDateTime>,
    /// Not included; all there is unless given
    #[arg(long, value_parser = parse_time)]
    pub(super) to: Option<OffsetDateTime>,
}

impl From<FilterArgs> for Filter {
    fn from(args: FilterArgs) -> Self {
        let FilterArgs {
            brand,
            product,
            state,
            rule,
            variant,
            outcome,
            bots,
        } = args;
        Self {
            brand,
            product,
            state,
            rule,
            variant,
            outcome,
            bots,
        }
    }
}

fn parse_outcome(text: &str) -> anyhow::Result<Outcome> {
    serde_json::from_value(text.into())
        .context("an outcome is redirect, product_fallback, brand_fallback, lost, killed or unavailable")
}

/// How much is shown, and how.
#[derive(Args)]
pub(in crate::cli) struct Shown {
    /// How many; 20 unless given, 10,000 as CSV
    #[arg(long)]
    limit: Option<usize>,
    /// Print CSV, as spreadsheets read it
    #[arg(long)]
    csv: bool,
}

impl Shown {
    pub(super) fn paging(&self) -> Paging {
        Paging {
            cursor: None,
            limit: self.limit(),
        }
    }

    pub(super) fn limit(&self) -> usize {
        if self.csv {
            self.limit.unwrap_or(MOST_ROWS).clamp(1, MOST_ROWS)
        } else {
            self.limit.unwrap_or(20).clamp(1, 1000)
        }
    }

    /// The view as JSON, its sheet as CSV, or its table.
    pub(super) fn show<V: Serialize>(
        &self,
        view: &V,
        more: bool,
        sheet: impl FnOnce(&V) -> Sheet,
        table: impl FnOnce(&V) -> Table,
        json: bool,
        empty: &str,
    ) -> anyhow::Result<()> {
        if self.csv {
            show_csv(&sheet(view), more)
        } else {
            show(view, &table(view), json, empty)
        }
    }
}
