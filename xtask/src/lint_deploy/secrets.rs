//! Secrets in what git has or would have.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::checkout::{Checkout, create_dir};
use crate::command;

const CONFIG: &str = ".gitleaks.toml";

/// # Errors
/// There is one, or a made-up one would not be found.
pub(super) fn look(checkout: &Checkout, programs: &Path) -> Result<()> {
    let home = checkout.target.join("lint-deploy");
    let _absent_is_fine = fs::remove_dir_all(&home);
    finds_what_is_there(checkout, programs, &home.join("bad"))?;
    let files = home.join("files");
    copy_what_git_has(&checkout.root, &files)?;
    command::run_attached(&mut search(checkout, programs, &files))
}

/// Put together here, so that it is not found in this file.
fn finds_what_is_there(checkout: &Checkout, programs: &Path, folder: &Path) -> Result<()> {
    create_dir(folder)?;
    let secret = "x3Kd9".repeat(9);
    let token = format!(
        "token = \"mk_{}_{}\"\n",
        "0198d3a26f0e7c35".repeat(2),
        &secret[..43]
    );
    fs::write(folder.join("settings"), token).context("writing a made-up secret")?;
    let output = search(checkout, programs, folder).output();
    let output = output.context("starting gitleaks")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.code() == Some(1) && said.contains("marquee-token"),
        "gitleaks must find a made-up token of ours, or it proves nothing; it said:\n{said}"
    );
    Ok(())
}

fn search(checkout: &Checkout, programs: &Path, folder: &Path) -> Command {
    let mut gitleaks = Command::new(programs.join("gitleaks"));
    gitleaks
        .args([
            "dir",
            ".",
            "--no-banner",
            "--no-color",
            "--verbose",
            "--redact=60",
            "--config",
        ])
        .arg(checkout.root.join(CONFIG))
        .current_dir(folder);
    gitleaks
}

/// Not the folder itself, which holds what was built: a search of that takes minutes.
fn copy_what_git_has(root: &Path, to: &Path) -> Result<()> {
    let mut list = Command::new("git");
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let list = command::capture(list.current_dir(root))?;
    let files = list
        .split('\0')
        .filter(|file| !file.is_empty() && root.join(file).is_file());
    for file in files {
        let copy = to.join(file);
        create_dir(copy.parent().context("a file is in a folder")?)?;
        fs::copy(root.join(file), &copy).with_context(|| format!("copying {file}"))?;
    }
    Ok(())
}
