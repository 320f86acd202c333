//! The edge on workerd, beside Workers that only redirect and nginx, which only looks up.

pub mod estate;
pub mod load;
mod nginx;
mod race;
pub mod workerd;
pub(crate) mod wrangler;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use self::estate::Estate;
use self::load::{CONNECTIONS, Generator};
use self::race::Contender;
use self::workerd::{Code, Workerd};
use self::wrangler::Wrangler;
use crate::Run;
use crate::engine::gzip;
use crate::report::{Row, Section, Target, number};
use crate::server::installed;

const BRANDS: usize = 100;
/// Rules of each brand.
const RULES: usize = 3_000;
const VISITORS: usize = 5_000;
/// The core of the server under test, and that of the load.
pub const SERVER_CORE: usize = 0;
pub const LOAD_CORE: usize = 1;
/// That of `wrangler.toml`.
pub const COMPATIBILITY_DATE: &str = "2026-04-01";

/// What `cargo xtask bench` has built.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Programs {
    /// workerd.
    #[arg(long)]
    workerd: Option<PathBuf>,
    /// wrangler's script for Node.
    #[arg(long)]
    pub(crate) wrangler: Option<PathBuf>,
    /// The folder with the Worker as one module, `index.js`, and its wasm, `index_bg.wasm`.
    #[arg(long)]
    pub(crate) edge: Option<PathBuf>,
    /// The same of the Worker that only redirects.
    #[arg(long)]
    bare: Option<PathBuf>,
}

pub(crate) fn run(run: &Run, programs: &Programs) -> Result<Vec<Section>> {
    let Programs {
        workerd: Some(workerd),
        wrangler: Some(wrangler),
        edge: Some(edge),
        bare: Some(bare),
    } = programs
    else {
        bail!("--workerd, --wrangler, --edge and --bare are needed for the edge");
    };
    eprintln!("  … edge, publishing {BRANDS} brands");
    let wrk = installed("wrk", "wrk")?;
    let estate = estate::build(&run.scratch, BRANDS, RULES, VISITORS)?;
    let bench = Bench {
        run,
        generator: Generator {
            wrk: &wrk,
            script: run.peers.join("urls.lua"),
            paths: &estate.paths,
            core: LOAD_CORE,
        },
        vars: [
            ("ENVIRONMENT", estate::ENVIRONMENT.to_owned()),
            ("MANIFEST_KEYS", estate::verification_key()),
            ("BUILD", "bench".to_owned()),
        ],
        estate: &estate,
        edge,
    };
    Ok(vec![bench.serve(workerd, bare)?, bench.dev(wrangler)?])
}

