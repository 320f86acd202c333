//! `cargo xtask bench`: builds everything that is measured as it is deployed, starts what it needs, and runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::checkout::{Checkout, create_dir};
use crate::command;
use crate::edge;
use crate::npm;
use crate::postgres::{self, Purpose};
use crate::progress::Progress;
use crate::tools::{self, Tool};

#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// Fewer and shorter rounds, small rule sets: to see that everything runs.
    #[arg(long)]
    quick: bool,
    /// Only this part; may be given several times.
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Use this Postgres (an empty database that nobody else uses; each part makes its own beside it) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The engine in native code and as wasm, beside zen-engine.
    Resolve,
    /// The Worker on workerd, beside Workers that only redirect and nginx.
    Edge,
    /// Hits into Postgres, beside COPY, and the whole loop from the queue.
    Ingest,
    /// From an admin's publish to a visitor who is answered by it.
    Publish,
    /// Validating and comparing rules, exactly.
    Analysis,
    /// Asking for totals, lists and rules of a month of 50 million hits.
    Analytics,
    /// Looking for a talent among 100,000.
    Catalogue,
    /// Placing orders and hearing from the gateway, beside what Postgres can commit.
    Orders,
    /// Pages of the shop and of staff, beside the API's answers that they show.
    Pages,
    /// Making what is shown of a video, beside ffmpeg by itself and what the original service did.
    Transcode,
    /// A month's payout, to a bank and back.
    Payouts,
}

/// The Worker that only redirects.
const BARE: &str = "tests/bench/bare-worker";

pub(crate) fn run(arguments: &Bench) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let _alone = checkout.lock("bench")?;
    let out = checkout.target.join("bench");
    create_dir(&out)?;
    let wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);

    cargo(
        &checkout,
        "build the bench",
        "build --release -p marquee-bench",
        &mut progress,
    )?;
    let mut bench = Command::new(checkout.target.join("release/marquee-bench"));
    bench
        .arg("--out")
        .arg(&out)
        .arg("--peers")
        .arg(checkout.root.join("tests/bench/peers"));
    bench.current_dir(&checkout.root);
    if arguments.quick {
        bench.arg("--quick");
    }
    for part in arguments.only.iter().filter_map(ValueEnum::to_possible_value) {
        bench.args(["--only", part.get_name()]);
    }
    if wanted(Part::Resolve) {
        bench.arg("--zen").arg(zen(&checkout, &out, &mut progress)?);
        bench
            .arg("--engine-wasm")
            .arg(engine_wasm(&checkout, &out, &mut progress)?);
    }
    let (edge, publish) = (wanted(Part::Edge), wanted(Part::Publish));
    if edge || publish {
        npm::install(&checkout, &mut progress)?;
        edge::build(&checkout, &mut progress)?;
        bench
            .arg("--edge")
            .arg(bundle_edge(&checkout, &out, &mut progress)?);
        bench
            .arg("--wrangler")
            .arg(checkout.root.join("node_modules/wrangler/wrangler-dist/cli.js"));
    }
    if edge {
        edge::build_worker(&checkout, "build the bare Worker", BARE, &mut progress)?;
        let build = format!("{BARE}/build");
        bench.arg("--bare").arg(bundle(
            &checkout,
            &out,
            "bare",
            &format!("{build}/index.js"),
            &build,
            &mut progress,
        )?);
        bench.arg("--workerd").arg(npm::workerd(&checkout)?);
    }
    let serves = wanted(Part::Ingest) || publish;
    let asks = [
        Part::Analytics,
        Part::Catalogue,
        Part::Orders,
        Part::Pages,
        Part::Payouts,
    ]
    .into_iter()
    .any(wanted);
    if !serves && !asks {
        return progress.stage("measure", || command::run_attached(&mut bench));
    }
    npm::install(&checkout, &mut progress)?;
    if serves {
        cargo(
            &checkout,
            "build the core",
            "build --release -p marquee-core",
            &mut progress,
        )?;
        bench
            .arg("--marquee")
            .arg(checkout.target.join("release/marquee"));
        bench.arg("--sqs").arg(checkout.root.join("xtask/local/sqs.mjs"));
    }
    let given = arguments.database_url.as_deref();
    postgres::temporary(
        &checkout,
        Purpose::Bench,
        given,
        &mut progress,
        |url, progress| {
            bench.env("DATABASE_URL", url);
            progress.stage("measure", || command::run_attached(&mut bench))
        },
    )
}

