//! `cargo xtask lint-deploy`: what deploys us, looked at by the linters of each trade (Dockerfiles, compose.yaml, scripts,
//! GitHub's workflows), and a search for secrets. Each linter is also given something bad first: one that lets that pass
//! would let anything pass.

mod addresses;
mod agreements;
mod secrets;
mod setup;
mod updates;
mod workflows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::checkout::Checkout;
use crate::command;
use crate::progress::Progress;
use crate::python;

/// What each linter must refuse.
const BAD: &str = "xtask/deploy-lint/bad";

#[derive(Debug, clap::Args)]
pub(crate) struct LintDeploy {}

pub(crate) fn run(_: &LintDeploy) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let result = check(&checkout, &mut progress);
    progress.summary();
    result
}

/// A program that reads files and fails where it finds something.
struct Linter {
    /// The program and its arguments before the files.
    command: &'static str,
    files: Files,
    /// What it must refuse, below [`BAD`], and what it must say of that.
    bad: (&'static str, &'static str),
}

enum Files {
    These(&'static [&'static str]),
    /// All in a folder whose names end so.
    Ending(&'static str, &'static str),
}

const WORKFLOWS: Files = Files::Ending(".github/workflows", ".yml");

const LINTERS: [Linter; 12] = [
    Linter {
        command: "hadolint --no-color",
        files: Files::These(&["Dockerfile", "docker/emulators.Dockerfile"]),
        bad: ("Dockerfile", "DL3006"),
    },
    Linter {
        command: "check-jsonschema --builtin-schema vendor.compose-spec",
        files: Files::These(&["compose.yaml"]),
        bad: ("compose.yaml", "'restarts' was unexpected"),
    },
    Linter {
        command: "compose-lint check --quiet",
        files: Files::These(&["compose.yaml"]),
        bad: ("dangerous.yaml", "CL-0002"),
    },
    Linter {
        command: "shellcheck --color=never",
        files: Files::Ending("docker", ".sh"),
        bad: ("script.sh", "SC2115"),
    },
    Linter {
        command: "shellcheck --color=never",
        files: Files::Ending("deploy", ".sh"),
        bad: ("script.sh", "SC2115"),
    },
    Linter {
        command: "shellcheck --color=never",
        files: Files::Ending("terraform/modules/core_service", ".sh"),
        bad: ("script.sh", "SC2115"),
    },
    Linter {
        command: "shellcheck --color=never",
        files: Files::These(&[
            ".ci/run",
            "xtask/image/contained.sh",
            "xtask/tests/deploy/aws",
            "xtask/tests/deploy/terraform",
            "xtask/tests/deploy/wrangler",
        ]),
        bad: ("script.sh", "SC2115"),
    },
    Linter {
        command: "actionlint -no-color -pyflakes=",
        files: WORKFLOWS,
        bad: ("workflow.yml", "potentially untrusted"),
    },
    Linter {
        command: "zizmor --offline --no-progress --color=never",
        files: WORKFLOWS,
        bad: ("workflow.yml", "unpinned-uses"),
    },
    Linter {
        command: "check-jsonschema --builtin-schema vendor.github-workflows",
        files: WORKFLOWS,
        bad: ("no-steps.yml", "'step' was unexpected"),
    },
    Linter {
        command: "check-jsonschema --builtin-schema custom.github-workflows-require-timeout",
        files: WORKFLOWS,
        bad: ("workflow.yml", "'timeout-minutes' is a required property"),
    },
    Linter {
        command: "check-jsonschema --builtin-schema vendor.dependabot",
        files: Files::These(&[".github/dependabot.yml"]),
        bad: ("dependabot.yml", "'crates' is not one of"),
    },
];

/// Runs every linter, twice; then looks for secrets, and whether files that say the same agree.
///
/// # Errors
/// A linter finds something, or lets something bad pass.
pub(crate) fn check(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    let requirements = checkout.root.join("xtask/deploy-lint/requirements.txt");
    let programs = python::install(checkout, "deploy-lint", &requirements, progress)?;
    for linter in &LINTERS {
        progress.stage(&format!("lint: {}", linter.command), || {
            linter.check(checkout, &programs)
        })?;
    }
    progress.stage("look for secrets", || secrets::look(checkout, &programs))?;
    progress.stage("compare what must agree", || {
        agreements::check(&checkout.root)?;
        addresses::check(&checkout.root)?;
        setup::check(&checkout.root)?;
        updates::check(&checkout.root)?;
        workflows::check(&checkout.root, &programs)
    })
}

impl Linter {
    fn check(&self, checkout: &Checkout, programs: &Path) -> Result<()> {
        self.refuses_what_is_bad(checkout, programs)?;
        let files = self.files.find(&checkout.root)?;
        command::run_attached(self.of(checkout, programs).args(files))
    }

    fn refuses_what_is_bad(&self, checkout: &Checkout, programs: &Path) -> Result<()> {
        let (file, complaint) = self.bad;
        let output = self
            .of(checkout, programs)
            .arg(Path::new(BAD).join(file))
            .output();
        let output = output.with_context(|| format!("starting `{}`", self.command))?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        ensure!(
            !output.status.success() && said.contains(complaint),
            "`{}` must refuse {BAD}/{file} and say `{complaint}`, or it proves nothing; it said:\n{said}",
            self.command
        );
        Ok(())
    }

    fn of(&self, checkout: &Checkout, programs: &Path) -> Command {
        let mut words = self.command.split(' ');
        let mut command = Command::new(programs.join(words.next().unwrap_or_default()));
        // actionlint asks shellcheck about scripts in workflows.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(
            [programs.to_owned()]
                .into_iter()
                .chain(std::env::split_paths(&path)),
        );
        command
            .args(words)
            .env("NO_COLOR", "1")
            .current_dir(&checkout.root);
        if let Ok(path) = path {
            command.env("PATH", path);
        }
        command
    }
}

impl Files {
    /// From the checkout's root, in order.
    ///
    /// # Errors
    /// When there are none: then nothing would be looked at.
    fn find(&self, root: &Path) -> Result<Vec<PathBuf>> {
        let (folder, ending) = match self {
            Self::These(files) => return Ok(files.iter().map(PathBuf::from).collect()),
            Self::Ending(folder, ending) => (Path::new(folder), ending),
        };
        let entries = fs::read_dir(root.join(folder));
        let entries = entries.with_context(|| format!("reading {}", folder.display()))?;
        let names = entries.flatten().map(|entry| entry.file_name());
        let mut found: Vec<_> = names
            .filter(|name| name.to_string_lossy().ends_with(ending))
            .map(|name| folder.join(name))
            .collect();
        if found.is_empty() {
            bail!("{} has no file that ends with {ending}", folder.display());
        }
        found.sort();
        Ok(found)
    }
}
