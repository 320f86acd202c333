//! What pins packages is looked after: Dependabot skips a folder that nobody named to it, and says nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::command;

const CONFIG: &str = ".github/dependabot.yml";
const PINS: [&str; 3] = ["Cargo.lock", "package-lock.json", "requirements.txt"];

/// # Errors
/// Names the first folder of pins that Dependabot is not told of.
pub(super) fn check(root: &Path) -> Result<()> {
    let config = fs::read_to_string(root.join(CONFIG)).with_context(|| format!("reading {CONFIG}"))?;
    let files = command::capture(Command::new("git").arg("ls-files").current_dir(root))?;
    let unseen: Vec<_> = folders_of_pins(&files)
        .difference(&folders_told(&config))
        .cloned()
        .collect();
    ensure!(unseen.is_empty(), "{CONFIG} does not name {}", unseen.join(", "));
    Ok(())
}

/// As Dependabot writes them, from the checkout's root: `/xtask/moto`.
fn folders_of_pins(files: &str) -> BTreeSet<String> {
    let pins = files.lines().filter_map(|file| {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        PINS.contains(&name).then(|| format!("/{folder}"))
    });
    pins.collect()
}

fn folders_told(config: &str) -> BTreeSet<String> {
    let words = config.split(|sign: char| sign.is_whitespace() || matches!(sign, ',' | '[' | ']'));
    words
        .filter(|word| word.starts_with('/'))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_pins_is_found_in_the_files_and_in_what_dependabot_is_told() {
        let files = "Cargo.lock\nxtask/moto/requirements.in\nxtask/moto/requirements.txt\n";
        let found = folders_of_pins(files);
        assert_eq!(found.iter().collect::<Vec<_>>(), ["/", "/xtask/moto"]);
        assert!(found.is_subset(&folders_told(
            "directory: /\ndirectories: [/docker, /xtask/moto]\n"
        )));
        assert!(!found.is_subset(&folders_told("directories: [/, /xtask/moto-server]\n")));
    }
}
