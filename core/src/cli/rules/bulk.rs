use anyhow::Context as _;
use clap::{Args, ValueEnum as _};

use super::filter::{FilterArgs, parse_time};
use super::find::table;
use crate::access::Principal;
use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{Spinner, reasons, show_one, told};
use crate::redirects::commands::{self, BulkReport};
use crate::redirects::{BulkAction, Dimension};

#[derive(Args)]
pub(in crate::cli) struct Bulk {
    brand: String,
    #[command(flatten)]
    action: ActionArgs,
    #[command(flatten)]
    filter: FilterArgs,
    /// Tell what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Only if the draft is at this version
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
}

/// What is done to each of them.
#[derive(Args)]
#[group(required = true, multiple = false)]
#[command(next_help_heading = "What is done to them")]
struct ActionArgs {
    /// Another host in the destinations that have exactly this one
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    replace_host: Option<Vec<String>>,
    #[arg(long, value_name = "BOOL")]
    set_enabled: Option<bool>,
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    set_priority: Option<i32>,
    /// Up, or down if it is negative
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    add_priority: Option<i32>,
    /// Other ends of validity, each a time or `-` for none
    #[arg(long, num_args = 2, value_names = ["FROM", "UNTIL"], allow_hyphen_values = true)]
    set_window: Option<Vec<String>>,
    /// Another value where a condition names this one; the dimension is product, language, device, media, state or
    /// zip
    #[arg(long, num_args = 3, value_names = ["DIMENSION", "FROM", "TO"])]
    replace_value: Option<Vec<String>>,
    /// Another system in every destination
    #[arg(long, value_name = "SYSTEM")]
    set_system: Option<String>,
    /// No system in any destination
    #[arg(long)]
    clear_system: bool,
    /// Out of the draft; their numbers are not given out again
    #[arg(long)]
    delete: bool,
}

impl ActionArgs {
    fn action(self) -> anyhow::Result<BulkAction> {
        if let Some(hosts) = self.replace_host {
            let [from, to] = <[String; 2]>::try_from(hosts)
                .ok()
                .context("two hosts are needed")?;
            return Ok(BulkAction::ReplaceHost { from, to });
        }
        if let Some(values) = self.replace_value {
            let values = <[String; 3]>::try_from(values).ok();
            let [dimension, from, to] = values.context("a dimension and two values are needed")?;
            let dimension = Dimension::from_str(&dimension, true).map_err(anyhow::Error::msg)?;
            return Ok(BulkAction::ReplaceValue { dimension, from, to });
        }
        if let Some(ends) = self.set_window {
            let end = |text: Option<&String>| match text.map(String::as_str) {
                None | Some("-") => Ok(None),
                Some(text) => parse_time(text).map(Some),
            };
            return Ok(BulkAction::SetWindow {
                from: end(ends.first())?,
                until: end(ends.get(1))?,
            });
        }
        Ok(match (self.set_enabled, self.set_priority, self.add_priority) {
            (Some(enabled), ..) => BulkAction::SetEnabled { enabled },
            (_, Some(priority), _) => BulkAction::SetPriority { priority },
            (_, _, Some(by)) => BulkAction::AddPriority { by },
            _ if self.delete => BulkAction::Delete {},
            // Nothing else is left: one of them is required, and `--clear-system` has no value.
            _ => BulkAction::SetSystem {
                system: self.set_system,
            },
        })
    }
}

impl Bulk {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let bulk = commands::Bulk {
            filter: self.filter.into(),
            action: self.action.action()?,
            dry_run: self.dry_run,
            seen: self.if_version,
        };
        let spinner = Spinner::start("changing rules");
        let report = commands::change_many(app, &Principal::operator(), &self.brand, bulk).await;
        drop(spinner);
        let report = report.map_err(told)?;
        show_one(&report, json, &sentence(&self.brand, &report))?;
        Ok(if report.findings.is_empty() {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

fn sentence(brand: &str, report: &BulkReport) -> String {
    let BulkReport {
        dry_run,
        version,
        matched,
        changed,
        changes,
        findings,
    } = report;
    let mut text = String::new();
    if *dry_run {
        let after: Vec<_> = changes.iter().filter_map(|pair| pair.after.clone()).collect();
        if !after.is_empty() {
            text += &table(&after).render();
        }
    }
    text += &reasons(findings);
    text += &if *dry_run {
        format!("{brand}: {changed} of {matched} rules would change; nothing was, this was a dry run")
    } else {
        format!("{brand}: {changed} of {matched} rules changed, the draft is at version {version} now")
    };
    text
}
