//! Timing our side of a rule set: look-ups, whole decisions, and what it takes to have a table.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result};
use marquee_shared::compile::{self, Compiled};
use marquee_shared::decide::{Site, Visitor, decide};
use marquee_shared::rules::RuleSet;
use marquee_shared::table::{Question, Table};
use marquee_shared::zip::{Zip, locate};

use super::requests::Request;
use crate::stats::{Samples, median};

/// Decisions timed together: reading the clock costs about as much as one.
pub(crate) const BATCH: usize = 64;

/// Requests as the table numbers them.
pub(crate) fn questions(table: &Table, requests: &[Request]) -> Result<Vec<Question>> {
    let question = |request: &Request| table.question(&request.visitor(), request.state);
    requests
        .iter()
        .map(question)
        .collect::<Option<_>>()
        .context("a product is not in the table")
}

/// Nanoseconds per look-up of each batch, for one pass. Which question comes next depends on the last answer, so
/// that the processor cannot overlap look-ups: the figure is a latency, not a throughput.
pub(crate) fn resolve(table: &Table, questions: &[Question]) -> Vec<f64> {
    let nothing = black_box(0);
    let mut last = 0;
    chained(questions.len(), |index| {
        let question = questions.get(index + (last & nothing));
        last = question
            .and_then(|question| table.rule(question))
            .unwrap_or_default() as usize;
    })
}

/// As [`resolve`], from the visitor's words: ZIP parsed, state found, three dictionaries asked.
pub(crate) fn from_words(table: &Table, visitors: &[Visitor<'_>], zips: &[String]) -> Vec<f64> {
    chained(visitors.len(), |index| {
        let (Some(visitor), Some(zip)) = (visitors.get(index), zips.get(index)) else {
            return;
        };
        let Ok(zip) = Zip::parse(zip) else { return };
        let question = table.question(&Visitor { zip, ..*visitor }, locate(zip.zip).state);
        black_box(question.and_then(|question| table.rule(&question)));
    })
}

/// The whole decision, attributes and final URL included.
pub(crate) fn whole(site: &Site<'_>, visitors: &[Visitor<'_>]) -> Vec<f64> {
    chained(visitors.len(), |index| {
        if let Some(visitor) = visitors.get(index) {
            black_box(decide(site, visitor));
        }
    })
}

fn chained(count: usize, mut one: impl FnMut(usize)) -> Vec<f64> {
    let batches = count / BATCH;
    let mut samples = Vec::with_capacity(batches);
    for batch in 0..batches {
        let started = Instant::now();
        for index in batch * BATCH..(batch + 1) * BATCH {
            one(index);
        }
        samples.push(started.elapsed().as_nanos() as f64 / BATCH as f64);
    }
    samples
}

/// Compiles `times` times; the table, and the median time in milliseconds.
pub(crate) fn compile(set: &RuleSet, times: usize) -> Result<(Compiled, f64)> {
    let mut compiled = compile::compile(set).context("compiling the rules")?;
    let mut samples = Vec::with_capacity(times);
    for _ in 0..times {
        let started = Instant::now();
        compiled = compile::compile(set).context("compiling the rules")?;
        samples.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok((compiled, median(samples)))
}

/// Loads `times` times; the table, and the median time of the check in milliseconds.
pub(crate) fn load(bytes: &[u8], times: usize) -> Result<(Table, f64)> {
    let mut samples = Vec::with_capacity(times);
    for _ in 0..times {
        let bytes = bytes.to_vec();
        let started = Instant::now();
        let table = Table::load(bytes);
        samples.push(started.elapsed().as_secs_f64() * 1e3);
        black_box(table.context("loading the table")?);
    }
    let table = Table::load(bytes.to_vec()).context("loading the table")?;
    Ok((table, median(samples)))
}

/// Samples of several rounds as one.
pub(crate) fn pooled(rounds: &[Vec<f64>]) -> Samples {
    rounds.iter().flatten().copied().collect()
}
