//! `cargo xtask docs`: the book in `docs/`, with the reference that the program itself gives, and whether what it says is so.

mod book;
mod compare;
mod console;
mod data_map;
mod links;
mod markdown;
mod named;
mod pages;
mod platform;
mod reference;
mod run;
mod shell;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

use crate::checkout::Checkout;
use crate::command;
use crate::interrupt;
use crate::npm;
use crate::ports;
use crate::postgres;
use crate::progress::Progress;
use crate::test;

#[derive(Debug, clap::Args)]
pub(crate) struct Docs {
    /// Only look at the pages' sources: nothing is built.
    #[arg(long, conflicts_with_all = ["serve", "run"])]
    check: bool,
    /// Answer the book on 127.0.0.1 and make it anew when a page changes.
    #[arg(long)]
    serve: bool,
    /// Where `--serve` answers.
    #[arg(long, default_value_t = 3000, requires = "serve")]
    port: u16,
    /// Start the platform, run each command that the pages show, and compare what it prints.
    #[arg(long, conflicts_with = "serve")]
    run: bool,
    /// With `--run`: only pages whose path has this in it.
    #[arg(requires = "run")]
    page: Option<String>,
    /// With `--run`: use this Postgres (as a role that may create databases) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

pub(crate) fn run(arguments: &Docs) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    if arguments.check {
        return check_sources(&checkout, &mut progress);
    }
    let _alone = checkout.lock("test")?;
    npm::install(&checkout, &mut progress)?;
    test::build_programs(&checkout, &mut progress)?;
    if arguments.run {
        crate::edge::build(&checkout, &mut progress)?;
        let given = arguments.database_url.as_deref();
        return postgres::for_tests(&checkout, given, &mut progress, |url, progress| {
            run_pages(&checkout, url, arguments.page.as_deref(), progress)
        });
    }
    check(&checkout, &mut progress)?;
    eprintln!("the book is in {}", book::index(&checkout).display());
    if arguments.serve {
        serve(&checkout, arguments.port, &mut progress)?;
    }
    Ok(())
}

/// What can be seen without a program: pages that nobody finds, links that lead nowhere, commands that nobody runs without a
/// reason, tests that do not exist, tables of which nobody says how long they are kept.
pub(crate) fn check_sources(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    progress.step("check what the pages say", |_| {
        let found = [
            pages::faults(&checkout.root)?,
            links::in_repository(&checkout.root)?,
            named::faults(&checkout.root)?,
            data_map::faults(&checkout.root)?,
        ];
        refuse("the pages are not right", found.concat())
    })
}

/// Builds the book and follows its links. The core must have been built.
pub(crate) fn check(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    book::build(checkout, progress)?;
    progress.step("follow the book's links", |_| {
        refuse("the book is not right", links::in_book(&book::folder(checkout))?)
    })
}

/// Runs the commands of the pages whose path has `only` in it, of all pages without it. Core and Worker must have been built.
pub(crate) fn run_pages(
    checkout: &Checkout,
    url: &str,
    only: Option<&str>,
    progress: &mut Progress,
) -> Result<()> {
    run::all(checkout, url, only, progress)
}

fn refuse(what: &str, faults: Vec<String>) -> Result<()> {
    if !faults.is_empty() {
        bail!("{what}:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

fn serve(checkout: &Checkout, port: u16, progress: &mut Progress) -> Result<()> {
    if !ports::is_free(port) {
        bail!("port {port} is taken: choose another with --port");
    }
    let mut server = Command::new("node");
    server
        .arg("xtask/local/book.mjs")
        .arg(book::folder(checkout))
        .arg(port.to_string());
    let mut server = server
        .current_dir(&checkout.root)
        .stdin(Stdio::null())
        .spawn()
        .context("starting node")?;
    let mut known = changed_at(checkout)?;
    let result = loop {
        if interrupt::requested() {
            break Ok(());
        }
        if let Some(status) = server.try_wait().context("asking for a program's state")? {
            bail!("the server ended ({status})");
        }
        let now = changed_at(checkout)?;
        if now != known {
            known = now;
            if let Err(error) = check(checkout, progress) {
                eprintln!("{error:#}");
            }
        }
        thread::sleep(Duration::from_millis(300));
    };
    command::signal_group(&server, rustix::process::Signal::TERM);
    let _gone = server.kill();
    let _reaped = server.wait();
    result
}

fn changed_at(checkout: &Checkout) -> Result<BTreeMap<PathBuf, SystemTime>> {
    let files = markdown::files(&checkout.root.join("docs"))?;
    files
        .into_iter()
        .map(|file| {
            let changed = fs::metadata(&file).and_then(|metadata| metadata.modified());
            let changed = changed.with_context(|| format!("looking at {}", file.display()))?;
            Ok((file, changed))
        })
        .collect()
}