/// What both ways of running Workers need.
struct Bench<'a> {
    run: &'a Run,
    estate: &'a Estate,
    generator: Generator<'a>,
    vars: [(&'static str, String); 3],
    edge: &'a Path,
}

impl Bench<'_> {
    /// On workerd itself.
    fn serve(&self, program: &Path, bare: &Path) -> Result<Section> {
        let Self {
            run,
            estate,
            generator,
            vars,
            edge,
        } = self;
        let workerd = Workerd {
            program,
            compatibility_date: COMPATIBILITY_DATE,
            blobs: &fs::canonicalize(&estate.blobs).context("finding the blobs")?,
            bindings: &run.peers.join("bindings.js"),
            vars,
        };
        let serve = |name, code: &Code| workerd.serve(name, code, &run.scratch, SERVER_CORE);
        let marquee = serve("marquee", &Code::wasm(edge))?;
        let rust = serve("bare-rust", &Code::wasm(bare))?;
        let script = serve(
            "bare-js",
            &Code {
                main: run.peers.join("bare.js"),
                wasm: None,
            },
        )?;
        let nginx = nginx::start(&run.scratch, &estate.answers, SERVER_CORE)?;
        let mut contenders = [
            Contender::new("Marquee", marquee.server.port(), None),
            Contender::new("bare Rust", rust.server.port(), Some(1.0)),
            Contender::new("bare JavaScript", script.server.port(), Some(0.85)),
            Contender::new("nginx map", nginx.port(), None),
        ];
        race::warm_up(&contenders, generator)?;
        let before = marquee.hits()?;
        let (rounds, seconds) = if run.quick { (2, 2) } else { (7, 8) };
        race::run(&mut contenders, generator, rounds, Duration::from_secs(seconds))?;

        let answered = contenders.first().map_or(0, Contender::answered);
        let logged = marquee.hits()? - before;
        // Those of the last moments may still wait to be sent together.
        ensure!(
            logged + 500 >= answered,
            "{answered} requests were answered, {logged} reached the queue"
        );
        let mut rows = race::rows(&contenders);
        rows.extend(sizes(edge, bare)?);
        Ok(Section {
            title: "Edge, on `workerd serve`",
            method: self.method(rounds, seconds),
            rows,
        })
    }

    /// As a developer runs it.
    fn dev(&self, script: &Path) -> Result<Section> {
        let Self {
            run,
            estate,
            generator,
            vars,
            edge,
        } = self;
        let wrangler = Wrangler {
            script,
            compatibility_date: COMPATIBILITY_DATE,
            vars,
        };
        let dev = |name, main: &Path| wrangler.dev(name, main, &run.scratch, SERVER_CORE);
        let marquee = dev("marquee", &edge.join("index.js"))?;
        let script = dev("bare-js", &run.peers.join("bare.js"))?;
        for key in &estate.keys {
            let file = estate.blobs.join(key);
            let value = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
            wrangler::put(&marquee, key, &value)?;
        }
        let mut contenders = [
            Contender::new("Marquee", marquee.port(), None),
            Contender::new("bare JavaScript", script.port(), None),
        ];
        race::warm_up(&contenders, generator)?;
        let (rounds, seconds) = if run.quick { (2, 2) } else { (5, 8) };
        race::run(&mut contenders, generator, rounds, Duration::from_secs(seconds))?;
        Ok(Section {
            title: "Edge, under `wrangler dev`",
            method: format!(
                "The same Worker, paths and load, {rounds} rounds of {seconds} s. wrangler puts a proxy, a simulator of KV and one of \
                 queues around workerd, so this is what a developer sees, not what is deployed."
            ),
            rows: race::rows(&contenders),
        })
    }

    fn method(&self, rounds: usize, seconds: u64) -> String {
        let estate = self.estate;
        format!(
            "Each server on core {SERVER_CORE} (only one at a time has work), wrk on core {LOAD_CORE}: {CONNECTIONS} connections, each asking \
             again as soon as it is answered, so latency is that of a saturated server. {rounds} rounds of {seconds} s in rotating order; \
             figures are medians, ratios medians of the rounds' ratios. {} different paths over {BRANDS} brands of {} rules ({} of tables), \
             all in one isolate, every hit logged to the queue (counted: a missing one fails the bench). KV and the queue are a JavaScript \
             service in the same process; the bare Workers have it too and do not use it. They answer one constant redirect; nginx looks \
             the whole path up in a map of finished answers and writes an access log.",
            number(estate.answers.len() as f64, ""),
            number(RULES as f64, ""),
            number(estate.table_bytes as f64 / 1e6, "MB"),
        )
    }
}

fn sizes(edge: &Path, bare: &Path) -> Result<[Row; 2]> {
    let sizes = |folder: &Path| -> Result<[f64; 2]> {
        let file = folder.join("index_bg.wasm");
        let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        Ok([bytes.len(), gzip(&bytes)?.len()].map(|bytes| bytes as f64 / 1e3))
    };
    let ([raw, packed], [bare_raw, bare_packed]) = (sizes(edge)?, sizes(bare)?);
    let beside = |bare| format!("bare Rust {}", number(bare, "KB"));
    Ok([
        Row::new("wasm, raw", number(raw, "KB")).beside(beside(bare_raw), raw / bare_raw),
        Row::new("wasm, gzip", number(packed, "KB"))
            .beside(beside(bare_packed), packed / bare_packed)
            .target(Target::AtMost(120.0), packed, "≤ 120 KB"),
    ])
}
