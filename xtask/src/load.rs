//! `cargo xtask load`: the edge and the core under more and more load, and `docs/sizing.md` from what that came to.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::bench::{bundle_edge, cargo};
use crate::checkout::{Checkout, create_dir};
use crate::command;
use crate::edge;
use crate::npm;
use crate::postgres::{self, Purpose};
use crate::progress::Progress;
use crate::tools;

/// Also: load on what is deployed somewhere else (`cargo xtask load there --help`).
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Load {
    #[command(subcommand)]
    elsewhere: Option<Elsewhere>,
    /// A second of little load, by programs as tests have them: to see that it runs. Writes below `target`, and the
    /// figures say nothing.
    #[arg(long)]
    quick: bool,
    /// Use this Postgres (an empty database of a server on this machine that nobody else uses) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

impl Load {
    pub(crate) fn quick() -> Self {
        Self {
            elsewhere: None,
            quick: true,
            database_url: None,
        }
    }
}

#[derive(Debug, clap::Subcommand)]
enum Elsewhere {
    /// Gets addresses in turn, more and more often, and prints how they are answered. Begin with little: the edge lets
    /// an address ask a few times a second only.
    There {
        /// Addresses, then `--rates 5,10,20` a second and `--seconds 10` of each; `--help` tells more.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

/// What `tests/load` has in common with the bench.
const PEERS: &str = "tests/bench/peers";

pub(crate) fn run(arguments: &Load) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    if let Some(Elsewhere::There { words }) = &arguments.elsewhere {
        return there(&checkout, words, &mut progress);
    }
    let result = measure(&checkout, arguments, &mut progress);
    progress.summary();
    result
}

fn there(checkout: &Checkout, words: &[String], progress: &mut Progress) -> Result<()> {
    let build = "build --release -p marquee-load";
    cargo(checkout, "build the load", build, progress)?;
    let mut load = Command::new(checkout.target.join("release/marquee-load"));
    load.arg("there").args(words);
    command::run_attached(&mut load)
}

pub(crate) fn measure(checkout: &Checkout, arguments: &Load, progress: &mut Progress) -> Result<()> {
    let words = if arguments.quick {
        vec!["--quick".to_owned()]
    } else {
        vec![]
    };
    let out = if arguments.quick {
        checkout.target.join("load/sizing.md")
    } else {
        checkout.root.join("docs/sizing.md")
    };
    let given = arguments.database_url.as_deref();
    put(checkout, arguments.quick, given, &words, &out, progress)
}

/// Builds everything, as tests have it where that is enough, and puts on it the load of which `words` tell.
pub(crate) fn put(
    checkout: &Checkout,
    quick: bool,
    database_url: Option<&str>,
    words: &[String],
    report: &Path,
    progress: &mut Progress,
) -> Result<()> {
    let _alone = checkout.lock("bench")?;
    tools::ensure_package(tools::WRK, checkout, progress)?;
    npm::install(checkout, progress)?;
    let (profile, flag) = if quick {
        ("debug", "")
    } else {
        ("release", " --release")
    };
    let build = format!("build{flag} -p marquee-load -p marquee-core");
    cargo(checkout, "build the load and the core", &build, progress)?;
    edge::build(checkout, progress)?;
    let out = checkout.target.join("load");
    create_dir(&out)?;
    let edge = bundle_edge(checkout, &out, progress)?;
    let programs = checkout.target.join(profile);
    let mut load = Command::new(programs.join("marquee-load"));
    load.args(["here", "--peers"])
        .arg(checkout.root.join(PEERS))
        .arg("--workerd")
        .arg(npm::workerd(checkout)?)
        .arg("--edge")
        .arg(edge)
        .arg("--marquee")
        .arg(programs.join("marquee"))
        .arg("--sqs")
        .arg(checkout.root.join("xtask/local/sqs.mjs"))
        .arg("--scratch")
        .arg(out.join("scratch"))
        .args(["--profile", profile])
        .args(words)
        .arg("--out")
        .arg(report)
        .current_dir(&checkout.root);
    postgres::temporary(
        checkout,
        Purpose::Bench,
        database_url,
        progress,
        |url, progress| {
            load.env("DATABASE_URL", url);
            progress.stage("measure", || command::run_attached(&mut load))
        },
    )
}
