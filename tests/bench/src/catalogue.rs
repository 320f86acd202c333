//! What somebody waits for who looks for a talent among 100,000.

mod ask;
pub mod estate;

use std::time::Instant;

use anyhow::{Context, Result};
use marquee_core::app::App;

use self::ask::{Client, Question};
use crate::Run;
use crate::ingest::Programs;
use crate::random::Random;
use crate::report::{Row, Section, Target, number};
use crate::service::while_served;
use crate::stats::Samples;

/// The most milliseconds that nineteen of twenty answers may take.
const LIMIT: f64 = 50.0;

pub(crate) fn run(run: &Run, programs: &Programs) -> Result<Section> {
    let database_url = programs
        .database_url
        .as_deref()
        .context("--database-url is missing")?;
    let talents = if run.quick { 5_000 } else { 100_000 };
    let rounds = if run.quick { 20 } else { 300 };

    eprintln!("  … catalogue, filling");
    let fill = async |app: &App| estate::fill(&app.db, talents).await;
    let rows = while_served(database_url, fill, |address| {
        measure(&Client::new(address), rounds)
    })?;
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
