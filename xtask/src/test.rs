//! `cargo xtask test`: every test there is, with what they need started first and stopped after.

use std::process::Command;

use anyhow::Result;

use crate::checkout::Checkout;
use crate::client;
use crate::command;
use crate::docs;
use crate::edge;
use crate::image;
use crate::postgres;
use crate::progress::Progress;
use crate::python;
use crate::schemathesis;
use crate::tools;

/// The core's program as the tests build it.
pub(crate) const PROGRAM: &str = "debug/marquee-e2e";

/// What `cargo` is asked for to build it, and the sample's: it builds a package's programs with any of its tests.
pub(crate) const BUILD_PROGRAMS: &str =
    "test --no-run -p marquee-tests --test architecture -p marquee-sample --test zips";

/// What contract tests talk to, in Python: a mail server and an S3.
const SERVERS: [&str; 3] = ["aiosmtpd", "localstripe", "moto"];

#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// Use this Postgres (as a role that may create databases) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// Given to `cargo test`: a part of a test's name, `-p PACKAGE`, `--test NAME`, …
    #[arg(last = true)]
    pub(crate) cargo_test: Vec<String>,
}

pub(crate) fn run(arguments: &Test) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let result = all(&checkout, arguments, &mut progress);
    progress.summary();
    result
}

fn all(checkout: &Checkout, arguments: &Test, progress: &mut Progress) -> Result<()> {
    let _alone = checkout.lock("test")?;
    for package in [tools::FFMPEG, tools::CHROMIUM] {
        tools::ensure_package(package, checkout, progress)?;
    }
    edge::build(checkout, progress)?;
    for server in SERVERS {
        let requirements = checkout.root.join(format!("xtask/{server}/requirements.txt"));
        python::install(checkout, server, &requirements, progress)?;
    }
    postgres::client::install(checkout, progress)?;
    postgres::for_tests(
        checkout,
        arguments.database_url.as_deref(),
        progress,
        |url, progress| {
            cargo_test(checkout, url, &arguments.cargo_test, progress)?;
            // Whoever asks for some tests does not ask for this.
            if arguments.cargo_test.is_empty() {
                client::check(checkout, progress)?;
                image::check(checkout, url, progress)?;
                docs::check(checkout, progress)?;
                docs::run_pages(checkout, url, None, progress)?;
                schemathesis::try_api(checkout, url, schemathesis::MAX_EXAMPLES, progress)?;
            }
            Ok(())
        },
    )
}

/// Compiles everything, then runs it: two stages, so that one sees what each costs.
fn cargo_test(checkout: &Checkout, url: &str, given: &[String], progress: &mut Progress) -> Result<()> {
    let selection = selection(given);
    let cargo = || {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["test", "--no-fail-fast"])
            .args(selection)
            .env("DATABASE_URL", url)
            .current_dir(&checkout.root);
        cargo
    };
    // Everything before `--` and the filter selects what is built; a filter alone still builds all.
    progress.stage("build the tests", || {
        command::run_attached(cargo().arg("--no-run").args(given))
    })?;
    progress.stage("run the tests", || command::run_attached(cargo().args(given)))
}

/// All packages, unless the arguments choose some.
fn selection(given: &[String]) -> &'static [&'static str] {
    let chooses = given.iter().take_while(|word| *word != "--").any(|word| {
        word.starts_with("-p")
            || word == "--package"
            || word.starts_with("--package=")
            || word == "--workspace"
    });
    if chooses { &[] } else { &["--workspace"] }
}

/// Builds the core's program and the sample's as the tests have them.
pub(crate) fn build_programs(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    progress.stage("build the core", || {
        let mut cargo = Command::new("cargo");
        command::run_attached(cargo.args(BUILD_PROGRAMS.split(' ')).current_dir(&checkout.root))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_packages_are_tested_unless_some_are_chosen() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(selection(&words("a_late_webhook")), ["--workspace"]);
        assert_eq!(selection(&words("--test edge -- -p")), ["--workspace"]);
        assert!(selection(&words("-p marquee-tests --test core")).is_empty());
        assert!(selection(&words("--package=xtask")).is_empty());
    }
}
