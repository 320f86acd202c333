//! What somebody waits for who looks for a talent among 100,000.

mod ask;
mod estate;

use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use marquee_core::app::App;
use marquee_core::config::Settings;
use marquee_core::http;
use marquee_core::platform::database;
use tokio::net::TcpListener;

use self::ask::{Client, Question};
use crate::Run;
use crate::ingest::Programs;
use crate::random::Random;
use crate::report::{Row, Section, Target, number};
use crate::stats::Samples;

/// The most milliseconds that nineteen of twenty answers may take.
const LIMIT: f64 = 50.0;

/// The service's settings, as its own program would read them.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
}

pub(crate) fn run(run: &Run, programs: &Programs) -> Result<Section> {
    let database_url = programs
        .database_url
        .as_deref()
        .context("--database-url is missing")?;
    let flags = Flags::parse_from(["marquee", "--env", "local", "--database-url", database_url]);
    let config = flags.settings.validate()?;
    let runtime = tokio::runtime::Runtime::new().context("starting the asynchronous runtime")?;
    let talents = if run.quick { 5_000 } else { 100_000 };
    let rounds = if run.quick { 20 } else { 300 };

    eprintln!("  … catalogue, filling");
    let (app, listener) = runtime.block_on(async {
        let app = App::connect(config).await?;
        database::migrate(&app.db).await?;
        estate::fill(&app.db, talents).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listening")?;
        anyhow::Ok((app, listener))
    })?;
    let client = Client::new(listener.local_addr().context("asking for the port")?);
    let served = {
        let app = app.clone();
        let router = http::router(&app);
        runtime.spawn(async move { http::serve(&app, listener, router).await })
    };
    // Asked from a thread of its own, as from another machine: one after another.
    let rows = thread::scope(|scope| scope.spawn(|| measure(&client, rounds)).join());
    app.stopping.cancel();
    runtime.block_on(served).context("stopping the service")?;
    let rows = rows.unwrap_or_else(|_| Err(anyhow::anyhow!("asking panicked")))?;
    Ok(Section {
        title: "The catalogue",
        method: format!(
            "{} talents in 11 categories, written by SQL, of whom 3 % have no price and 1 % are suspended. Asked over HTTP by one \
             client, the public routes of the core in this process, {rounds} times each after a tenth as often unmeasured, each time with \
             other words, categories, prices and pages.",
            number(f64::from(talents), ""),
        ),
        rows,
    })
}

fn measure(client: &Client, rounds: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let known = client.known()?;
    for question in Question::ALL {
        eprintln!("  … catalogue, {}", question.name());
        let mut random = Random::new(1);
        let mut samples = Vec::new();
        for round in 0..rounds + rounds / 10 {
            let path = question.path(&mut random, &known)?;
            let begun = Instant::now();
            let found = client.ask(&path)?;
            let took = begun.elapsed().as_secs_f64() * 1_000.0;
            question.check(found).with_context(|| path.clone())?;
            if round >= rounds / 10 {
                samples.push(took);
            }
        }
        let samples: Samples = samples.into_iter().collect();
        let figure = format!(
            "p50 {}, p95 {}, p99 {}",
            number(samples.p50(), "ms"),
            number(samples.p95(), "ms"),
            number(samples.p99(), "ms")
        );
        rows.push(Row::new(question.name(), figure).target(
            Target::AtMost(LIMIT),
            samples.p95(),
            "p95 ≤ 50 ms",
        ));
    }
    Ok(rows)
}
