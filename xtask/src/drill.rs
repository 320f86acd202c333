//! `cargo xtask drill`: the tests that restore a backup, by the commands of `docs/restore.md`, with what they need.

use anyhow::Result;

use crate::test::{self, Test};

#[derive(Debug, clap::Args)]
pub(crate) struct Drill {
    /// Use this Postgres (as a role that may create databases) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

pub(crate) fn run(arguments: &Drill) -> Result<()> {
    let words = [
        "-p",
        "marquee-tests",
        "--test",
        "core",
        "--test",
        "e2e",
        "restored",
    ];
    test::run(&Test {
        database_url: arguments.database_url.clone(),
        cargo_test: words.map(str::to_owned).to_vec(),
    })
}
