//! `cargo xtask client`: the API's types in TypeScript, made from its OpenAPI document.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::checkout::{Checkout, create_dir};
use crate::command;
use crate::npm;
use crate::progress::Progress;
use crate::test;

/// Where the client lies, and the one file of it that is made.
const FOLDER: &str = "core/client";
const SCHEMA: &str = "schema.d.ts";

#[derive(Debug, clap::Args)]
pub(crate) struct Client {
    /// Fail when the client is not what would be written.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Client) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let _alone = checkout.lock("test")?;
    npm::install(&checkout, &mut progress)?;
    test::build_programs(&checkout, &mut progress)?;
    if arguments.check {
        return check(&checkout, &mut progress);
    }
    let made = make(&checkout, &mut progress)?;
    let path = checkout.root.join(FOLDER).join(SCHEMA);
    fs::write(&path, made).with_context(|| format!("writing {}", path.display()))?;
    compile(&checkout, &mut progress)
}

/// Fails when the client is not what the API's document makes, or does not compile. The core must have been built.
pub(crate) fn check(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    let path = checkout.root.join(FOLDER).join(SCHEMA);
    let known = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    if make(checkout, progress)? != known {
        bail!("{FOLDER}/{SCHEMA} is not what the API offers: run `cargo xtask client` and commit it");
    }
    compile(checkout, progress)
}

fn make(checkout: &Checkout, progress: &mut Progress) -> Result<String> {
    let folder = checkout.root.join("target/client");
    create_dir(&folder)?;
    let (document, schema) = (folder.join("openapi.json"), folder.join(SCHEMA));
    let log = checkout.log("client")?;
    progress.step("make the TypeScript client", |step| {
        let mut openapi = Command::new(checkout.target.join(test::PROGRAM));
        openapi.arg("openapi").env("MARQUEE_ENV", "local");
        fs::write(&document, command::capture(&mut openapi)?)?;
        let mut make = Command::new(program(checkout, "openapi-typescript"));
        make.arg(&document).arg("--output").arg(&schema);
        command::run(make.current_dir(&checkout.root), &log, step)
    })?;
    fs::read_to_string(&schema).with_context(|| format!("reading {}", schema.display()))
}

/// Types alone can be wrong, too: what uses them is compiled with them.
fn compile(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    progress.stage("compile the TypeScript client", || {
        let mut tsc = Command::new(program(checkout, "tsc"));
        tsc.arg("--project").arg(FOLDER);
        command::run_attached(tsc.current_dir(&checkout.root))
    })
}

fn program(checkout: &Checkout, name: &str) -> std::path::PathBuf {
    Path::new(&checkout.root).join("node_modules/.bin").join(name)
}
