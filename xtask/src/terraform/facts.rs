//! What the program says of itself, for the tests of `terraform/modules/environment`: the settings that it knows, those it
//! refuses to start without outside of a developer's machine, those that are secrets, and what it measures. Read from
//! where the program has it, so that no list is kept twice.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub(super) struct Facts {
    known_settings: BTreeSet<String>,
    /// With every gateway and option that could ask for one: STRIPE_SECRET_KEY is among them.
    required_settings: BTreeSet<String>,
    /// Whose values `--help` does not show.
    secret_settings: BTreeSet<String>,
    metrics: BTreeSet<String>,
}

/// # Errors
/// When something is required that nobody can set: then the code is no longer written as it is read here.
pub(super) fn gather(root: &Path) -> Result<Facts> {
    let read = |file: &str| fs::read_to_string(root.join(file)).with_context(|| format!("reading {file}"));
    let mut facts = Facts::default();
    let folder = root.join("core/src/config");
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let name = entry.context("reading core/src/config")?.file_name();
        let name = name.to_string_lossy();
        if name == "tests.rs" {
            continue;
        }
        let source = read(&format!("core/src/config/{name}"))?;
        facts.required_settings.extend(required(&source));
        for setting in settings(&source) {
            if setting.hidden {
                facts.secret_settings.insert(setting.variable.clone());
            }
            facts.known_settings.insert(setting.variable);
        }
    }
    facts.metrics = measures(&read("docs/metrics.md")?);
    let strange: Vec<_> = facts
        .required_settings
        .difference(&facts.known_settings)
        .collect();
    ensure!(
        strange.is_empty(),
        "core/src/config requires {strange:?}, which is no setting's variable"
    );
    ensure!(
        facts.required_settings.contains("DATABASE_URL") && !facts.metrics.is_empty(),
        "core/src/config or docs/metrics.md is no longer written as xtask/src/terraform/facts.rs reads it"
    );
    Ok(facts)
}

struct Setting {
    variable: String,
    hidden: bool,
}

/// Of clap's attributes: `#[arg(long, env = "DATABASE_URL", hide_env_values = true)]`.
fn settings(source: &str) -> Vec<Setting> {
    source
        .split("#[arg(")
        .skip(1)
        .filter_map(|rest| {
            let (attribute, _) = rest.split_once(")]")?;
            let (_, named) = attribute.split_once("env = \"")?;
            let (variable, _) = named.split_once('"')?;
            Some(Setting {
                variable: variable.to_owned(),
                hidden: attribute.contains("hide_env_values = true"),
            })
        })
        .collect()
}

/// What is missed by name when it is not set: the first argument of these, itself or by a constant of the same file.
fn required(source: &str) -> Vec<String> {
    const ASKS: [&str; 4] = ["Missing(", "defaults.text(", "defaults.secret(", "defaults.url("];
    let arguments = ASKS.iter().flat_map(|ask| source.split(ask).skip(1));
    arguments
        .filter_map(|rest| {
            let (first, _) = rest.trim_start().split_once(',')?;
            match first.strip_prefix('"') {
                Some(named) => named.strip_suffix('"').map(str::to_owned),
                None => constant(source, first),
            }
        })
        .collect()
}

/// `const NAME: &str = "GATEWAY";`
fn constant(source: &str, name: &str) -> Option<String> {
    let (_, rest) = source.split_once(&format!("const {name}: &str = \""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.to_owned())
}

/// The first column of its table.
fn measures(table: &str) -> BTreeSet<String> {
    let names = table.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("| `")?.split_once('`')?;
        Some(name.to_owned())
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_own_words_are_understood() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let facts = gather(root).unwrap();

        for name in [
            "MARQUEE_ENV",
            "DATABASE_URL",
            "STORAGE_URL",
            "GATEWAY",
            "STRIPE_SECRET_KEY",
            "SMTP_URL",
        ] {
            assert!(facts.required_settings.contains(name), "{name}");
        }
        assert!(!facts.required_settings.contains("MARQUEE_SITE_URL"));
        assert!(facts.known_settings.contains("MARQUEE_SITE_URL"));
        assert!(facts.known_settings.contains("MARQUEE_STOP_SECONDS"));
        assert!(facts.secret_settings.contains("MARQUEE_DATA_KEYS"));
        assert!(!facts.secret_settings.contains("MARQUEE_BASE_URL"));
        assert!(facts.metrics.contains("marquee_jobs_overdue_seconds"));
    }

    #[test]
    fn a_setting_is_required_by_its_name_or_by_a_constant() {
        let source = "const NAME: &str = \"GATEWAY\";\nErr(Missing(\n    NAME,\n    \"x\"))\ndefaults.url(\"A_URL\", given)\n\
                      enum Error { Missing(&'static str, &'static str) }\nMissing(name, remedy)";
        assert_eq!(required(source), ["GATEWAY", "A_URL"]);
    }
}
