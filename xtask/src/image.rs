//! `cargo xtask image`: whether the image would work, without an engine. It runs the scripts that the Dockerfile runs, on
//! what the tests have built, and then the program as a container would.

mod context;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::checkout::{Checkout, create_dir};
use crate::command;
use crate::npm;
use crate::ports;
use crate::postgres;
use crate::progress::Progress;
use crate::release;
use crate::sqlx;
use crate::test;
use crate::tools::{self, Tool};

#[derive(Debug, clap::Args)]
pub(crate) struct Image {
    /// Use this Postgres (as a role that may create databases) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

pub(crate) fn run(arguments: &Image) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let result = alone(&checkout, arguments, &mut progress);
    progress.summary();
    result
}

fn alone(checkout: &Checkout, arguments: &Image, progress: &mut Progress) -> Result<()> {
    let _alone = checkout.lock("test")?;
    npm::install(checkout, progress)?;
    let given = arguments.database_url.as_deref();
    postgres::for_tests(checkout, given, progress, |url, progress| {
        check(checkout, url, progress)
    })
}

/// Takes the image's steps one by one; `url` is a Postgres that lets us create databases.
///
/// # Errors
/// A step fails, or what it made is not as it should be.
pub(crate) fn check(checkout: &Checkout, url: &str, progress: &mut Progress) -> Result<()> {
    tools::ensure_package(tools::FFMPEG, checkout, progress)?;
    let sbom_tool = tools::ensure(checkout, Tool::CycloneDx, progress)?;
    let folder = checkout.target.join("image");
    let out = folder.join("out");
    create_dir(&out)?;
    progress.stage("image: build stage", || build(checkout, &sbom_tool, &out))?;
    progress.stage("image: what was read is in its context", || {
        context::holds_what_was_read(checkout)
    })?;
    progress.stage("image: bill of materials", || {
        is_complete(&out.join("sbom.cdx.json"), &checkout.root)
    })?;
    if !rustix::process::geteuid().is_root() || !Path::new("/etc/debian_version").exists() {
        eprintln!("image: a container of it is not tried: that takes root, on Debian");
        return Ok(());
    }
    let root = folder.join("root");
    create_dir(&root)?;
    sqlx::with_database(checkout, url, "image", progress, |url, progress| {
        progress.stage("image: a container of it", || {
            contained(checkout, [&root, &out], url)
        })
    })
}

/// Both scripts of the Dockerfile's first stage, on the tests' own build of the program.
fn build(checkout: &Checkout, sbom_tool: &Path, out: &Path) -> Result<()> {
    let script = |name: &str| {
        let mut script = Command::new(checkout.root.join("docker").join(name));
        script
            .env("PATH", with_folder_of(sbom_tool))
            .env("CARGO_TARGET_DIR", &checkout.target);
        script.current_dir(&checkout.root);
        script
    };
    command::run_attached(&mut script("sbom-tool.sh"))?;
    let mut build = script("build.sh");
    build
        .arg(out)
        .env("MARQUEE_CARGO", test::BUILD_PROGRAMS)
        .env("MARQUEE_PROGRAM", checkout.target.join(test::PROGRAM));
    command::run_attached(&mut build)
}

fn contained(checkout: &Checkout, [root, out]: [&PathBuf; 2], url: &str) -> Result<()> {
    let mut container = Command::new("unshare");
    container
        .args(["--mount", "--propagation", "private", "--"])
        .arg(checkout.root.join("xtask/image/contained.sh"))
        .args([root, out])
        .arg(release::version(&checkout.root)?)
        .args([ports::free()?.to_string(), ports::free()?.to_string()])
        .env("DATABASE_URL", url);
    command::run_attached(&mut container)
}

/// A bill names the program's own version and what Cargo.lock has of what it needs.
fn is_complete(bill: &Path, root: &Path) -> Result<()> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Bill {
        bom_format: String,
        metadata: Metadata,
        components: Vec<Component>,
    }
    #[derive(Deserialize)]
    struct Metadata {
        component: Component,
    }
    #[derive(Deserialize)]
    struct Component {
        name: String,
        version: String,
        #[serde(default)]
        hashes: Vec<serde_json::Value>,
    }
    let text = fs::read(bill).with_context(|| format!("reading {}", bill.display()))?;
    let bill: Bill = serde_json::from_slice(&text).context("the bill of materials is no CycloneDX")?;
    let Component { name, version, .. } = &bill.metadata.component;
    ensure!(
        (bill.bom_format.as_str(), name.as_str()) == ("CycloneDX", "marquee-core")
            && *version == release::version(root)?,
        "the bill of materials is of {name} {version}"
    );
    let lock = fs::read_to_string(root.join("Cargo.lock")).context("reading Cargo.lock")?;
    for needed in ["axum", "ring", "sqlx", "tokio"] {
        let version = tools::locked_version(&lock, needed);
        let named = |part: &&Component| part.name == needed && Some(part.version.as_str()) == version;
        let part = bill.components.iter().find(named);
        let part = part.with_context(|| format!("the bill of materials lacks {needed}"))?;
        ensure!(
            !part.hashes.is_empty(),
            "the bill of materials has no checksum of {needed}"
        );
    }
    println!("    {name} {version}: {} parts", bill.components.len());
    Ok(())
}

/// The PATH with the folder of a program before all others.
fn with_folder_of(program: &Path) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let Some(folder) = program.parent() else {
        return path;
    };
    let folders = [folder.to_owned()].into_iter().chain(env::split_paths(&path));
    env::join_paths(folders).unwrap_or(path)
}
