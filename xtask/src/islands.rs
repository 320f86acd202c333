//! `cargo xtask islands`: the scripts of the console's pages, from their TypeScript.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::checkout::{Checkout, create_dir};
use crate::command;
use crate::npm;
use crate::progress::Progress;

const SOURCES: &str = "core/src/console/islands";
/// Where what is made lies, beside what is not.
const ASSETS: &str = "core/src/console/assets";

#[derive(Debug, clap::Args)]
pub(crate) struct Islands {
    /// Fail when they are not what would be made.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Islands) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    npm::install(&checkout, &mut progress)?;
    if arguments.check {
        return check(&checkout, &mut progress);
    }
    make(&checkout, &checkout.root.join(ASSETS), &mut progress)
}

/// Fails when a script is not what its TypeScript makes, or does not compile. npm must have been run.
pub(crate) fn check(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    let made = checkout.root.join("target/islands");
    create_dir(&made)?;
    make(checkout, &made, progress)?;
    for source in sources(checkout)? {
        let name = source.with_extension("js");
        let name = Path::new(name.file_name().context("a source has a name")?);
        let known = fs::read(checkout.root.join(ASSETS).join(name)).unwrap_or_default();
        if fs::read(made.join(name))? != known {
            bail!(
                "{ASSETS}/{} is not what its source makes: run `cargo xtask islands` and commit it",
                name.display()
            );
        }
    }
    Ok(())
}

fn make(checkout: &Checkout, to: &Path, progress: &mut Progress) -> Result<()> {
    let program = |name: &str| {
        let mut program = Command::new(checkout.root.join("node_modules/.bin").join(name));
        program.current_dir(&checkout.root);
        program
    };
    progress.stage("make the scripts of pages", || {
        command::run_attached(program("tsc").arg("--project").arg(SOURCES))?;
        let mut esbuild = program("esbuild");
        esbuild
            .args(sources(checkout)?)
            .arg(format!("--outdir={}", to.display()));
        esbuild.args([
            "--bundle",
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--legal-comments=none",
        ]);
        command::run_attached(esbuild.arg("--log-level=warning"))
    })
}

fn sources(checkout: &Checkout) -> Result<Vec<PathBuf>> {
    let folder = checkout.root.join(SOURCES);
    let entries = fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
    let paths: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    let is_source = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "ts");
    Ok(paths.into_iter().filter(is_source).collect())
}
