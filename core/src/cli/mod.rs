//! The command line. Each verb reads the configuration, puts an [`App`] together and calls the same commands
//! and queries as the API.

mod hits;
mod keys;
mod serve;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::App;
use crate::config::Settings;
use crate::platform::database;

/// Exit: 0 done, 1 failed, 2 wrong usage, 3 done with findings.
#[derive(Parser)]
#[command(
    name = "marquee",
    version,
    about = "The central service of Marquee",
    max_term_width = 110
)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    /// Print results as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Answer the API
    Serve(serve::Serve),
    /// Do jobs
    Work(serve::Work),
    /// Bring the database up to date
    Migrate,
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// See what the edge decided
    #[command(subcommand)]
    Hits(hits::Hits),
}

/// How a verb ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Done, and there is something to look at.
    Findings,
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(3),
        Err(error) => failed(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the command line's own output")]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("marquee: {error:#}");
    ExitCode::FAILURE
}

async fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let config = cli.settings.validate()?;
    if let Verb::Migrate = cli.verb {
        let db = database::connect(&config.database_url, 2).await?;
        database::migrate(&db).await?;
        return Ok(Outcome::Done);
    }
    let app = App::connect(config).await?;
    match cli.verb {
        Verb::Serve(serve) => serve.run(app).await,
        Verb::Work(work) => work.run(app).await,
        Verb::Migrate => Ok(Outcome::Done),
        Verb::Keys(keys) => keys.run(&app, cli.json).await,
        Verb::Hits(hits) => hits.run(&app, cli.json).await,
    }
}
