//! What `cargo xtask bench` runs: the engine, the edge, ingestion, analysis, analytics, the catalogue, orders, pages, videos and payouts, beside their peers and limits, in one run.
//!
//! It prints one report and writes it to `report.md`. Rounds of ours and of a peer alternate, so that a noisy
//! minute meets both, and ratios are medians over rounds.

mod analysis;
pub mod brand;
pub mod catalogue;
pub mod edge;
pub mod engine;
mod hits;
pub mod ingest;
pub mod machine;
pub mod orders;
mod pages;
mod payouts;
mod peer;
pub mod program;
mod publish;
mod random;
pub mod report;
pub mod server;
mod service;
pub mod stats;
mod transcode;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};

/// What to measure, and where the programs are that `cargo xtask bench` has built and started.
#[derive(Parser)]
struct Arguments {
    /// Fewer and shorter rounds, small rule sets: to see that everything runs.
    #[arg(long)]
    quick: bool,
    /// Only these parts.
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// The folder for the report and for what the parts write meanwhile.
    #[arg(long)]
    out: PathBuf,
    /// The folder with the peers' scripts.
    #[arg(long)]
    peers: PathBuf,
    #[command(flatten)]
    engine: engine::Programs,
    #[command(flatten)]
    edge: edge::Programs,
    #[command(flatten)]
    ingest: ingest::Programs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The engine in native code.
    Resolve,
    /// The Worker on workerd.
    Edge,
    /// Hits into Postgres.
    Ingest,
    /// From an admin to a visitor.
    Publish,
    /// Validating and comparing rules.
    Analysis,
    /// Asking a month of hits.
    Analytics,
    /// Looking for talents.
    Catalogue,
    /// Placing orders, and hearing from the gateway.
    Orders,
    /// Pages of the shop and of staff.
    Pages,
    /// Making what is shown of a video.
    Transcode,
    /// A month's payout, to a bank and back.
    Payouts,
}

/// What every part needs to know.
pub(crate) struct Run {
    pub(crate) quick: bool,
    /// For files of this run.
    pub(crate) scratch: PathBuf,
    /// The peers' scripts.
    pub(crate) peers: PathBuf,
}

/// The program, once its arguments are there to be read.
pub fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        quick,
        only,
        out,
        peers,
        engine,
        edge,
        ingest,
    } = arguments;
    let run = Run {
        quick,
        scratch: out.join("scratch"),
        peers,
    };
    fs::create_dir_all(&run.scratch).with_context(|| format!("creating {}", run.scratch.display()))?;
    let head = machine::describe();
    let wanted = |part| only.is_empty() || only.contains(&part);
    let own_database = |part: &str| -> Result<ingest::Programs> {
        let given = ingest
            .database_url
            .as_deref()
            .context("--database-url is missing")?;
        let database_url = Some(service::database_of(part, given)?);
        Ok(ingest::Programs {
            database_url,
            ..ingest.clone()
        })
    };

    let mut sections = Vec::new();
    if wanted(Part::Resolve) {
        sections.push(engine::run(&run, &engine)?);
    }
    if wanted(Part::Edge) {
        sections.extend(edge::run(&run, &edge)?);
    }
    if wanted(Part::Ingest) {
        sections.push(ingest::run(&run, &own_database("ingest")?)?);
    }
    if wanted(Part::Publish) {
        sections.push(publish::run(&run, &edge, &own_database("publish")?)?);
    }
    if wanted(Part::Analysis) {
        sections.push(analysis::run(&run)?);
    }
    if wanted(Part::Analytics) {
        sections.push(hits::run(&run, &own_database("analytics")?)?);
    }
    if wanted(Part::Catalogue) {
        sections.push(catalogue::run(&run, &own_database("catalogue")?)?);
    }
    if wanted(Part::Orders) {
        sections.push(orders::run(&run, &own_database("orders")?)?);
    }
    if wanted(Part::Pages) {
        sections.push(pages::run(&run, &own_database("pages")?)?);
    }
    if wanted(Part::Transcode) {
        sections.push(transcode::run(&run)?);
    }
    if wanted(Part::Payouts) {
        sections.push(payouts::run(&run, &own_database("payouts")?)?);
    }

    let report = format!(
        "# Bench\n\n{head}- load average at the end {}\n\n{}",
        machine::load(),
        report::render(&sections)
    );
    let file = out.join("report.md");
    fs::write(&file, &report).with_context(|| format!("writing {}", file.display()))?;
    println!("{report}\nwritten to {}", file.display());
    Ok(())
}
