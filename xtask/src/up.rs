//! `cargo xtask up`: the whole of Marquee on this machine, from nothing to working `curl` lines.

mod core;
mod edge;
mod http;
mod keys;
mod marketplace;
mod sample;
mod sqs;
mod tour;

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::checkout::Checkout;
use crate::edge as worker;
use crate::interrupt::{self, Interrupted};
use crate::ports;
use crate::postgres::{self, Postgres, Purpose};
use crate::progress::{self, Progress};
use crate::service::{self, Services};
use crate::tools;
use sample::Data;

pub(crate) use self::http::{is_up, post};
pub(crate) use self::marketplace::{Loaded, Somebody, load_from};

#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    /// Delete all local data, keys and logs first.
    #[arg(long)]
    fresh: bool,
    /// Where the core's API listens, on 127.0.0.1.
    #[arg(long, env = "MARQUEE_CORE_PORT", default_value_t = 8080)]
    core_port: u16,
    /// Where the edge listens, on 127.0.0.1.
    #[arg(long, env = "MARQUEE_EDGE_PORT", default_value_t = 8787)]
    edge_port: u16,
    /// Where the SQS emulator listens, on 127.0.0.1.
    #[arg(long, env = "MARQUEE_SQS_PORT", default_value_t = 4566)]
    sqs_port: u16,
    /// Use this Postgres database instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// What every part is told about the others.
pub(crate) struct Stack {
    checkout: Checkout,
    /// The core's, as it was built.
    program: PathBuf,
    pub(crate) core_url: String,
    pub(crate) edge_url: String,
    database_url: String,
    signing_key: keys::SigningKey,
    queue: sqs::Queue,
}

pub(crate) fn run(arguments: &Up) -> Result<()> {
    let checkout = Checkout::find()?;
    let Some(_alone) = checkout.try_lock("up")? else {
        bail!("`cargo xtask up` already runs in this checkout: use that one, or stop it with Ctrl-C there");
    };
    let mut progress = Progress::new();
    for name in service::stop_survivors(&checkout.records())? {
        eprintln!("  stopped {name}, which an earlier run left behind");
    }
    if arguments.fresh {
        start_over(&checkout, arguments)?;
    }
    check_ports(arguments)?;

    let mut services = Services::default();
    let result =
        start(&checkout, arguments, &mut services, &mut progress).and_then(|()| watch(&mut services));
    eprintln!("\nstopping");
    drop(services);
    match result {
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("stopped; the data stays in .local, and `cargo xtask up` goes on with it");
            Ok(())
        }
        result => result,
    }
}

/// Starts everything in the order in which each needs the other, and shows around.
fn start(
    checkout: &Checkout,
    arguments: &Up,
    services: &mut Services,
    progress: &mut Progress,
) -> Result<()> {
    tools::ensure_package(tools::FFMPEG, checkout, progress)?;
    worker::build(checkout, progress)?;
    core::build(checkout, progress)?;

    let postgres = Postgres::start(
        checkout,
        Purpose::Data,
        arguments.database_url.as_deref(),
        progress,
    )?;
    if let Some(service) = postgres.service {
        services.push(service);
    }
    let given = Given {
        checkout,
        program: checkout.target.join("debug/marquee"),
        database_url: postgres.url,
        core_port: arguments.core_port,
        edge_port: arguments.edge_port,
        sqs_port: arguments.sqs_port,
    };
    let Began {
        stack,
        staff_key,
        data,
    } = begin(given, services, progress)?;
    match data {
        Data::Sample => {
            let people = marketplace::load(&stack, progress)?;
            tour::show(&stack, &staff_key, services)?;
            tour::show_marketplace(&stack, &people)?;
            tour::show_rest(&stack);
        }
        Data::Other => eprintln!("\n  the database holds brands of your own, so no sample was loaded"),
    }
    eprintln!(
        "up after {}; Ctrl-C stops everything",
        progress::seconds(progress.elapsed())
    );
    Ok(())
}

/// With what the platform is started.
pub(crate) struct Given<'a> {
    pub(crate) checkout: &'a Checkout,
    pub(crate) program: PathBuf,
    pub(crate) database_url: String,
    pub(crate) core_port: u16,
    pub(crate) edge_port: u16,
    pub(crate) sqs_port: u16,
}

/// The platform, with the sample brands at its edge.
pub(crate) struct Began {
    pub(crate) stack: Stack,
    staff_key: String,
    data: Data,
}

/// Starts queue, edge and core on a database that runs, and publishes the sample brands.
pub(crate) fn begin(given: Given<'_>, services: &mut Services, progress: &mut Progress) -> Result<Began> {
    let checkout = given.checkout;
    let (sqs, queue) = sqs::start(checkout, given.sqs_port, progress)?;
    services.push(sqs);
    let stack = Stack {
        checkout: checkout.clone(),
        program: given.program,
        core_url: format!("http://127.0.0.1:{}", given.core_port),
        edge_url: format!("http://127.0.0.1:{}", given.edge_port),
        database_url: given.database_url,
        signing_key: keys::signing_key(checkout)?,
        queue,
    };
    core::migrate(&stack, progress)?;
    services.push(edge::start(&stack, given.edge_port, progress)?);
    services.push(core::start(&stack, given.core_port, progress)?);
    let staff_key = keys::staff_key(&stack)?;
    core::write_environment(&stack)?;
    let data = sample::load(&stack, &staff_key, progress)?;
    sample::wait_for_edge(&stack, &staff_key, services, progress)?;
    Ok(Began {
        stack,
        staff_key,
        data,
    })
}

/// Until somebody asks us to stop, or a part ends by itself.
fn watch(services: &mut Services) -> Result<()> {
    loop {
        interrupt::check()?;
        services.check()?;
        thread::sleep(Duration::from_millis(100));
    }
}

fn start_over(checkout: &Checkout, arguments: &Up) -> Result<()> {
    if arguments.database_url.is_some() {
        bail!("--fresh deletes only a private Postgres: empty the database that DATABASE_URL names yourself");
    }
    postgres::remove(checkout, Purpose::Data)?;
    for name in ["wrangler", "logs", "keys", "sample", "files"] {
        let _absent_is_fine = fs::remove_dir_all(checkout.local().join(name));
    }
    Ok(())
}

/// Says of every port that is taken who holds it and how to use another.
fn check_ports(arguments: &Up) -> Result<()> {
    let wanted = [
        (arguments.core_port, "--core-port", "MARQUEE_CORE_PORT"),
        (arguments.edge_port, "--edge-port", "MARQUEE_EDGE_PORT"),
        (arguments.sqs_port, "--sqs-port", "MARQUEE_SQS_PORT"),
    ];
    let taken: Vec<String> = wanted
        .into_iter()
        .filter(|(port, ..)| !ports::is_free(*port))
        .map(|(port, flag, variable)| {
            let holder = ports::holder(port).unwrap_or_else(|| "another program".to_owned());
            format!("port {port} is taken by {holder}: stop that, or use another with {flag} or {variable}")
        })
        .collect();
    if taken.is_empty() {
        Ok(())
    } else {
        bail!("{}", taken.join("\n       "))
    }
}
