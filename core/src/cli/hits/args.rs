use anyhow::Context as _;
use clap::Args;
use marquee_shared::hit::Outcome;
use time::OffsetDateTime;

use crate::cli::output::parse_time;
use crate::hits::queries::{Bots, Filter};

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
