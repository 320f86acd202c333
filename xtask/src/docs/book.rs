//! The book: the pages of `docs/`, and the reference made of the API's document and the command line, by mdBook.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::checkout::{Checkout, create_dir};
use crate::command;
use crate::progress::Progress;
use crate::test;
use crate::tools::{self, Tool};

use super::reference;

/// Where `SUMMARY.md` lists what is made here.
const REFERENCE: &str = "<!-- the reference is listed here -->";

pub(super) fn folder(checkout: &Checkout) -> PathBuf {
    checkout.target.join("docs/book")
}

pub(super) fn index(checkout: &Checkout) -> PathBuf {
    folder(checkout).join("index.html")
}

/// The core's own program, which tells what the reference says.
pub(super) fn marquee(checkout: &Checkout) -> Command {
    let mut marquee = Command::new(checkout.target.join(test::PROGRAM));
    marquee.env("MARQUEE_ENV", "local");
    marquee
}

pub(super) fn build(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    let mdbook = tools::ensure(checkout, Tool::MdBook, progress)?;
    tools::remove_build_folder(checkout);
    let log = checkout.log("mdbook")?;
    let source = checkout.target.join("docs/source");
    progress.step("make the book", |step| {
        let _absent_is_fine = fs::remove_dir_all(&source);
        copy(&checkout.root.join("docs"), &source)?;
        let listed = reference::write(checkout, &source)?;
        let summary = source.join("SUMMARY.md");
        let text = fs::read_to_string(&summary).context("reading SUMMARY.md")?;
        let (before, after) = text
            .split_once(REFERENCE)
            .with_context(|| format!("docs/SUMMARY.md has no `{REFERENCE}`"))?;
        fs::write(&summary, format!("{before}{listed}{after}")).context("writing SUMMARY.md")?;
        let mut mdbook = Command::new(mdbook);
        mdbook
            .arg("build")
            .arg(&source)
            .arg("--dest-dir")
            .arg(folder(checkout));
        command::run(&mut mdbook, &log, step)
    })
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    create_dir(to)?;
    let entries = fs::read_dir(from).with_context(|| format!("reading {}", from.display()))?;
    for entry in entries.flatten() {
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &copied)?;
        } else {
            fs::copy(&path, &copied).with_context(|| format!("copying {}", path.display()))?;
        }
    }
    Ok(())
}