/// zen-engine as a program: a workspace of its own, so it is built apart.
fn zen(checkout: &Checkout, out: &Path, progress: &mut Progress) -> Result<PathBuf> {
    let target = out.join("zen");
    let words = format!(
        "build --release --locked --manifest-path tests/bench/zen/Cargo.toml --target-dir {}",
        target.display()
    );
    cargo(checkout, "build zen-engine", &words, progress)?;
    Ok(target.join("release/marquee-bench-zen"))
}

/// The look-up as wasm, in the shape that Node loads.
fn engine_wasm(checkout: &Checkout, out: &Path, progress: &mut Progress) -> Result<PathBuf> {
    tools::ensure_wasm_target(checkout, progress)?;
    let wasm_bindgen = tools::ensure(checkout, Tool::WasmBindgen, progress)?;
    let words = "build --profile edge --target wasm32-unknown-unknown -p marquee-bench-engine-wasm";
    cargo(checkout, "build the engine as wasm", words, progress)?;
    let folder = out.join("engine-wasm");
    let wasm = checkout
        .target
        .join("wasm32-unknown-unknown/edge/marquee_bench_engine_wasm.wasm");
    let log = checkout.log("wasm-bindgen")?;
    progress.step("bind the engine to Node", |step| {
        let mut bind = Command::new(wasm_bindgen);
        bind.arg(&wasm)
            .args(["--target", "nodejs", "--out-name", "engine", "--out-dir"])
            .arg(&folder);
        command::run(&mut bind, &log, step)
    })?;
    Ok(folder)
}

/// Our Worker, built, as one module beside its wasm.
pub(crate) fn bundle_edge(checkout: &Checkout, out: &Path, progress: &mut Progress) -> Result<PathBuf> {
    bundle(checkout, out, "edge", "edge/js/worker.js", "edge/build", progress)
}

/// A Worker as one module beside its wasm, which is all that `workerd serve` needs.
fn bundle(
    checkout: &Checkout,
    out: &Path,
    name: &str,
    entry: &str,
    build: &str,
    progress: &mut Progress,
) -> Result<PathBuf> {
    let folder = out.join(name);
    create_dir(&folder)?;
    let log = checkout.log(&format!("bundle-{name}"))?;
    progress.step(&format!("bundle the Worker {name}"), |step| {
        let mut esbuild = Command::new(checkout.npm_bin("esbuild"));
        esbuild.args([
            entry,
            "--bundle",
            "--format=esm",
            "--external:*.wasm",
            "--external:cloudflare:*",
        ]);
        esbuild
            .arg(format!("--outfile={}", folder.join("index.js").display()))
            .current_dir(&checkout.root);
        command::run(&mut esbuild, &log, step)
    })?;
    let wasm = checkout.root.join(build).join("index_bg.wasm");
    fs::copy(&wasm, folder.join("index_bg.wasm")).with_context(|| format!("copying {}", wasm.display()))?;
    Ok(folder)
}

pub(crate) fn cargo(checkout: &Checkout, what: &str, words: &str, progress: &mut Progress) -> Result<()> {
    let log = checkout.log(&what.replace(' ', "-"))?;
    progress.step(what, |step| {
        let mut cargo = Command::new("cargo");
        command::run(
            cargo.args(words.split(' ')).current_dir(&checkout.root),
            &log,
            step,
        )
    })
}
