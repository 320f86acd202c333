//! A platform for the pages' commands, as `cargo xtask up` brings it up, in a checkout of its own: every file of the real
//! one by link, and data, keys and mail that nobody else has.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::checkout::{Checkout, create_dir, write_secret};
use crate::ports;
use crate::progress::Progress;
use crate::sample;
use crate::service::Services;
use crate::test;
use crate::up::{self, Given};

/// How many of the sample's talents there are: the film of each is made into what is shown of it before anything else.
const TALENTS: usize = 3;
/// Addresses of `up` as the pages have them.
const CORE: &str = "127.0.0.1:8080";
const EDGE: &str = "127.0.0.1:8787";

pub(super) struct Platform {
    // What runs ends before its folder is anybody else's.
    _services: Services,
    pub(super) folder: PathBuf,
    core: String,
    edge: String,
}

impl Platform {
    pub(super) fn start(checkout: &Checkout, url: &str, progress: &mut Progress) -> Result<Self> {
        let scratch = scratch(checkout)?;
        let [core_port, edge_port, sqs_port] = ports::several()?;
        let given = Given {
            checkout: &scratch,
            program: program(checkout, &scratch)?,
            database_url: url.to_owned(),
            core_port,
            edge_port,
            sqs_port,
        };
        let mut services = Services::default();
        let began = up::begin(given, &mut services, progress)?;
        let marketplace = few_talents(checkout, &scratch, progress)?;
        up::load_from(&began.stack, &marketplace, progress)?;
        Ok(Self {
            _services: services,
            folder: scratch.root,
            core: format!("127.0.0.1:{core_port}"),
            edge: format!("127.0.0.1:{edge_port}"),
        })
    }

    /// A page's command with the addresses of this platform.
    pub(super) fn here(&self, command: &str) -> String {
        command.replace(CORE, &self.core).replace(EDGE, &self.edge)
    }

    /// What was printed with the addresses of the pages.
    pub(super) fn there(&self, printed: &str) -> String {
        printed.replace(&self.core, CORE).replace(&self.edge, EDGE)
    }
}

/// An own `.local` and `wrangler.toml`, and links to everything else.
fn scratch(checkout: &Checkout) -> Result<Checkout> {
    let root = checkout.target.join("docs/platform");
    let _absent_is_fine = fs::remove_dir_all(&root);
    create_dir(&root.join(".local"))?;
    create_dir(&root.join("home"))?;
    let entries = fs::read_dir(&checkout.root).context("reading the checkout")?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name == ".local" || name == "target" || name == "wrangler.toml" {
            continue;
        }
        symlink(entry.path(), root.join(&name)).with_context(|| format!("linking {}", name.display()))?;
    }
    let config = fs::read_to_string(checkout.root.join("wrangler.toml")).context("reading wrangler.toml")?;
    write_secret(&root.join("wrangler.toml"), &as_built(&config, &checkout.root)?)?;
    Ok(Checkout {
        root,
        target: checkout.target.clone(),
    })
}

/// For a Worker that is built: nothing builds it anew.
fn as_built(config: &str, root: &Path) -> Result<String> {
    let here = format!("main = \"{}/edge/", root.display());
    let config = config.replace("main = \"edge/", &here);
    let (before, build) = config
        .split_once("[build]\n")
        .context("wrangler.toml has no build command")?;
    let after = build
        .split_once("\n[")
        .context("wrangler.toml ends with its build command")?;
    Ok(format!("{before}[{}", after.1))
}

/// The core's program under its own name.
fn program(checkout: &Checkout, scratch: &Checkout) -> Result<PathBuf> {
    let folder = scratch.root.join("home/bin");
    create_dir(&folder)?;
    let program = folder.join("marquee");
    symlink(checkout.target.join(test::PROGRAM), &program).context("linking the core's program")?;
    Ok(program)
}

/// The sample marketplace with its first talents only.
fn few_talents(checkout: &Checkout, scratch: &Checkout, progress: &mut Progress) -> Result<PathBuf> {
    let whole = checkout.root.join("target/schemathesis/marketplace");
    let log = checkout.log("docs-marketplace")?;
    progress.step("make pictures and films for the sample marketplace", |step| {
        sample::marketplace(checkout, &whole, &log, step)
    })?;
    let folder = scratch.local().join("sample/marketplace");
    create_dir(&folder)?;
    for part in ["pictures", "films"] {
        symlink(whole.join(part), folder.join(part)).with_context(|| format!("linking {part}"))?;
    }
    let text =
        fs::read_to_string(whole.join("marketplace.json")).context("reading the sample marketplace")?;
    let few = first_talents(serde_json::from_str(&text).context("reading the sample marketplace")?);
    fs::write(folder.join("marketplace.json"), few.to_string()).context("writing the sample marketplace")?;
    Ok(folder)
}

fn first_talents(mut marketplace: Value) -> Value {
    let talents = marketplace["talents"].as_array_mut();
    talents.into_iter().for_each(|talents| talents.truncate(TALENTS));
    let left: Vec<Value> = marketplace["talents"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|talent| talent["person"]["email"].clone())
        .collect();
    for agency in marketplace["agencies"].as_array_mut().into_iter().flatten() {
        let members = agency["members"].as_array_mut();
        members
            .into_iter()
            .for_each(|members| members.retain(|member| left.contains(member)));
    }
    marketplace
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn agencies_keep_who_is_left() {
        let talent = |email: &str| json!({ "person": { "email": email } });
        let few = first_talents(json!({
            "talents": [talent("a"), talent("b"), talent("c"), talent("d")],
            "agencies": [{ "members": ["d", "b"] }],
        }));
        assert_eq!(few["talents"].as_array().unwrap().len(), TALENTS);
        assert_eq!(few["agencies"][0]["members"], json!(["b"]));
    }

    #[test]
    fn the_worker_is_not_built_anew() {
        let config = "name = \"a\"\nmain = \"edge/js/worker.js\"\n\n[build]\ncommand = \"x\"\n\n[limits]\ncpu_ms = 1\n";
        let built = as_built(config, Path::new("/root")).unwrap();
        assert_eq!(
            built,
            "name = \"a\"\nmain = \"/root/edge/js/worker.js\"\n\n[limits]\ncpu_ms = 1\n"
        );
    }
}
