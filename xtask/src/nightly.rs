//! `cargo xtask nightly`: what takes too long for every change, or needs what most machines do not have.

use std::process::Command;

use anyhow::Result;

use crate::checkout::Checkout;
use crate::command;
use crate::load::{self, Load};
use crate::postgres;
use crate::progress::Progress;
use crate::soak::{self, Soak};
use crate::tools::{self, Tool};

#[derive(Debug, clap::Args)]
pub(crate) struct Nightly {
    /// Use this Postgres (as a role that may create databases) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

pub(crate) fn run(arguments: &Nightly) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let result = stages(&checkout, arguments, &mut progress);
    progress.summary();
    result
}

fn stages(checkout: &Checkout, arguments: &Nightly, progress: &mut Progress) -> Result<()> {
    load::measure(checkout, &Load::quick(), progress)?;
    let short = Soak {
        minutes: 3,
        debug: true,
        database_url: None,
    };
    soak::soak(checkout, &short, progress)?;
    let _alone = checkout.lock("test")?;
    tools::ensure_package(tools::FFMPEG, checkout, progress)?;
    let s3s = tools::ensure(checkout, Tool::S3s, progress)?;
    let given = arguments.database_url.as_deref();
    postgres::for_tests(checkout, given, progress, |url, progress| {
        let test = |words: &str, name: &str, value: &str| {
            let mut cargo = Command::new("cargo");
            cargo
                .args(["test", "-p", "marquee-tests"])
                .args(words.split(' '))
                .env("DATABASE_URL", url)
                .env(name, value)
                .current_dir(&checkout.root);
            command::run_attached(&mut cargo)
        };
        let s3s = s3s.display().to_string();
        progress.stage("files in an S3 that is not moto", || {
            test("--test contract s3::", "MARQUEE_S3S", &s3s)
        })?;
        progress.stage("more of what is thrown by dice", || {
            test(
                "--test contract --test core -- chance m03_ any_order",
                "MARQUEE_NIGHTLY",
                "1",
            )
        })
    })
}
