mod blast;
mod bulk;
mod diff;
mod edit;
mod filter;
mod find;
mod requests;
mod revisions;
mod simulate;
mod status;
mod tests;
mod validation;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};

use super::Outcome;
use super::import::Import;
use super::output::{Spinner, Wait, show_one, stdout, told};
use crate::access::Principal;
use crate::app::App;
use crate::redirects::commands::{self, Canary, Freeze, Publish, RollBack, What};
use crate::redirects::queries::{self, FileKind, Which};

#[derive(Subcommand)]
pub(super) enum Rules {
    /// Put a file in place of a draft's rules, all of it or nothing
    Import(Import),
    /// Write a draft's or a revision's rules as a file that can be imported again
    Export {
        brand: String,
        #[arg(long, value_enum, default_value = "csv")]
        format: Format,
        /// A revision; the draft unless given
        #[arg(long)]
        revision: Option<i32>,
        /// Standard output unless given
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Find rules of the draft, or of a revision, by what they say
    Find(Box<find::Find>),
    /// A rule of the draft, and what is wrong with it; exits with 3 if something is
    Show { brand: String, number: u32 },
    /// Put another rule in the draft
    Add(edit::Add),
    /// Change some of a rule
    Patch(edit::Patch),
    /// Take a rule out of the draft; its number is not given out again
    Remove(edit::Remove),
    /// Make one change to many rules of the draft
    Bulk(Box<bulk::Bulk>),
    /// What would become of a visitor, or of a file of them, and why
    Simulate(Box<simulate::Simulate>),
    /// What a draft would do to the traffic of the last days; exits with 3 if visitors would be newly lost
    BlastRadius(blast::BlastRadius),
    /// Visitors whose fate is known beforehand: save them, and run them
    #[command(subcommand)]
    Tests(tests::Tests),
    /// Look for what is wrong with the rules, for those that never decide and for visitors whom nobody answers;
    /// exits with 3 if there are errors or warnings
    Validate {
        brand: String,
        /// `draft`, `live`, `canary` or a revision's number
        #[arg(long, default_value = "draft")]
        of: Which,
    },
    /// Show what changes from one version of the rules to another, and exactly who gets something else; exits with 3
    /// if anybody does
    Diff(diff::Diff),
    /// Freeze the draft: a numbered revision that never changes again
    Freeze {
        brand: String,
        /// Why, for people to read
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Make the draft, or a revision, live for every visitor, if one person may
    Publish {
        brand: String,
        /// A frozen revision; the draft unless given
        #[arg(long)]
        revision: Option<i32>,
        /// Why, for people to read
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        wait: Wait,
    },
    /// Make a revision live again that was live before
    Rollback {
        brand: String,
        revision: i32,
        /// Why, for people to read
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        wait: Wait,
    },
    /// Show a revision to some of the visitors, or to more or fewer of them, if one person may
    Canary {
        brand: String,
        revision: i32,
        /// Of the visitors: 1 to 99
        #[arg(long)]
        percent: i16,
        /// Why, for people to read
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        wait: Wait,
    },
    /// Show the canary to everybody
    Promote {
        brand: String,
        /// Why, for people to read
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        wait: Wait,
    },
    /// End the canary
    Abort {
        brand: String,
        /// Why, for people to read
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        wait: Wait,
    },
    /// A brand's revisions, or those that fit, the newest first
    Revisions(revisions::Revisions),
    /// Ask for something to go live, approve it, or take it back
    #[command(subcommand)]
    Requests(requests::Requests),
    /// Have the edge follow a database that was restored from a backup
    TakeOver {
        /// Why, for people to read
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        wait: Wait,
    },
    /// What the database, KV and the edge have, of a brand or of all; exits with 3 if they disagree
    Status { brand: Option<String> },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    Csv,
    Json,
    /// JSON with the settings
    Whole,
}

impl Rules {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::Import(import) => return import.run(app, json).await,
            Self::Export {
                brand,
                format,
                revision,
                output,
            } => export(app, &brand, format, revision, output).await?,
            Self::Find(find) => return find.run(app, json).await,
            Self::Show { brand, number } => return edit::show(app, &brand, number, json).await,
            Self::Add(add) => return add.run(app, json).await,
            Self::Patch(patch) => return patch.run(app, json).await,
            Self::Remove(remove) => return remove.run(app, json).await,
            Self::Bulk(bulk) => return bulk.run(app, json).await,
            Self::Simulate(simulate) => simulate.run(app, json).await?,
            Self::BlastRadius(blast) => return blast.run(app, json).await,
            Self::Tests(tests) => return tests.run(app, json).await,
            Self::Validate { brand, of } => return validation::show(app, &brand, of, json).await,
            Self::Diff(diff) => return diff.run(app, json).await,
            Self::Freeze { brand, note } => {
                let spinner = Spinner::start("compiling the draft");
                let frozen = commands::freeze(app, &operator, &brand, Freeze { seen: None, note }).await;
                drop(spinner);
                let frozen = frozen.map_err(told)?;
                let view = queries::revision(app, &brand, frozen.revision).await?;
                let verb = if frozen.fresh {
                    "frozen"
                } else {
                    "was frozen before"
                };
                show_one(
                    &view,
                    json,
                    &format!("{brand}: revision {} {verb}", frozen.revision),
                )?;
            }
            Self::Publish {
                brand,
                revision,
                note,
                wait,
            } => {
                let what = revision.map_or(What::Draft { seen: None }, What::Revision);
                let spinner = Spinner::start("compiling and comparing with what is live");
                let publish = Publish { what, note };
                let published = commands::publish(app, &operator, &brand, publish).await;
                drop(spinner);
                wait.report(app, &brand, published.map_err(told)?, json).await?;
            }
            Self::Rollback {
                brand,
                revision,
                note,
                wait,
            } => {
                let back = RollBack { revision, note };
                let published = commands::roll_back(app, &operator, &brand, back).await?;
                wait.report(app, &brand, published, json).await?;
            }
            Self::Canary {
                brand,
                revision,
                percent,
                note,
                wait,
            } => {
                let canary = Canary {
                    revision,
                    percent,
                    note,
                };
                let published = commands::start_canary(app, &operator, &brand, canary).await;
                wait.report(app, &brand, published.map_err(told)?, json).await?;
            }
            Self::Promote { brand, note, wait } => {
                let published = commands::promote(app, &operator, &brand, &note).await?;
                wait.report(app, &brand, published, json).await?;
            }
            Self::Abort { brand, note, wait } => {
                let published = commands::abort(app, &operator, &brand, None, &note).await?;
                wait.report(app, &brand, published, json).await?;
            }
            Self::Revisions(revisions) => revisions.run(app, json).await?,
            Self::Requests(requests) => return requests.run(app, json).await,
            Self::TakeOver { note, wait } => {
                let sequence = commands::take_over(app, &operator, &note).await?;
                wait.report_sequence(app, sequence, json).await?;
            }
            Self::Status { brand } => return status::status(app, brand, json).await,
        }
        Ok(Outcome::Done)
    }
}

async fn export(
    app: &App,
    brand: &str,
    format: Format,
    revision: Option<i32>,
    output: Option<PathBuf>,
) -> anyhow::Result<()> {
    let kind = match format {
        Format::Csv => FileKind::RulesCsv,
        Format::Json => FileKind::RulesJson,
        Format::Whole => FileKind::WholeJson,
    };
    let bytes = match revision {
        Some(revision) => queries::revision_file(app, brand, revision, kind).await?,
        None => queries::draft_file(app, brand, kind).await?.1,
    };
    match output {
        Some(path) => tokio::fs::write(&path, bytes)
            .await
            .with_context(|| format!("writing {}", path.display())),
        None => Ok(stdout().write_all(&bytes)?),
    }
}
