//! The sample brands, through the same command line as real ones: create, import, publish.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Stack, core, http};
use crate::checkout::create_dir;
use crate::command;
use crate::progress::Progress;
use crate::service::Services;

const BRANDS: [&str; 3] = ["acme", "globex", "initech"];

/// What there is to show.
pub(crate) enum Data {
    Sample,
    /// The database holds brands of somebody's own, and is left alone.
    Other,
}

/// Publishes what of the sample is not live yet, in a database that holds nothing else.
pub(crate) fn load(stack: &Stack, staff_key: &str, progress: &mut Progress) -> Result<Data> {
    let brands = brands(stack, staff_key)?;
    if brands.iter().any(|brand| !BRANDS.contains(&brand.code.as_str())) {
        return Ok(Data::Other);
    }
    let existing: BTreeSet<&str> = brands.iter().map(|brand| brand.code.as_str()).collect();
    let live: BTreeSet<&str> = brands
        .iter()
        .filter(|brand| brand.live)
        .map(|brand| brand.code.as_str())
        .collect();
    if BRANDS.iter().all(|brand| live.contains(brand)) {
        return Ok(Data::Sample);
    }

    let folder = stack.checkout.local().join("sample");
    let log = stack.checkout.log("sample")?;
    progress.step("write the sample brands", |step| {
        create_dir(&folder)?;
        // Built with the core: cargo would build it anew, with the features it has by itself.
        let writer = stack.checkout.target.join("debug/marquee-sample");
        command::run(Command::new(writer).arg(&folder), &log, step)
    })?;
    for brand in BRANDS.into_iter().filter(|brand| !live.contains(brand)) {
        progress.step(&format!("publish the sample brand {brand}"), |step| {
            if !existing.contains(brand) {
                command::run(core::marquee(stack).args(["brands", "create", brand]), &log, step)?;
            }
            let file = folder.join(format!("{brand}.json"));
            command::run(
                core::marquee(stack).args(["rules", "import", brand]).arg(file),
                &log,
                step,
            )?;
            command::run(
                core::marquee(stack).args(["rules", "publish", brand, "--note", "sample data"]),
                &log,
                step,
            )
        })?;
    }
    Ok(Data::Sample)
}

/// Waits until the edge answers by the manifest that the core wants it to have.
pub(crate) fn wait_for_edge(
    stack: &Stack,
    staff_key: &str,
    services: &mut Services,
    progress: &mut Progress,
) -> Result<()> {
    let publishing = format!("{}/v1/publishing", stack.core_url);
    let health = format!("{}/healthz", stack.edge_url);
    let sequence = |url: &str, token: Option<&str>| -> Result<Option<u64>> {
        Ok(http::get(url, token)?
            .json()
            .and_then(|body| body.get("sequence")?.as_u64()))
    };
    progress.step("wait for the edge to answer by what is published", |step| {
        services.wait_for("publishing to the edge", Duration::from_secs(120), || {
            let wanted = sequence(&publishing, Some(staff_key))?.context("the core has no sequence")?;
            let answering = sequence(&health, None)?.unwrap_or_default();
            step.say(&format!("the edge has sequence {answering} of {wanted}"));
            Ok((answering >= wanted).then_some(()))
        })
    })
}

struct Brand {
    code: String,
    live: bool,
}

fn brands(stack: &Stack, staff_key: &str) -> Result<Vec<Brand>> {
    let answer = http::get(
        &format!("{}/v1/brands?limit=100", stack.core_url),
        Some(staff_key),
    )?;
    let body = answer
        .json()
        .with_context(|| format!("the core answers {}: {}", answer.status, answer.body))?;
    let items = body
        .get("items")
        .and_then(Value::as_array)
        .context("the core lists no brands")?;
    Ok(items
        .iter()
        .filter_map(|item| {
            let code = item.get("code")?.as_str()?.to_owned();
            Some(Brand {
                code,
                live: item.get("live").is_some_and(|live| !live.is_null()),
            })
        })
        .collect())
}
