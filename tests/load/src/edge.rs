//! The Worker on workerd, with more and more rules, and more and more brands.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use marquee_bench::edge::estate::{self, Estate};
use marquee_bench::edge::load::{CONNECTIONS, Generator, apply};
use marquee_bench::edge::workerd::{Code, Worker, Workerd};
use marquee_bench::edge::{COMPATIBILITY_DATE, LOAD_CORE, SERVER_CORE};
use marquee_bench::report::{aligned, number};
use marquee_bench::server::installed;
use marquee_bench::stats::{Samples, median};
use tokio::runtime::Runtime;

use crate::open::{Offered, offer};
use crate::processor::{Meter, Who, resident_bytes};
use crate::sizing::Table;
use crate::{Arguments, Plan, page};

/// Visitors who ask, each with a path of their own.
pub(crate) const VISITORS: usize = 2_000;
const RULES_OF_EACH: usize = 1_000;
/// A second, where latency is measured.
const RATE: f64 = 500.0;
/// What Cloudflare gives an isolate.
const ISOLATE_BYTES: f64 = 128e6;
/// Cold starts of each size.
const STARTS: usize = 3;

/// What the Worker costs at one size.
struct Size {
    brands: usize,
    rules: usize,
    /// Of all tables.
    table_bytes: f64,
    manifest_bytes: f64,
    /// The first answer of a process that has just begun to listen, in milliseconds.
    cold_ms: f64,
    /// The first answer of each further brand.
    further_ms: Samples,
    /// Before anything was asked.
    empty_bytes: f64,
    /// With every table loaded.
    loaded_bytes: f64,
    /// Under load.
    full_bytes: f64,
    saturated_per_second: f64,
    /// Of a processor, for one answer.
    each_us: f64,
    offered: Offered,
}

pub(crate) fn tables(arguments: &Arguments, plan: &Plan, runtime: &Runtime) -> Result<Vec<Table>> {
    let mut rules = Vec::new();
    for count in plan.rules {
        rules.push(measure(arguments, plan, runtime, 1, *count)?);
    }
    let mut brands = Vec::new();
    for count in plan.brands {
        brands.push(measure(arguments, plan, runtime, *count, RULES_OF_EACH)?);
    }
    Ok(vec![of_rules(plan, &rules), of_brands(plan, &brands)])
}

fn measure(
    arguments: &Arguments,
    plan: &Plan,
    runtime: &Runtime,
    brands: usize,
    rules: usize,
) -> Result<Size> {
    eprintln!("  … edge, {brands} × {rules} rules");
    let scratch = arguments.scratch.join(format!("edge-{brands}-{rules}"));
    let estate = estate::build(&scratch, brands, rules, VISITORS)?;
    let firsts = firsts(&estate);
    ensure!(!firsts.is_empty(), "no visitor is redirected");
    let start = || serve(arguments, &scratch, &estate);
    let mut cold = Vec::new();
    for _ in 1..STARTS {
        cold.push(first_answer(
            &start()?,
            firsts.first().copied().unwrap_or_default(),
        )?);
    }
    let worker = start()?;
    let id = worker.server.id();
    let empty_bytes = resident_bytes(id)?;
    let mut answers = Vec::new();
    for path in &firsts {
        answers.push(first_answer(&worker, path)?);
    }
    cold.push(answers.remove(0));
    let loaded_bytes = resident_bytes(id)?;

    let wrk = installed("wrk", "wrk")?;
    let generator = Generator {
        wrk: &wrk,
        script: arguments.peers.join("urls.lua"),
        paths: &estate.paths,
        core: LOAD_CORE,
    };
    let port = worker.server.port();
    apply(
        &generator,
        port,
        Duration::from_secs(plan.seconds.div_ceil(3).into()),
    )?;
    let meter = Meter::start(Who::One(id))?;
    let saturated = apply(&generator, port, plan.duration())?;
    let each_us = meter.seconds()? * 1e6 / saturated.requests as f64;
    let full_bytes = resident_bytes(id)?;
    let offered = runtime.block_on(at_a_rate(&worker, &estate, plan))?;
    if let Some(failure) = &offered.failure {
        eprintln!("    {} of them failed, as with: {failure}", offered.failed);
    }
    let manifest = fs::metadata(estate.blobs.join("manifest")).context("looking at the manifest")?;
    Ok(Size {
        brands,
        rules,
        table_bytes: estate.table_bytes as f64,
        manifest_bytes: manifest.len() as f64,
        cold_ms: median(cold),
        further_ms: answers.into_iter().collect(),
        empty_bytes,
        loaded_bytes,
        full_bytes,
        saturated_per_second: saturated.per_second(),
        each_us,
        offered,
    })
}

