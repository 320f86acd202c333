//! The engine in native code, beside zen-engine on the same rules and requests.

mod lookup;
pub(crate) mod requests;
mod wasm;
mod zen;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use marquee_shared::decide::{Site, Visitor};
use marquee_shared::rules::RuleSet;
use marquee_shared::table::Table;

use self::requests::{Mix, Request};
use self::zen::Zen;
use crate::Run;
use crate::brand;
use crate::report::{Row, Section, Target, number};
use crate::stats::{Samples, median};

/// When the requests are made: 2026-06-01, within some of the sample's windows and outside others.
const AT: i64 = 1_780_272_000;
const REQUESTS: usize = 65_536;
/// Enough for zen, which needs a hundred times longer for each.
const ZEN_REQUESTS: usize = 4_096;

/// Rules, and the most nanoseconds that half of the look-ups may take.
const SIZES: [(usize, f64); 3] = [(3_000, 60.0), (20_000, 100.0), (100_000, 250.0)];

/// What `cargo xtask bench` has built.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Programs {
    /// The program `marquee-bench-zen`.
    #[arg(long)]
    zen: Option<PathBuf>,
    /// The folder with the engine as a module for Node.
    #[arg(long)]
    engine_wasm: Option<PathBuf>,
}

pub(crate) fn run(run: &Run, programs: &Programs) -> Result<Section> {
    let (Some(zen), Some(wasm)) = (&programs.zen, &programs.engine_wasm) else {
        bail!("--zen and --engine-wasm are needed for the engine");
    };
    let sizes = if run.quick {
        SIZES.get(..1).unwrap_or(&SIZES)
    } else {
        &SIZES
    };
    let rounds = if run.quick { 3 } else { 9 };
    let mut rows = Vec::new();
    let mut version = String::new();
    for (rules, target) in sizes {
        eprintln!("  … engine, {} rules", number(*rules as f64, ""));
        let set = marquee_sample::rules(*rules, 1);
        let bench = Size {
            set: &set,
            target: *target,
            rounds,
            name: format!("{} rules", number(*rules as f64, "")),
        };
        version = bench.measure(run, zen, wasm, &mut rows)?;
    }
    Ok(Section {
        title: "Engine, native",
        method: format!(
            "One core. Look-ups are timed in batches of {} over {} requests, {rounds} rounds that alternate with the peer's; each \
             look-up waits for the one before, so figures are latencies; percentiles are over batches. Uniform requests draw every ZIP, \
             product and channel alike, skewed ones a third from the first thirtieth. Peer: zen-engine {version}, one decision table, \
             first hit, rows in our precedence, `compile()`d, {} of the same requests; every one of its answers was the same rule as ours. \
             Zen is given the state and answers a rule's number: the look-up from words is the fair comparison, the whole decision does more.",
            lookup::BATCH,
            number(REQUESTS as f64, ""),
            number(ZEN_REQUESTS as f64, ""),
        ),
        rows,
    })
}

/// One rule set being measured.
struct Size<'a> {
    set: &'a RuleSet,
    target: f64,
    rounds: usize,
    name: String,
}

/// The samples of every round.
#[derive(Default)]
struct Rounds {
    uniform: Vec<Vec<f64>>,
    skewed: Vec<Vec<f64>>,
    words: Vec<Vec<f64>>,
    whole: Vec<Vec<f64>>,
    zen: Vec<Vec<f64>>,
    wasm: Vec<Vec<f64>>,
}

