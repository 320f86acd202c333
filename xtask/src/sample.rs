//! `cargo xtask sample`: the made-up rule sets as files that `marquee rules import` takes, or the made-up marketplace
//! as a folder that `marquee sample load` takes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::checkout::{Checkout, create_dir};
use crate::command;
use crate::progress::Step;

#[derive(Debug, clap::Args)]
pub(crate) struct Sample {
    /// Where to write them, one file for each brand.
    #[arg(long, value_name = "FOLDER", default_value = ".local/sample")]
    to: PathBuf,
    /// Instead one brand `large` with this many rules.
    #[arg(long, value_name = "NUMBER")]
    rules: Option<usize>,
    /// Instead the marketplace, with its pictures and films.
    #[arg(long, conflicts_with = "rules")]
    marketplace: bool,
}

pub(crate) fn run(arguments: &Sample) -> Result<()> {
    let checkout = Checkout::find()?;
    let folder = checkout.root.join(&arguments.to);
    create_dir(&folder)?;
    let mut command = Command::new("cargo");
    command
        .args(["run", "--quiet", "-p", "marquee-sample", "--"])
        .arg(folder)
        .current_dir(&checkout.root);
    if let Some(rules) = arguments.rules {
        command.args(["--rules", &rules.to_string()]);
    }
    if arguments.marketplace {
        command.arg("--marketplace");
    }
    command::run_attached(&mut command)
}

/// Writes the marketplace into `folder`. The program that does must have been built.
pub(crate) fn marketplace(checkout: &Checkout, folder: &Path, log: &Path, step: &Step) -> Result<()> {
    create_dir(folder)?;
    let writer = checkout.target.join("debug/marquee-sample");
    command::run(Command::new(writer).arg(folder).arg("--marketplace"), log, step)
}
