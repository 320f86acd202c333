//! `cargo xtask ci`: what CI checks before the tests, in an order in which each stage finds what an earlier one
//! compiled.

use std::net::{TcpStream, ToSocketAddrs};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::checkout::Checkout;
use crate::command;
use crate::docs;
use crate::edge;
use crate::islands;
use crate::lint_deploy;
use crate::npm;
use crate::postgres;
use crate::progress::Progress;
use crate::sqlx;
use crate::terraform;
use crate::tools::{self, Tool};

#[derive(Debug, clap::Args)]
pub(crate) struct Ci {
    /// Use this Postgres (as a role that may create databases) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

pub(crate) fn run(arguments: &Ci) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let result = stages(&checkout, arguments, &mut progress);
    progress.summary();
    result
}

fn stages(checkout: &Checkout, arguments: &Ci, progress: &mut Progress) -> Result<()> {
    let cargo = |words: &str| {
        let mut cargo = Command::new("cargo");
        cargo.args(words.split_whitespace()).current_dir(&checkout.root);
        cargo
    };
    let _alone = checkout.lock("test")?;

    progress.stage("format", || {
        command::run_attached(&mut cargo("fmt --all --check"))
    })?;
    docs::check_sources(checkout, progress)?;
    tools::ensure_wasm_target(checkout, progress)?;
    progress.stage("lint the Worker for wasm", || {
        command::run_attached(&mut cargo(
            "clippy -p marquee-edge --target wasm32-unknown-unknown -- -D warnings",
        ))
    })?;
    progress.stage("lint", || {
        command::run_attached(&mut cargo("clippy --workspace --all-targets -- -D warnings"))
    })?;
    progress.stage("document", || {
        let mut doc = cargo("doc --workspace --no-deps --document-private-items");
        command::run_attached(doc.env("RUSTDOCFLAGS", "-D warnings"))
    })?;

    let deny = tools::ensure(checkout, Tool::Deny, progress)?;
    progress.stage("check dependencies", || {
        let mut check = Command::new(&deny);
        check
            .args(["check", "bans", "licenses", "sources"])
            .current_dir(&checkout.root);
        if reachable("github.com:443") {
            check.arg("advisories");
        } else {
            eprintln!(
                "advisories are skipped: their database (github.com/rustsec/advisory-db) cannot be reached"
            );
        }
        command::run_attached(&mut check)
    })?;

    npm::install(checkout, progress)?;
    islands::check(checkout, progress)?;
    if terraform::is_installed() {
        terraform::check(checkout, &[], progress)?;
    } else {
        eprintln!(
            "terraform/ is not checked: there is no `terraform` on the PATH (`cargo xtask terraform` says more)"
        );
    }
    lint_deploy::check(checkout, progress)?;
    edge::check(checkout, progress)?;
    let sqlx = tools::ensure(checkout, Tool::Sqlx, progress)?;
    postgres::for_tests(
        checkout,
        arguments.database_url.as_deref(),
        progress,
        |url, progress| sqlx::prepare(checkout, &sqlx, url, true, progress),
    )
}

fn reachable(address: &str) -> bool {
    let Ok(addresses) = address.to_socket_addrs() else {
        return false;
    };
    addresses
        .take(2)
        .any(|address| TcpStream::connect_timeout(&address, Duration::from_secs(3)).is_ok())
}
