//! Ingestion into Postgres: the transaction alone, and the whole loop from the queue.

pub mod emulator;
mod limit;
pub mod traffic;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::future::try_join_all;
use marquee_core::app::App;
use marquee_core::hits::{self, Pace};
use marquee_core::platform::database;
use marquee_shared::hit::MAX_PACKED;
use sqlx::PgPool;
use tokio::process::Command;

use self::emulator::Emulator;
use self::traffic::Traffic;
use crate::Run;
use crate::report::{Row, Section, Target, number};
use crate::service;
use crate::stats::median;

const TARGET: f64 = 20_000.0;

/// What `cargo xtask bench` has built and started.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Programs {
    /// An empty database of a Postgres that nobody else uses meanwhile.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// The service's own program.
    #[arg(long)]
    pub(crate) marquee: Option<PathBuf>,
    /// The SQS emulator's script.
    #[arg(long)]
    pub(crate) sqs: Option<PathBuf>,
}

pub(crate) fn run(run: &Run, programs: &Programs) -> Result<Section> {
    let runtime = tokio::runtime::Runtime::new().context("starting the asynchronous runtime")?;
    runtime.block_on(measure(run, programs))
}

async fn measure(run: &Run, programs: &Programs) -> Result<Section> {
    let Programs {
        database_url,
        marquee,
        sqs,
    } = programs;
    let database_url = database_url.as_deref().context("--database-url is missing")?;
    let (rounds, messages) = if run.quick { (2, 120) } else { (5, 480) };
    let pace = Pace::default();

    let app = App::connect(service::config(database_url)?).await?;
    database::migrate(&app.db).await?;
    limit::prepare(&app.db).await?;
    let mut traffic = Traffic::new(app.now())?;
    // Opens the day's partitions and warms what is compiled, planned and cached lazily.
    accept(&app, &traffic.messages(pace.batch)?, pace).await?;

    let (mut ours, mut copies) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        eprintln!("  … ingest, round {} of {rounds}", round + 1);
        let from = traffic.at()?;
        let bodies = traffic.messages(messages)?;
        ours.push(accept(&app, &bodies, pace).await?);
        let rows = limit::rows(&app.db, from).await?;
        copies.push(limit::load(&app.db, &rows, pace.batch * MAX_PACKED, pace.receivers).await?);
    }
    let ratio = median(ours.iter().zip(&copies).map(|(ours, copy)| ours / copy));
    let (ours, copies) = (median(ours), median(copies));

    eprintln!("  … ingest, from the queue");
    let emulator = Emulator::start(sqs.as_deref().context("--sqs is missing")?).await?;
    let bodies = traffic.messages(messages * 2)?;
    emulator.fill(&bodies).await?;
    let started = Instant::now();
    emulator.empty(pace.receivers).await?;
    let alone = rate(bodies.len(), started.elapsed());
    emulator.fill(&bodies).await?;
    let whole = work(
        marquee.as_deref().context("--marquee is missing")?,
        database_url,
        &emulator,
        bodies.len(),
    )
    .await?;

    let target = |row: Row, value| row.target(Target::AtLeast(TARGET), value, "≥ 20,000 events/s");
    Ok(Section {
        title: "Ingestion",
        method: method(&app.db, rounds, messages, pace).await?,
        rows: vec![
            target(
                Row::new("accept: stored and counted, exactly once", events(ours)),
                ours,
            )
            .beside(format!("COPY {}", events(copies)), ratio),
            target(
                Row::new("whole loop: SQS emulator → core → Postgres", events(whole)),
                whole,
            )
            .beside(format!("emulator alone {}", events(alone)), whole / alone),
        ],
    })
}

/// Hands the messages to `accept` as the service's loop does, by as many at once; events per second.
async fn accept(app: &App, bodies: &[Vec<u8>], pace: Pace) -> Result<f64> {
    let started = Instant::now();
    let shares = (0..pace.receivers).map(|first| {
        let batches = bodies.chunks(pace.batch).skip(first).step_by(pace.receivers);
        async move {
            for batch in batches {
                hits::accept(app, batch.iter().map(Vec::as_slice)).await?;
            }
            Ok::<_, hits::Error>(())
        }
    });
    try_join_all(shares).await?;
    Ok(rate(bodies.len(), started.elapsed()))
}

/// Runs the service's ingestion, as deployed, until the queue is empty; events per second, its start included.
async fn work(marquee: &Path, database_url: &str, emulator: &Emulator, messages: usize) -> Result<f64> {
    let started = Instant::now();
    let _worker = Command::new(marquee)
        .args(["work", "--roles", "ingest", "--env", "local"])
        .env("DATABASE_URL", database_url)
        .args([
            "--sqs-endpoint-url",
            &emulator.endpoint_url,
            "--sqs-queue-url",
            &emulator.queue_url,
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {}", marquee.display()))?;
    emulator.drained().await?;
    Ok(rate(messages, started.elapsed()))
}

async fn method(db: &PgPool, rounds: usize, messages: usize, pace: Pace) -> Result<String> {
    let mut settings = Vec::new();
    for name in [
        "server_version",
        "fsync",
        "synchronous_commit",
        "full_page_writes",
        "shared_buffers",
    ] {
        let value: String = sqlx::query_scalar("select current_setting($1)")
            .bind(name)
            .fetch_one(db)
            .await
            .context("asking Postgres")?;
        settings.push(format!("{name} {value}"));
    }
    Ok(format!(
        "Postgres with {}; everything on one machine. {} messages of {MAX_PACKED} hits a round over 3 brands, {} messages a \
         transaction, {} transactions at once, as the service does. Limit: COPY of the very same rows into a table like that of the \
         hits, in as many transactions and connections, without rollups, cells, parsing or a second copy; {rounds} rounds in turn, medians. The \
         whole loop runs `marquee work --roles ingest` on a full queue of the emulator (JavaScript, on the same cores), process start included.",
        settings.join(", "),
        number(messages as f64, ""),
        pace.batch,
        pace.receivers,
    ))
}

fn rate(messages: usize, elapsed: Duration) -> f64 {
    (messages * MAX_PACKED) as f64 / elapsed.as_secs_f64()
}

fn events(per_second: f64) -> String {
    number(per_second, "events/s")
}