/// The Worker as it is deployed, with what the estate has in KV.
pub(crate) fn serve(arguments: &Arguments, scratch: &Path, estate: &Estate) -> Result<Worker> {
    let vars = [
        ("ENVIRONMENT", estate::ENVIRONMENT.to_owned()),
        ("MANIFEST_KEYS", estate::verification_key()),
        ("BUILD", "load".to_owned()),
    ];
    let workerd = Workerd {
        program: &arguments.workerd,
        compatibility_date: COMPATIBILITY_DATE,
        blobs: &fs::canonicalize(&estate.blobs).context("finding the blobs")?,
        bindings: &arguments.peers.join("bindings.js"),
        vars: &vars,
    };
    workerd.serve("marquee", &Code::wasm(&arguments.edge), scratch, SERVER_CORE)
}

/// A visitor of each brand.
fn firsts(estate: &Estate) -> Vec<&str> {
    let brand = |path: &str| path.split('/').nth(2).map(str::to_owned);
    let mut firsts: Vec<&str> = estate.answers.keys().map(String::as_str).collect();
    // The paths are sorted, so those of a brand are neighbours.
    firsts.dedup_by_key(|path| brand(path));
    firsts
}

/// How long somebody waits for a redirect, in milliseconds.
fn first_answer(worker: &Worker, path: &str) -> Result<f64> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .into();
    let asked = Instant::now();
    let answer = agent
        .get(format!("http://127.0.0.1:{}{path}", worker.server.port()))
        .call()
        .context("asking the edge")?;
    ensure!(answer.status() == 302, "{path}: {}", answer.status());
    Ok(asked.elapsed().as_secs_f64() * 1e3)
}

async fn at_a_rate(worker: &Worker, estate: &Estate, plan: &Plan) -> Result<Offered> {
    let client = page::client()?;
    let urls = urls(worker, estate);
    let url = |n: usize| urls.get(n % urls.len()).cloned().unwrap_or_default();
    Ok(offer(RATE, plan.duration(), |n| {
        page::get(client.clone(), url(n), &[302])
    })
    .await)
}

/// Of everybody who is redirected.
pub(crate) fn urls(worker: &Worker, estate: &Estate) -> Vec<String> {
    let paths = estate.answers.keys();
    let url = |path| format!("http://127.0.0.1:{}{path}", worker.server.port());
    paths.map(url).collect()
}

const HEAD: [&str; 9] = [
    "tables",
    "manifest",
    "first answer",
    "grown by them",
    "memory under load",
    "saturated /s",
    "of a processor each",
    "p50",
    "p99",
];

impl Size {
    fn cells(&self) -> [String; 9] {
        [
            number(self.table_bytes / 1e3, "KB"),
            number(self.manifest_bytes / 1e3, "KB"),
            number(self.cold_ms, "ms"),
            number((self.loaded_bytes - self.empty_bytes) / 1e6, "MB"),
            number(self.full_bytes / 1e6, "MB"),
            number(self.saturated_per_second, ""),
            number(self.each_us, "µs"),
            number(self.offered.latency_ms.p50(), "ms"),
            number(self.offered.latency_ms.p99(), "ms"),
        ]
    }
}

