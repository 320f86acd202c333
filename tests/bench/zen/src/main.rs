//! Decides requests by zen-engine, for the bench that started this process.
//!
//! The first argument names a file: a decision graph and requests. Standard input asks, one word a line, and
//! standard output answers each with one line of JSON: `answers`, the result of every request; `round`, the
//! nanoseconds of one decision, averaged over each batch of a pass over all requests.

use std::error::Error;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zen_engine::model::GraphContent;
use zen_engine::{Decision, Variable};

#[derive(Deserialize)]
struct Task {
    graph: Value,
    requests: Vec<Value>,
    /// Decisions timed together, since reading the clock costs time too.
    batch: usize,
}

/// The first line printed.
#[derive(Serialize)]
struct Ready {
    version: &'static str,
    /// Text to indexed table: what a cold process pays.
    compile_ms: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os()
        .nth(1)
        .ok_or("usage: marquee-bench-zen FILE")?;
    let task: Task = serde_json::from_slice(&std::fs::read(path)?)?;

    let text = task.graph.to_string();
    let started = Instant::now();
    let mut decision = Decision::from(serde_json::from_str::<GraphContent>(&text)?);
    decision.compile();
    let compile_ms = started.elapsed().as_secs_f64() * 1e3;
    say(&Ready {
        version: zen_engine::ENGINE_VERSION,
        compile_ms,
    })?;

    let requests: Vec<Variable> = task.requests.into_iter().map(Variable::from).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for line in io::stdin().lock().lines() {
        match line?.as_str() {
            "answers" => say(&runtime.block_on(answers(&decision, &requests))?)?,
            "round" => say(&runtime.block_on(round(&decision, &requests, task.batch))?)?,
            other => return Err(format!("`{other}` is neither `answers` nor `round`").into()),
        }
    }
    Ok(())
}

async fn answers(decision: &Decision, requests: &[Variable]) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        answers.push(decision.evaluate(request.clone()).await?.result.to_value());
    }
    Ok(answers)
}

async fn round(decision: &Decision, requests: &[Variable], batch: usize) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut samples = Vec::with_capacity(requests.len() / batch.max(1));
    for batch in requests.chunks_exact(batch) {
        let started = Instant::now();
        for request in batch {
            // A clone is a counter's increment here: contexts are shared.
            black_box(decision.evaluate(request.clone()).await?);
        }
        samples.push(started.elapsed().as_nanos() as f64 / batch.len() as f64);
    }
    Ok(samples)
}

fn say(message: &impl Serialize) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, message)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}
