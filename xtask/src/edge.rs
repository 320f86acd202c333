//! `cargo xtask edge`: the Worker as workerd takes it, in `edge/build`.

mod environments;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::checkout::{Checkout, create_dir};
use crate::command;
use crate::npm;
use crate::progress::{Progress, Step};
use crate::tools::{self, Tool};

const WASM: &str = "edge/build/index_bg.wasm";
const TARGET: &str = "wasm32-unknown-unknown";

pub(crate) use self::environments::check;

/// Builds the Worker and prints its size.
#[derive(Debug, clap::Args)]
pub(crate) struct Edge {
    /// Also look at each environment of wrangler.toml as it would be deployed; nothing is.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Edge) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    build(&checkout, &mut progress)?;
    if arguments.check {
        check(&checkout, &mut progress)?;
    }
    let wasm = checkout.root.join(WASM);
    let bytes = fs::read(&wasm).with_context(|| format!("reading {}", wasm.display()))?;
    println!(
        "{}: {} bytes, {} bytes gzip",
        wasm.display(),
        bytes.len(),
        gzip_size(&bytes)?
    );
    Ok(())
}

/// Builds `edge/build/index.js` and its wasm, with all that takes installed first.
pub(crate) fn build(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    npm::install(checkout, progress)?;
    if is_fresh(&checkout.root) {
        return Ok(());
    }
    tools::ensure_wasm_target(checkout, progress)?;
    let wasm_bindgen = tools::ensure(checkout, Tool::WasmBindgen, progress)?;
    tools::remove_build_folder(checkout);
    let log = checkout.log("build-the-Worker")?;
    progress.step("build the Worker", |step| {
        let mut cargo = Command::new("cargo");
        cargo
            .args([
                "build",
                "--profile",
                "edge",
                "--package",
                "marquee-edge",
                "--target",
            ])
            .arg(TARGET)
            .current_dir(&checkout.root);
        command::run(&mut cargo, &log, step)?;
        bind(checkout, &wasm_bindgen, &log, step)
    })
}

/// What cargo built, as the module and the wasm that `edge/js` imports.
fn bind(checkout: &Checkout, wasm_bindgen: &Path, log: &Path, step: &Step) -> Result<()> {
    let built = checkout.target.join(TARGET).join("edge");
    let bound = built.join("bound");
    let mut bind = Command::new(wasm_bindgen);
    bind.arg(built.join("marquee_edge.wasm"))
        .args([
            "--target",
            "module",
            "--out-name",
            "index",
            "--no-typescript",
            "--out-dir",
        ])
        .arg(&bound)
        // A fifth of the wasm, for names that only a stack trace would show.
        .args(["--remove-name-section", "--remove-producers-section"])
        // Otherwise wasm that has panicked is never started anew.
        .arg("--force-enable-abort-handler");
    command::run(&mut bind, log, step)?;
    let mut esbuild = Command::new(checkout.npm_bin("esbuild"));
    esbuild
        .args([
            "index.js",
            "--bundle",
            "--minify",
            "--format=esm",
            "--external:*.wasm",
        ])
        .arg("--outfile=bundled.js")
        .current_dir(&bound);
    command::run(&mut esbuild, log, step)?;

    let build = checkout.root.join("edge/build");
    create_dir(&build)?;
    let glue = fs::read_to_string(bound.join("bundled.js")).context("reading the Worker's glue")?;
    // An import of wasm is a module there already; workerd does not know the newer syntax.
    let glue = glue.replace("import source ", "import ");
    fs::write(build.join("index.js"), glue).context("writing the Worker's glue")?;
    fs::copy(bound.join("index_bg.wasm"), checkout.root.join(WASM)).context("copying the Worker's wasm")?;
    Ok(())
}

/// Builds the Worker in `folder`, written with the `worker` crate, into its subfolder `build`.
pub(crate) fn build_worker(
    checkout: &Checkout,
    what: &str,
    folder: &str,
    progress: &mut Progress,
) -> Result<()> {
    npm::install(checkout, progress)?;
    tools::ensure_wasm_target(checkout, progress)?;
    let tools = tools::worker(checkout, progress)?;
    tools::remove_build_folder(checkout);
    let log = checkout.log(&what.replace(' ', "-"))?;
    progress.step(what, |step| {
        let mut build = Command::new(&tools.worker_build);
        build
            .args(["--profile", "edge", "--no-opt", folder])
            // Without these worker-build would download both.
            .env("WASM_BINDGEN_BIN", &tools.wasm_bindgen)
            .env("ESBUILD_BIN", checkout.npm_bin("esbuild"))
            .current_dir(&checkout.root);
        command::run(&mut build, &log, step)
    })
}

/// Whether nothing that the Worker is made of is newer than it, as `make` would ask. Binding it takes seconds,
/// and wrangler asks for a build twice when it starts.
fn is_fresh(root: &Path) -> bool {
    const MADE_OF: [&str; 6] = [
        "edge/Cargo.toml",
        "edge/src",
        "edge/js",
        "shared",
        "Cargo.toml",
        "Cargo.lock",
    ];
    let Ok(built) = fs::metadata(root.join(WASM)).and_then(|wasm| wasm.modified()) else {
        return false;
    };
    MADE_OF
        .iter()
        .all(|input| newest(&root.join(input)).is_ok_and(|changed| changed < built))
}

/// When a file, or anything in a folder, last changed.
fn newest(path: &Path) -> io::Result<SystemTime> {
    let found = fs::metadata(path)?;
    let mut newest = found.modified()?;
    if found.is_dir() {
        for entry in fs::read_dir(path)? {
            newest = newest.max(self::newest(&entry?.path())?);
        }
    }
    Ok(newest)
}

fn gzip_size(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).context("compressing")?;
    Ok(encoder.finish().context("compressing")?.len())
}