impl Size<'_> {
    /// Adds this size's rows; zen's version.
    fn measure(&self, run: &Run, zen: &Path, wasm: &Path, rows: &mut Vec<Row>) -> Result<String> {
        let (compiled, compile_ms) = lookup::compile(self.set, self.rounds)?;
        let (table, load_ms) = lookup::load(&compiled.bytes, self.rounds * 5)?;
        let uniform = requests::draw(self.set, Mix::Uniform, AT, REQUESTS);
        let asked = uniform.get(..ZEN_REQUESTS).context("too few requests")?;
        let mut zen = Zen::start(zen, &run.scratch, self.set, asked, lookup::BATCH)?;
        agree("zen", &table, asked, &zen.answers()?)?;
        let script = run.peers.join("engine-wasm.mjs");
        let mut wasm = wasm::start(
            wasm,
            &script,
            &run.scratch,
            &compiled.bytes,
            &uniform,
            lookup::BATCH,
        )?;
        agree("wasm", &table, &uniform, &wasm.answers()?)?;

        let skewed = requests::draw(self.set, Mix::Skewed, AT, REQUESTS);
        let brand = brand::live(self.set, &compiled, None);
        let site = Site {
            brand: &brand,
            revision: 1,
            canary: false,
            table: &table,
            city: None,
        };
        let zips: Vec<String> = uniform.iter().map(|request| request.zip.to_string()).collect();
        let visitors: Vec<Visitor<'_>> = uniform.iter().map(Request::visitor).collect();
        let questions = [
            lookup::questions(&table, &uniform)?,
            lookup::questions(&table, &skewed)?,
        ];

        let mut rounds = Rounds::default();
        for _ in 0..self.rounds {
            let [uniform_questions, skewed_questions] = &questions;
            rounds.uniform.push(lookup::resolve(&table, uniform_questions));
            rounds.zen.push(zen.round()?);
            rounds.wasm.push(wasm.round()?);
            rounds.skewed.push(lookup::resolve(&table, skewed_questions));
            rounds.words.push(lookup::from_words(&table, &visitors, &zips));
            rounds.whole.push(lookup::whole(&site, &visitors));
        }
        self.speed(&rounds, rows);
        self.table(&compiled.bytes, compile_ms, load_ms, zen.compile_ms, rows)?;
        Ok(zen.version.clone())
    }

    fn speed(&self, rounds: &Rounds, rows: &mut Vec<Row>) {
        let zen = lookup::pooled(&rounds.zen);
        let against = |row: Row, ours: &[Vec<f64>]| {
            let theirs = format!("zen {} / {}", number(zen.p50(), "ns"), number(zen.p99(), "ns"));
            row.beside(theirs, paired(ours, &rounds.zen))
        };
        let row = |what: &str, samples: &Samples| {
            let figure = format!(
                "{} / {}",
                number(samples.p50(), "ns"),
                number(samples.p99(), "ns")
            );
            Row::new(format!("{what} p50 / p99, {}", self.name), figure)
        };
        let uniform = lookup::pooled(&rounds.uniform);
        let limit = format!("p50 ≤ {}", number(self.target, "ns"));
        rows.push(
            against(row("resolve, uniform,", &uniform), &rounds.uniform).target(
                Target::AtMost(self.target),
                uniform.p50(),
                limit,
            ),
        );
        rows.push(row("resolve, skewed,", &lookup::pooled(&rounds.skewed)));
        let wasm = lookup::pooled(&rounds.wasm);
        let ratio = paired(&rounds.wasm, &rounds.uniform);
        let native = format!("native {}", number(uniform.p50(), "ns"));
        rows.push(
            row("resolve, uniform, wasm,", &wasm)
                .beside(native, ratio)
                .target(Target::AtMost(1.5), ratio, "≤ 1.5 × native"),
        );
        rows.push(against(
            row("look-up from words,", &lookup::pooled(&rounds.words)),
            &rounds.words,
        ));
        rows.push(against(
            row("whole decision with final URL,", &lookup::pooled(&rounds.whole)),
            &rounds.whole,
        ));
    }

    fn table(
        &self,
        bytes: &[u8],
        compile_ms: f64,
        load_ms: f64,
        zen_ms: f64,
        rows: &mut Vec<Row>,
    ) -> Result<()> {
        let (raw, packed) = (bytes.len() as f64 / 1e3, gzip(bytes)?.len() as f64 / 1e3);
        let small = self.set.rules.len() == 3_000;
        let large = self.set.rules.len() == 100_000;
        let with = |row: Row, applies: bool, limit: f64, value: f64, unit: &str| {
            if applies {
                row.target(Target::AtMost(limit), value, format!("≤ {}", number(limit, unit)))
            } else {
                row
            }
        };
        let name = &self.name;
        rows.push(with(
            Row::new(format!("table, raw, {name}"), number(raw, "KB")),
            small,
            250.0,
            raw,
            "KB",
        ));
        rows.push(with(
            Row::new(format!("table, gzip, {name}"), number(packed, "KB")),
            small,
            100.0,
            packed,
            "KB",
        ));
        let compile = Row::new(
            format!("compile, checks included, {name}"),
            number(compile_ms, "ms"),
        )
        .beside(format!("zen {}", number(zen_ms, "ms")), compile_ms / zen_ms);
        rows.push(with(compile, large, 200.0, compile_ms, "ms"));
        let load = Row::new(format!("load check, {name}"), number(load_ms, "ms"));
        rows.push(load.target(Target::AtMost(1.0), load_ms, "≤ 1 ms"));
        Ok(())
    }
}

/// # Errors
/// When somebody decides a request by another rule: then the comparison would mean nothing.
fn agree(name: &str, table: &Table, requests: &[Request], theirs: &[Option<u32>]) -> Result<()> {
    let questions = lookup::questions(table, requests)?;
    ensure!(
        theirs.len() == questions.len(),
        "{name} answered {} of {} requests",
        theirs.len(),
        questions.len()
    );
    for ((question, theirs), request) in questions.iter().zip(theirs).zip(requests) {
        let ours = table.rule(question);
        ensure!(
            ours == *theirs,
            "we decide by rule {ours:?}, {name} by {theirs:?}: {request:?}"
        );
    }
    Ok(())
}

/// The median over rounds of ours divided by theirs, each by its median.
fn paired(ours: &[Vec<f64>], theirs: &[Vec<f64>]) -> f64 {
    let p50 = |round: &Vec<f64>| median(round.iter().copied());
    median(
        ours.iter()
            .zip(theirs)
            .map(|(ours, theirs)| p50(ours) / p50(theirs)),
    )
}

pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).context("packing")?;
    encoder.finish().context("packing")
}
