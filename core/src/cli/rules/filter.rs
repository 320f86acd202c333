use anyhow::Context as _;
use clap::Args;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::redirects::{Matching, RuleFilter, RuleKind, Window};

/// Which rules are meant; all that is given must hold.
#[derive(Args)]
#[command(next_help_heading = "Which rules")]
pub(super) struct FilterArgs {
    /// Conditions that a rule names, or under which it may match
    #[arg(long = "match", value_enum)]
    matching: Option<Matching>,
    #[arg(long, value_enum)]
    kind: Option<RuleKind>,
    #[arg(long)]
    enabled: Option<bool>,
    #[arg(long, allow_negative_numbers = true)]
    priority: Option<i32>,
    #[arg(long)]
    product: Option<String>,
    #[arg(long)]
    language: Option<String>,
    #[arg(long)]
    device: Option<String>,
    #[arg(long)]
    media: Option<String>,
    /// Two letters
    #[arg(long)]
    state: Option<String>,
    /// Five digits; a prefix or range that holds it names it, too
    #[arg(long)]
    zip: Option<String>,
    /// A part of a destination, such as its host
    #[arg(long, value_name = "TEXT")]
    url: Option<String>,
    /// A destination's system
    #[arg(long)]
    system: Option<String>,
    /// A part of the note
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// A variable that the rule yields
    #[arg(long)]
    variable: Option<String>,
    /// A part of a variable's value
    #[arg(long, value_name = "TEXT")]
    value: Option<String>,
    /// Whether the rule is valid, was or will be
    #[arg(long, value_enum)]
    window: Option<Window>,
    /// The moment that `--window` is about, such as 2027-01-31T00:00:00Z; now unless given
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<OffsetDateTime>,
    /// The lowest number
    #[arg(long, value_name = "NUMBER")]
    number_from: Option<i32>,
    /// The highest number
    #[arg(long, value_name = "NUMBER")]
    number_to: Option<i32>,
}

impl From<FilterArgs> for RuleFilter {
    fn from(args: FilterArgs) -> Self {
        Self {
            matching: args.matching,
            kind: args.kind,
            enabled: args.enabled,
            priority: args.priority,
            product: args.product,
            language: args.language,
            device: args.device,
            media: args.media,
            state: args.state,
            zip: args.zip,
            url: args.url,
            system: args.system,
            note: args.note,
            variable: args.variable,
            value: args.value,
            window: args.window,
            at: args.at,
            number_from: args.number_from,
            number_to: args.number_to,
        }
    }
}

pub(super) fn parse_time(text: &str) -> anyhow::Result<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .context("not a time with its offset, such as `2027-01-31T00:00:00Z`")
}
