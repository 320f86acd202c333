//! `cargo xtask sqlx`: the committed descriptions of checked queries, made against a new, migrated database.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::checkout::Checkout;
use crate::command;
use crate::npm;
use crate::postgres;
use crate::progress::{Progress, Step};
use crate::tools::{self, Tool};

#[derive(Debug, clap::Args)]
pub(crate) struct Sqlx {
    /// Fail when `.sqlx` is not what would be written.
    #[arg(long)]
    check: bool,
    /// Use this Postgres (as a role that may create databases) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

pub(crate) fn run(arguments: &Sqlx) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let _alone = checkout.lock("test")?;
    npm::install(&checkout, &mut progress)?;
    let sqlx = tools::ensure(&checkout, Tool::Sqlx, &mut progress)?;
    tools::remove_build_folder(&checkout);
    postgres::for_tests(
        &checkout,
        arguments.database_url.as_deref(),
        &mut progress,
        |url, progress| prepare(&checkout, &sqlx, url, arguments.check, progress),
    )
}

/// Migrates a database of its own on the server at `url`, and prepares or checks every query against it.
pub(crate) fn prepare(
    checkout: &Checkout,
    sqlx: &Path,
    url: &str,
    check: bool,
    progress: &mut Progress,
) -> Result<()> {
    let url = database_of_its_own(url, "sqlx")?;
    let tool = |program: PathBuf| {
        let mut command = Command::new(program);
        // The tool finds cargo by this variable, which cargo sets for its subcommands.
        command
            .env("DATABASE_URL", &url)
            .env("CARGO", "cargo")
            .current_dir(&checkout.root);
        command
    };
    let log = checkout.log("sqlx")?;
    progress.step("migrate a new database", |step| {
        command::run(
            tool(sqlx.to_owned()).args(["database", "drop", "-y", "-f"]),
            &log,
            step,
        )?;
        command::run(tool(sqlx.to_owned()).args(["database", "create"]), &log, step)?;
        command::run(
            tool(sqlx.to_owned()).args(["migrate", "run", "--source", "migrations"]),
            &log,
            step,
        )
    })?;
    let name = if check { "check .sqlx" } else { "write .sqlx" };
    let result = progress.stage(name, || {
        let mut prepare = tool(sqlx.with_file_name("cargo-sqlx"));
        prepare.args(["sqlx", "prepare", "--workspace"]);
        if check {
            prepare.arg("--check");
        }
        command::run_attached(prepare.args(["--", "--all-targets"])).with_context(|| {
            if check {
                "run `cargo xtask sqlx` and commit .sqlx"
            } else {
                "see above"
            }
        })
    });
    progress.step("drop the database", |step| {
        command::run(
            tool(sqlx.to_owned()).args(["database", "drop", "-y", "-f"]),
            &log,
            step,
        )
    })?;
    result
}

/// Runs `work` with the address of a new, empty database on the server at `url`, and drops it afterwards.
///
/// # Errors
/// When the role may not create databases, and those of `work`.
pub(crate) fn with_database<T>(
    checkout: &Checkout,
    url: &str,
    purpose: &str,
    progress: &mut Progress,
    work: impl FnOnce(&str, &mut Progress) -> Result<T>,
) -> Result<T> {
    let sqlx = tools::ensure(checkout, Tool::Sqlx, progress)?;
    let url = database_of_its_own(url, purpose)?;
    let log = checkout.log("sqlx")?;
    let database = |words: &[&str], step: &Step| {
        let mut command = Command::new(&sqlx);
        command.arg("database").args(words).env("DATABASE_URL", &url);
        command::run(command.current_dir(&checkout.root), &log, step)
    };
    progress.step("create a database", |step| {
        database(&["drop", "-y", "-f"], step)?;
        database(&["create"], step)
    })?;
    let result = work(&url, progress);
    progress.step("drop the database", |step| database(&["drop", "-y", "-f"], step))?;
    result
}

/// The same server, another database: what it is for must see what is meant for it and nothing else.
fn database_of_its_own(url: &str, purpose: &str) -> Result<String> {
    let (address, query) = match url.split_once('?') {
        Some((address, query)) => (address, format!("?{query}")),
        None => (url, String::new()),
    };
    let (server, _) = address
        .rsplit_once('/')
        .context("DATABASE_URL names no database")?;
    Ok(format!(
        "{server}/marquee_{purpose}_{}{query}",
        std::process::id()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_on_the_same_server_with_the_same_options() {
        let url =
            database_of_its_own("postgres://me:pw@127.0.0.1:5432/marquee?sslmode=disable", "sqlx").unwrap();
        let expected = format!(
            "postgres://me:pw@127.0.0.1:5432/marquee_sqlx_{}?sslmode=disable",
            std::process::id()
        );
        assert_eq!(url, expected);
    }
}
