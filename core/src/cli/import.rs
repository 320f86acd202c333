use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use super::Outcome;
use super::import_bar::ImportBar;
use super::output::show_one;
use crate::access::Principal;
use crate::app::App;
use crate::redirects::commands::{self, Scope};
use crate::redirects::{Error, Format, Report};

#[derive(Args)]
pub(super) struct Import {
    brand: String,
    /// CSV, JSON or a workbook (.xlsx), by its ending; a JSON file may bring the settings too
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// Report what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Put back the leading zeros that a spreadsheet ate (`2108` for 02108); each is reported
    #[arg(long)]
    repair_zips: bool,
    /// Of a workbook; the first unless given
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Replace only these and leave the rest alone: for a feed of phones and media codes
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// What the columns of a CSV file are, if not ours: `original` for rows of the service that Marquee replaces
    /// (configuration, routing_single, routing_multi, routing_multi_urls, told apart by a column `table`)
    #[arg(long, value_enum, conflicts_with = "only")]
    format: Option<Shape>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Only {
    Attributes,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shape {
    Original,
}

impl Import {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let Self {
            brand,
            path,
            dry_run,
            repair_zips,
            sheet,
            only,
            format: shape,
        } = self;
        let ending = path.extension().and_then(|ending| ending.to_str());
        let (format, scope) = match ending {
            Some("csv") if shape.is_some() => (Format::Original, Scope::Rules),
            _ if shape.is_some() => bail!("{} does not end in .csv", path.display()),
            Some("csv") => (Format::Csv, Scope::Rules),
            Some("json") => (Format::Json, Scope::Draft),
            Some("xlsx") => (Format::Xlsx, Scope::Rules),
            _ => bail!("{} is none of .csv, .json and .xlsx", path.display()),
        };
        let scope = match only {
            None => scope,
            Some(Only::Attributes) => Scope::Attributes,
        };
        let bytes = tokio::fs::read(&path).await;
        let bytes = bytes.with_context(|| format!("reading {}", path.display()))?;
        let bar = ImportBar::start(bytes.len());
        let import = commands::Import {
            bytes,
            format,
            scope,
            dry_run,
            repair_zips,
            sheet,
            seen: None,
            progress: bar.progress(),
        };
        let imported = commands::import(app, &Principal::operator(), &brand, import).await;
        drop(bar);
        match imported {
            Ok(report) => {
                let sentence = format!("{}{}", details(&report), summary(&brand, &report));
                show_one(&report, json, &sentence)?;
                let fine =
                    report.problems.is_empty() && report.findings.is_empty() && report.repairs.is_empty();
                Ok(if fine { Outcome::Done } else { Outcome::Findings })
            }
            Err(Error::ImportRefused(report)) => {
                show_one(&*report, json, details(&report).trim_end())?;
                Err(Error::ImportRefused(report).into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn summary(brand: &str, report: &Report) -> String {
    let Report {
        rules,
        added,
        changed,
        removed,
        unchanged,
        version,
        ..
    } = report;
    let counts =
        format!("{rules} rules: {added} added, {changed} changed, {removed} removed, {unchanged} as before");
    match (report.applied, report.problems.is_empty()) {
        (true, _) => format!("{brand}: {counts}; the draft is at version {version}"),
        (false, true) => format!("{brand}: {counts}; nothing was changed, this was a dry run"),
        (false, false) => format!(
            "{brand}: {} problems; nothing would be imported",
            report.problems.count
        ),
    }
}

/// A line for each problem, repair and finding.
fn details(report: &Report) -> String {
    let mut text = String::new();
    for problem in &report.problems.items {
        let column = problem
            .column
            .as_deref()
            .map(|column| format!(", {column}"))
            .unwrap_or_default();
        let meant = problem
            .suggestion
            .as_deref()
            .map(|meant| format!("; did you mean `{meant}`?"));
        let (line, reason) = (problem.line, &problem.reason);
        text += &format!("line {line}{column}: {reason}{}\n", meant.unwrap_or_default());
    }
    for repair in &report.repairs.items {
        let (line, column, from, to) = (repair.line, &repair.column, &repair.from, &repair.to);
        text += &format!("line {line}, {column}: `{from}` was read as `{to}`\n");
    }
    for finding in &report.findings.items {
        let line = finding
            .line
            .map(|line| format!("line {line}, "))
            .unwrap_or_default();
        text += &format!(
            "{line}{}: {} [{}]; cannot be published so\n",
            finding.pointer, finding.detail, finding.code
        );
    }
    let listed = report.problems.items.len() + report.repairs.items.len() + report.findings.items.len();
    let all = report.problems.count + report.repairs.count + report.findings.count;
    if all > listed {
        text += &format!("… and {} more\n", all - listed);
    }
    text
}
