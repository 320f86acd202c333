//! `cargo xtask soak`: the same modest load on everything for a long time, and whether anything grows or is lost.

use anyhow::Result;

use crate::checkout::Checkout;
use crate::load;
use crate::progress::Progress;

#[derive(Debug, clap::Args)]
pub(crate) struct Soak {
    /// How long. Less than 15 minutes say nothing of growth: then only what is lost or answered wrongly fails.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_080))]
    pub(crate) minutes: u32,
    /// By programs as tests have them, which are built sooner and are slower.
    #[arg(long)]
    pub(crate) debug: bool,
    /// Use this Postgres (an empty database of a server on this machine that nobody else uses) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
}

pub(crate) fn run(arguments: &Soak) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let result = soak(&checkout, arguments, &mut progress);
    progress.summary();
    result
}

/// Writes `soak.md` below `target`.
pub(crate) fn soak(checkout: &Checkout, arguments: &Soak, progress: &mut Progress) -> Result<()> {
    let words = ["--soak".to_owned(), arguments.minutes.to_string()];
    let report = checkout.target.join("load/soak.md");
    let given = arguments.database_url.as_deref();
    load::put(checkout, arguments.debug, given, &words, &report, progress)
}
