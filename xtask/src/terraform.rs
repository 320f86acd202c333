//! `cargo xtask terraform`: checks `terraform/` without a registry, an account or a state.
//!
//! Providers are replaced by ones that know their schema only (`xtask/terraform/provider.py`), which npm packages carry:
//! enough for `terraform validate` and for tests on mocked providers. What must be refused is kept beside it, so that a
//! replacement that lets everything pass is found out. What the core needs to be told is read from its source (`facts`).

mod facts;
mod rights;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::checkout::{Checkout, create_dir};
use crate::command;
use crate::npm::fingerprint;
use crate::progress::Progress;
use crate::python;

#[derive(Debug, clap::Args)]
pub(crate) struct Terraform {
    /// Only these folders, `modules/edge`; and nothing else is checked
    #[arg(long, value_name = "FOLDER")]
    only: Vec<PathBuf>,
}

/// A provider, and the npm package that has its schema.
#[derive(Deserialize)]
struct Provider {
    /// `hashicorp/aws`
    source: String,
    version: String,
    package: String,
    release: String,
    integrity: String,
}

impl Provider {
    fn name(&self) -> &str {
        self.source.rsplit('/').next().unwrap_or(&self.source)
    }
}

pub(crate) fn run(arguments: &Terraform) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let result = check(&checkout, &arguments.only, &mut progress);
    progress.summary();
    result
}

/// Whether there is a Terraform to check with; no registry that we may use has one.
pub(crate) fn is_installed() -> bool {
    command::capture(terraform(Path::new("/")).arg("version")).is_ok()
}

/// # Errors
/// What is wrong with `terraform/`, or that it could not be found out.
pub(crate) fn check(checkout: &Checkout, only: &[PathBuf], progress: &mut Progress) -> Result<()> {
    ensure!(
        is_installed(),
        "`terraform` is not on the PATH: install Terraform 1.10 or newer (developer.hashicorp.com/terraform/install), then \
         run this again"
    );
    let programs = python::install(
        checkout,
        "terraform",
        &checkout.root.join("xtask/terraform/requirements.txt"),
        progress,
    )?;
    let ours = checkout.root.join("terraform");
    let copy = copies(checkout)?;
    let plugins = providers(checkout, &programs, &copy, progress)?;
    progress.stage("terraform: format", || {
        command::run_attached(terraform(&ours).args(["fmt", "-check", "-diff", "-recursive"]))
    })?;
    let folders = if only.is_empty() {
        roots(&copy.join("terraform"))?
    } else {
        only.to_vec()
    };
    for folder in folders {
        progress.stage(&format!("terraform: {}", folder.display()), || {
            let is_environment = folder.starts_with("envs");
            let folder = copy.join("terraform").join(&folder);
            init(&folder, &plugins)?;
            command::run_attached(terraform(&folder).args(["validate", "-no-color"]))?;
            // An environment has a backend, which would be asked; all of it is in `modules/environment`.
            if !is_environment {
                rights::check(&command::capture(terraform(&folder).arg("graph"))?)?;
            }
            command::run_attached(terraform(&folder).args(["test", "-no-color"]))
        })?;
    }
    if !only.is_empty() {
        return Ok(());
    }
    progress.stage("terraform: what must be refused is", || {
        refused(&copy.join("refused"), &plugins)
    })?;
    progress.stage("terraform: what it costs", || {
        let mut cost = Command::new(programs.join("python"));
        command::run_attached(cost.arg(ours.join("cost.py")).arg("--check"))
    })?;
    progress.stage("terraform: checkov", || {
        let mut checkov = Command::new(programs.join("checkov"));
        checkov
            .args([
                "--framework",
                "terraform",
                "--compact",
                "--quiet",
                "--skip-download",
                "-d",
            ])
            .arg(&ours)
            .current_dir(&checkout.root);
        command::run_attached(&mut checkov)
    })
}

/// Terraform leaves folders and lock files where it runs, and the locks would be of providers that are none.
fn copies(checkout: &Checkout) -> Result<PathBuf> {
    let copy = checkout.target.join("terraform");
    let _absent_is_fine = fs::remove_dir_all(&copy);
    create_dir(&copy)?;
    create_dir(&copy.join("docker"))?;
    for (from, to) in [
        ("terraform", "terraform"),
        ("xtask/terraform/refused", "refused"),
        ("docker/rds-certificates.pem", "docker"),
    ] {
        command::capture(
            Command::new("cp")
                .arg("-R")
                .arg(checkout.root.join(from))
                .arg(copy.join(to)),
        )?;
    }
    let facts = serde_json::to_vec(&facts::gather(&checkout.root)?).context("writing what the core says")?;
    fs::write(copy.join("terraform/facts.json"), facts).context("writing what the core says")?;
    Ok(copy)
}

fn terraform(folder: &Path) -> Command {
    let mut terraform = Command::new("terraform");
    terraform
        .current_dir(folder)
        .env_remove("TF_CLI_CONFIG_FILE")
        .envs([("CHECKPOINT_DISABLE", "1"), ("TF_IN_AUTOMATION", "1")]);
    terraform
}