fn of_rules(plan: &Plan, sizes: &[Size]) -> Table {
    let head = std::iter::once("rules").chain(HEAD).map(str::to_owned);
    let head: Vec<String> = head.collect();
    let rows = sizes
        .iter()
        .map(|size| with(number(size.rules as f64, ""), size.cells()));
    let limit = match (sizes.first(), sizes.last()) {
        (Some(few), Some(many)) => format!(
            "With {} times the rules an answer takes {} times the processor, and p99 at {RATE} a second is {} instead of {}: \
             what grows is the table, hence the first answer of an isolate ({} instead of {}). The first limit is that of a table \
             when it is published. A million redirects are {} of a processor here, which is what Cloudflare counts besides the \
             requests.",
            number(many.rules as f64 / few.rules as f64, ""),
            number(many.each_us / few.each_us, ""),
            number(many.offered.latency_ms.p99(), "ms"),
            number(few.offered.latency_ms.p99(), "ms"),
            number(many.cold_ms, "ms"),
            number(few.cold_ms, "ms"),
            number(many.each_us, "s"),
        ),
        _ => String::new(),
    };
    Table {
        title: "Edge: rules of one brand",
        method: method(plan, "One brand"),
        text: aligned(&head, rows),
        limit,
    }
}

fn of_brands(plan: &Plan, sizes: &[Size]) -> Table {
    let head = ["brands"]
        .into_iter()
        .chain(HEAD)
        .chain(["first answer of a further brand, p50 / worst"]);
    let head: Vec<String> = head.map(str::to_owned).collect();
    let rows = sizes.iter().map(|size| {
        let mut row = with(size.brands.to_string(), size.cells());
        let further = &size.further_ms;
        row.push(if size.brands > 1 {
            format!(
                "{} / {}",
                number(further.p50(), "ms"),
                number(further.p100(), "ms")
            )
        } else {
            String::new()
        });
        row
    });
    let limit = match (sizes.first(), sizes.last()) {
        (Some(few), Some(many)) => {
            let each = many.table_bytes / many.brands as f64;
            format!(
                "With {} times the brands an answer takes {} times the processor. The first limit is an isolate's memory: {} of \
                 {} for all tables of {} brands, each {}. Tables of about {} such brands would fill it, and a brand costs nothing \
                 where nobody asks for it. What moves it: fewer rules in a brand, or brands shared out among Workers.",
                number(many.brands as f64 / few.brands as f64, ""),
                number(many.each_us / few.each_us, ""),
                number(many.table_bytes / 1e6, "MB"),
                number(ISOLATE_BYTES / 1e6, "MB"),
                many.brands,
                number(each / 1e3, "KB"),
                number(ISOLATE_BYTES / each, ""),
            )
        }
        _ => String::new(),
    };
    Table {
        title: "Edge: brands",
        method: method(
            plan,
            &format!("Brands of {} rules each", number(RULES_OF_EACH as f64, "")),
        ),
        text: aligned(&head, rows),
        limit,
    }
}

fn method(plan: &Plan, what: &str) -> String {
    format!(
        "{what}, {} visitors in turn, the Worker as it is deployed on workerd, in one isolate on a processor of its own; KV and \
         queue are a script in the same process. *First answer*: of a process that has just begun to listen, median of {STARTS}: \
         manifest, signature, table. *Grown by them* is the process by the first answers of all brands: tables, and what is \
         compiled and connected only then. *Memory under load* is that of the whole process, what nobody has tidied up yet \
         included. *Saturated*: wrk with {CONNECTIONS} connections for {} s; p50 and p99 at {RATE} a second, for as long.",
        number(VISITORS as f64, ""),
        plan.seconds,
    )
}

fn with(first: String, cells: [String; 9]) -> Vec<String> {
    std::iter::once(first).chain(cells).collect()
}
