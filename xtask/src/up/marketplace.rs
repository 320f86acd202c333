//! The sample marketplace: talents, agencies and customers, with pictures and films that are made here.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{Stack, core};
use crate::command;
use crate::progress::Progress;
use crate::sample;

/// Somebody as whom one can sign in.
#[derive(Debug, Deserialize)]
pub(crate) struct Somebody {
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) password: String,
}

/// What `marquee sample load` says.
#[derive(Debug, Deserialize)]
pub(crate) struct Loaded {
    pub(crate) sign_in: Vec<Somebody>,
}

/// Loads what of it is not there yet, and says as whom one can sign in.
pub(crate) fn load(stack: &Stack, progress: &mut Progress) -> Result<Vec<Somebody>> {
    let folder = stack.checkout.local().join("sample/marketplace");
    let log = stack.checkout.log("marketplace")?;
    progress.step("make pictures and films for the sample marketplace", |step| {
        sample::marketplace(&stack.checkout, &folder, &log, step)
    })?;
    load_from(stack, &folder, progress)
}

/// Loads what `marquee-sample` has written into `folder`.
pub(crate) fn load_from(stack: &Stack, folder: &Path, progress: &mut Progress) -> Result<Vec<Somebody>> {
    let loaded = progress.step("load the sample marketplace", |_| {
        let mut load = core::marquee(stack);
        load.args(["--json", "sample", "load"]).arg(folder);
        command::capture(load.env("MARQUEE_LOG", "warn"))
    })?;
    let loaded: Loaded = serde_json::from_str(&loaded).context("reading what was loaded")?;
    Ok(loaded.sign_in)
}
