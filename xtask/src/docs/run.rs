//! Runs each command that README and book show, page by page, and compares what it prints with what the page shows.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::checkout::Checkout;
use crate::progress::Progress;
use crate::sqlx;

use super::compare::agrees;
use super::console::{self, Step, only_asks};
use super::markdown;
use super::pages;
use super::platform::Platform;
use super::shell::{Printed, Shell};

/// How long what only asks may be told something else: what was begun before comes to its end meanwhile.
const SOON: Duration = Duration::from_secs(300);
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// As the command line exits that did what it should, and that found something to look at.
const FINE: [i32; 2] = [0, 3];

struct Page {
    name: String,
    steps: Vec<Step>,
}

/// Runs all pages, or those whose path has `only` in it, on a database of its own on the server at `url`.
pub(super) fn all(checkout: &Checkout, url: &str, only: Option<&str>, progress: &mut Progress) -> Result<()> {
    let pages = with_commands(checkout, only)?;
    sqlx::with_database(checkout, url, "docs", progress, |url, progress| {
        let platform = Platform::start(checkout, url, progress)?;
        let mut faults = Vec::new();
        for page in &pages {
            let name = format!("run the {} commands of {}", page.steps.len(), page.name);
            if let Err(error) = progress.step(&name, |step| through(page, &platform, |line| step.say(line))) {
                faults.push(format!("{error:#}"));
            }
        }
        if !faults.is_empty() {
            bail!(
                "what the pages show is not what happens:\n\n{}",
                faults.join("\n\n")
            );
        }
        Ok(())
    })
}

fn with_commands(checkout: &Checkout, only: Option<&str>) -> Result<Vec<Page>> {
    let mut pages = Vec::new();
    for name in pages::in_order(&checkout.root)? {
        if only.is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let text = markdown::read(&checkout.root.join(&name))?;
        let steps = console::steps(&text).map_err(|fault| anyhow!("{name}: {fault}"))?;
        if !steps.is_empty() {
            pages.push(Page { name, steps });
        }
    }
    if pages.is_empty() {
        bail!("no page shows a command that could be run");
    }
    Ok(pages)
}

/// The commands of one page in one shell; the first that is not as shown ends it.
fn through(page: &Page, platform: &Platform, say: impl Fn(&str)) -> Result<()> {
    let mut shell = Shell::start(&platform.folder, &platform.folder.join("home"))?;
    for step in &page.steps {
        say(step.command.lines().next().unwrap_or_default());
        take(step, platform, &mut shell).with_context(|| format!("{}:{}", page.name, step.line))?;
    }
    Ok(())
}

fn take(step: &Step, platform: &Platform, shell: &mut Shell) -> Result<()> {
    let command = platform.here(&step.command);
    let started = Instant::now();
    loop {
        let printed = shell.run(&command)?;
        let fault = match as_shown(step, platform, &printed) {
            Ok(()) => return Ok(()),
            Err(fault) => fault,
        };
        if !only_asks(&command) || started.elapsed() > SOON {
            let Printed { code, text } = printed;
            bail!(
                "{fault}\n$ {}\n{}\n(exit code {code})",
                step.command,
                platform.there(&text).trim()
            );
        }
        thread::sleep(ASK_AGAIN);
    }
}

fn as_shown(step: &Step, platform: &Platform, printed: &Printed) -> Result<(), String> {
    if FINE.contains(&printed.code) == step.fails {
        return Err(match step.fails {
            true => "the page says that it fails, and it does not".to_owned(),
            false => "it fails".to_owned(),
        });
    }
    agrees(&step.output, &platform.there(&printed.text))
}