fn init(folder: &Path, plugins: &Path) -> Result<()> {
    let mut init = terraform(folder);
    init.args([
        "init",
        "-backend=false",
        "-input=false",
        "-no-color",
        "-plugin-dir",
    ]);
    command::capture(init.arg(plugins)).map(drop)
}

/// Puts the replacements where `terraform init` looks for providers.
fn providers(checkout: &Checkout, programs: &Path, copy: &Path, progress: &mut Progress) -> Result<PathBuf> {
    let sources = checkout.root.join("xtask/terraform");
    let (list, script) = (sources.join("providers.json"), sources.join("schemas.py"));
    let list = fs::read(&list).with_context(|| format!("reading {}", list.display()))?;
    let code = fs::read(&script).with_context(|| format!("reading {}", script.display()))?;
    let wanted = fingerprint(&[list.as_slice(), code.as_slice()].concat());
    let python = programs.join("python");
    let home = checkout.root.join("target/tools/terraform-schemas").join(wanted);
    let (plugins, used) = (copy.join("plugins"), used(copy)?);
    let listed: Vec<Provider> = serde_json::from_slice(&list).context("reading providers.json")?;
    for provider in listed {
        let name = provider.name();
        let whole = home.join(format!("{name}.json"));
        if !whole.exists() {
            create_dir(&home)?;
            let log = checkout.log("terraform-schemas")?;
            progress.step(
                &format!("fetch the schema of {name} {}", provider.version),
                |step| {
                    let spec = format!("{}@{}", provider.package, provider.release);
                    let mut pack = Command::new("npm");
                    pack.args(["pack", "--silent", &spec]).current_dir(&home);
                    command::run(&mut pack, &log, step)?;
                    let packed = spec.trim_start_matches('@').replace(['/', '@'], "-");
                    let mut extract = Command::new(&python);
                    extract
                        .arg(&script)
                        .arg("extract")
                        .arg(home.join(format!("{packed}.tgz")));
                    extract.args([&provider.integrity, name]).arg(&whole);
                    command::run(&mut extract, &log, step)
                },
            )?;
        }
        let folder = plugins
            .join("registry.terraform.io")
            .join(&provider.source)
            .join(&provider.version)
            .join("linux_amd64");
        create_dir(&folder)?;
        let of_provider = format!(":{name}_");
        let mut select = Command::new(&python);
        select
            .arg(&script)
            .arg("select")
            .arg(&whole)
            .arg(folder.join("schema.json"));
        command::capture(select.args(used.iter().filter(|used| used.contains(&of_provider))))?;
        let code = fs::read_to_string(sources.join("provider.py")).context("reading provider.py")?;
        let program = folder.join(format!("terraform-provider-{name}_v{}", provider.version));
        fs::write(&program, format!("#!{}\n{code}", python.display())).context("writing a provider")?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).context("writing a provider")?;
    }
    Ok(plugins)
}

/// What is used of all providers, `resources:aws_sqs_queue`: with all 1,600 of AWS each start would take seconds.
fn used(copy: &Path) -> Result<BTreeSet<String>> {
    let mut used = BTreeSet::new();
    for file in files(copy)?
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "tf"))
    {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        for line in text.lines() {
            let mut words = line.split('"');
            match (words.next(), words.next()) {
                (Some("resource "), Some(what)) => used.insert(format!("resources:{what}")),
                (Some("data "), Some(what)) => used.insert(format!("data:{what}")),
                _ => false,
            };
        }
    }
    Ok(used)
}

/// Folders that can be tested: those with a `tests` folder.
fn roots(terraform: &Path) -> Result<Vec<PathBuf>> {
    let roots: BTreeSet<PathBuf> = files(terraform)?
        .iter()
        .filter(|file| file.to_string_lossy().ends_with(".tftest.hcl"))
        .filter_map(|file| {
            file.parent()?
                .parent()?
                .strip_prefix(terraform)
                .ok()
                .map(Path::to_owned)
        })
        .collect();
    ensure!(!roots.is_empty(), "{} has no tests", terraform.display());
    Ok(roots.into_iter().collect())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry.context("reading a folder")?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// Each folder's `main.tf` begins with what Terraform must say of it.
fn refused(folder: &Path, plugins: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let folder = entry.context("reading a folder")?.path();
        let text = fs::read_to_string(folder.join("main.tf")).context("reading what must be refused")?;
        let says = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let says = says.with_context(|| format!("{} does not say what is wrong", folder.display()))?;
        init(&folder, plugins)?;
        match command::capture(terraform(&folder).args(["validate", "-no-color"])) {
            Err(error) if error.to_string().contains(says) => eprintln!("  refused: {says}"),
            Err(error) => return Err(error.context(format!("{says} was expected"))),
            Ok(_) => bail!("{} passes, and it should be refused: {says}", folder.display()),
        }
    }
    Ok(())
}
