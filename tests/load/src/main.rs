//! What `cargo xtask load` runs: the edge and the core under more and more load, and what becomes of cost and latency.
//!
//! It writes `sizing.md` by itself: tables, where the first limit lies, and what moves it, all from what was measured.
//! Load comes at a fixed rate, whether or not what came before was answered, and a latency is counted from when a
//! request was due: who waits behind others waits, too.

mod edge;
mod hits;
mod open;
mod page;
mod processor;
mod service;
mod sizing;
mod soak;
mod there;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use marquee_bench::machine;
use tokio::runtime::Runtime;

use self::there::There;

#[derive(Parser)]
enum Load {
    /// On everything, on this machine.
    Here(Arguments),
    /// On what is deployed somewhere else.
    There(There),
}

/// Programs that `cargo xtask load` has built and started, and where to write.
#[derive(clap::Args)]
struct Arguments {
    /// Little of everything: to see that it runs. The figures say nothing.
    #[arg(long)]
    quick: bool,
    /// For so many minutes the same modest load, to see what grows, instead of more and more of it.
    #[arg(long, value_name = "MINUTES", conflicts_with = "quick")]
    soak: Option<u32>,
    /// The file to write.
    #[arg(long)]
    out: PathBuf,
    /// For files of this run.
    #[arg(long)]
    scratch: PathBuf,
    /// The folder with wrk's script and what answers the Worker's bindings.
    #[arg(long)]
    peers: PathBuf,
    #[arg(long)]
    workerd: PathBuf,
    /// The folder with the Worker as one module and its wasm.
    #[arg(long)]
    edge: PathBuf,
    /// The core's own program.
    #[arg(long)]
    marquee: PathBuf,
    /// The script of the SQS emulator.
    #[arg(long)]
    sqs: PathBuf,
    /// An empty database of a Postgres on this machine that nobody else uses.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Of what the programs were built for.
    #[arg(long)]
    profile: String,
}

/// How much is tried, and for how long.
struct Plan {
    /// Rules of the one brand.
    rules: &'static [usize],
    /// Brands of a thousand rules each.
    brands: &'static [usize],
    /// Orders offered a second.
    orders: &'static [u32],
    /// The gateway's notices a second.
    notices: &'static [u32],
    /// Pages a second.
    pages: &'static [u32],
    /// Messages of a hundred hits.
    messages: usize,
    /// Of load, each time.
    seconds: u32,
}

const WHOLE: Plan = Plan {
    rules: &[1_000, 10_000, 100_000],
    brands: &[1, 10, 100],
    orders: &[10, 30, 100, 300, 1_000],
    notices: &[30, 100, 300, 1_000],
    pages: &[10, 30, 100, 300, 1_000],
    messages: 480,
    seconds: 8,
};

const QUICK: Plan = Plan {
    rules: &[1_000],
    brands: &[2],
    orders: &[5],
    notices: &[5],
    pages: &[5],
    messages: 20,
    seconds: 1,
};

impl Plan {
    fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

fn main() -> ExitCode {
    match run(&Load::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(load: &Load) -> Result<()> {
    // Wanted even by who speaks plain HTTP only; an error says that it was done before.
    let _done = rustls::crypto::ring::default_provider().install_default();
    let runtime = Runtime::new().context("starting the asynchronous runtime")?;
    match load {
        Load::Here(arguments) => here(arguments, &runtime),
        Load::There(there) => there::run(there, &runtime),
    }
}

fn here(arguments: &Arguments, runtime: &Runtime) -> Result<()> {
    let plan = if arguments.quick { &QUICK } else { &WHOLE };
    let _absent_is_fine = fs::remove_dir_all(&arguments.scratch);
    fs::create_dir_all(&arguments.scratch)
        .with_context(|| format!("creating {}", arguments.scratch.display()))?;
    let head = machine::describe();

    let about = || {
        let built = &arguments.profile;
        format!(
            "{head}- load average at the end {} · built for {built}\n",
            machine::load()
        )
    };
    if let Some(minutes) = arguments.soak {
        let soak = soak::run(arguments, minutes, runtime)?;
        write(arguments, &format!("# Soak\n\n{}\n{}", about(), soak.text))?;
        ensure!(soak.faults.is_empty(), "{}", soak.faults.join("\n"));
        return Ok(());
    }
    let mut tables = edge::tables(arguments, plan, runtime)?;
    tables.extend(service::tables(arguments, plan, runtime)?);
    tables.push(hits::table(arguments, plan, runtime)?);
    write(arguments, &sizing::page(&about(), &tables))
}

fn write(arguments: &Arguments, text: &str) -> Result<()> {
    fs::write(&arguments.out, text).with_context(|| format!("writing {}", arguments.out.display()))?;
    println!("{text}\nwritten to {}", arguments.out.display());
    Ok(())
}
