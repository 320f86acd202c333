//! Hits on their way from the queue into Postgres.

use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result};
use marquee_bench::ingest::emulator::Emulator;
use marquee_bench::ingest::traffic::Traffic;
use marquee_bench::report::{aligned, number};
use marquee_core::platform::clock::{Clock as _, SystemClock};
use marquee_shared::hit::MAX_PACKED;
use sqlx::PgPool;
use tokio::process::{Child, Command};
use tokio::runtime::Runtime;

use crate::processor::{Idle, Meter, Who, postmaster};
use crate::sizing::Table;
use crate::{Arguments, Plan};

/// `marquee work --roles ingest` at once.
const WORKERS: [usize; 2] = [1, 2];

struct Round {
    workers: usize,
    per_second: f64,
    worker: f64,
    postgres: f64,
    idle: f64,
}

pub(crate) fn table(arguments: &Arguments, plan: &Plan, runtime: &Runtime) -> Result<Table> {
    let rounds = runtime.block_on(async {
        let db = PgPool::connect(&arguments.database_url)
            .await
            .context("connecting to Postgres")?;
        let mut traffic = Traffic::new(SystemClock.now())?;
        // The day's partitions are made, what is planned and compiled lazily is there.
        drain(arguments, &db, &traffic.messages(10)?, 1).await?;
        let mut rounds = Vec::new();
        for workers in WORKERS {
            eprintln!("  … hits by {workers} workers");
            let messages = traffic.messages(plan.messages)?;
            rounds.push(drain(arguments, &db, &messages, workers).await?);
        }
        anyhow::Ok(rounds)
    })?;
    let head = [
        "workers",
        "hits /s",
        "worker",
        "Postgres",
        "idle",
        "of a processor a hit",
    ]
    .map(str::to_owned);
    let rows = rounds.iter().map(|round| {
        vec![
            round.workers.to_string(),
            number(round.per_second, ""),
            format!("{:.2}", round.worker),
            format!("{:.2}", round.postgres),
            format!("{:.2}", round.idle),
            number(round.each_us(), "µs"),
        ]
    });
    Ok(Table {
        title: "Hits",
        method: format!(
            "A queue of {} messages of {MAX_PACKED} hits, in the emulator of SQS (JavaScript, on the same processors), emptied by so \
             many processes `marquee work --roles ingest`, their start included. A hit is a row, its roll-ups and its cell, \
             counted once.",
            number(plan.messages as f64, "")
        ),
        text: aligned(&head, rows),
        limit: limit(&rounds),
    })
}

impl Round {
    fn each_us(&self) -> f64 {
        (self.worker + self.postgres) / self.per_second * 1e6
    }
}

/// Takes in hits until it is dropped.
pub(crate) fn ingest(arguments: &Arguments, emulator: &Emulator) -> Result<Child> {
    Command::new(&arguments.marquee)
        .args(["work", "--roles", "ingest", "--env", "local"])
        .env("DATABASE_URL", &arguments.database_url)
        .args(["--sqs-endpoint-url", &emulator.endpoint_url])
        .args(["--sqs-queue-url", &emulator.queue_url])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {}", arguments.marquee.display()))
}

/// Fills a queue, then empties it.
async fn drain(arguments: &Arguments, db: &PgPool, messages: &[Vec<u8>], workers: usize) -> Result<Round> {
    // Another one each time: what a worker that was ended still waited for would be hidden from the next for half a minute.
    let emulator = Emulator::start(&arguments.sqs).await?;
    emulator.fill(messages).await?;
    let postgres = Meter::start(postmaster(db).await?)?;
    let idle = Idle::start()?;
    let began = Instant::now();
    let mut children = Vec::new();
    for _ in 0..workers {
        children.push(ingest(arguments, &emulator)?);
    }
    emulator.drained().await?;
    let seconds = began.elapsed().as_secs_f64();
    let mut used = 0.0;
    for child in &children {
        used += Who::One(child.id().context("a worker ended")?).seconds()?;
    }
    Ok(Round {
        workers,
        per_second: (messages.len() * MAX_PACKED) as f64 / seconds,
        worker: used / seconds,
        postgres: postgres.cores()?,
        idle: idle.processors()?,
    })
}

fn limit(rounds: &[Round]) -> String {
    let [one, .., many] = rounds else {
        return String::new();
    };
    let gain = many.per_second / one.per_second;
    let most = if many.postgres > many.worker {
        "Postgres"
    } else {
        "the workers"
    };
    let moved = if gain > 1.25 {
        "more workers".to_owned()
    } else if many.idle < 0.2 {
        format!("processors for {most}, which had most of them")
    } else {
        "neither workers nor processors: the emulator, or commits, were waited for".to_owned()
    };
    format!(
        "{} workers took in {} times what one did, with {:.2} processors idle. What moves the limit: {moved}. At {} of a processor \
         for each, a million hits are {} of one.",
        many.workers,
        number(gain, ""),
        many.idle,
        number(one.each_us(), "µs"),
        number(one.each_us(), "s"),
    )
}
