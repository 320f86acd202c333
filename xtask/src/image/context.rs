//! What `.dockerignore` lets into the image's build.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::checkout::Checkout;

/// The packages that the program is made of, as rustc writes them.
const PACKAGES: [&str; 2] = ["marquee_core", "marquee_shared"];

/// # Errors
/// Names a file that the compiler has read for the program, and that the image's build would not find.
pub(super) fn holds_what_was_read(checkout: &Checkout) -> Result<()> {
    let rules = fs::read_to_string(checkout.root.join(".dockerignore")).context("reading .dockerignore")?;
    let mut read = Vec::new();
    for package in PACKAGES {
        let listed = newest_dep_info(&checkout.target.join("debug/deps"), package)?;
        let listed = fs::read_to_string(&listed).with_context(|| format!("reading {}", listed.display()))?;
        read.extend(ours(&listed, &checkout.root));
    }
    ensure!(
        read.len() > 100,
        "the compiler has read only {} files of ours",
        read.len()
    );
    let missing: Vec<_> = read.iter().filter(|file| !is_in(&rules, file)).collect();
    ensure!(
        missing.is_empty(),
        ".dockerignore leaves out what the program is built of: {missing:?}"
    );
    println!("    all {} files that the program is built of", read.len());
    Ok(())
}

/// What rustc wrote beside what it built last of `package`.
fn newest_dep_info(folder: &Path, package: &str) -> Result<PathBuf> {
    let files = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let files = files.flatten().filter(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        let Some(stem) = name.strip_suffix(".d") else {
            return false;
        };
        // Whoever only checks, as clippy does, writes one too, and reads more; but makes no library.
        stem.rsplit_once('-').is_some_and(|(of, _)| of == package)
            && folder.join(format!("lib{stem}.rlib")).exists()
    });
    let newest = files.max_by_key(|file| file.metadata().and_then(|file| file.modified()).ok());
    let newest = newest.with_context(|| format!("{package} was not built"))?;
    Ok(newest.path())
}

/// The files of a dep-info file that are below `root`, from there.
fn ours(dep_info: &str, root: &Path) -> Vec<PathBuf> {
    let (_, files) = dep_info.split_once(": ").unwrap_or_default();
    let files = files.lines().next().unwrap_or_default().split_whitespace();
    let files = files.filter_map(|file| {
        plain(&root.join(file))
            .strip_prefix(root)
            .ok()
            .map(Path::to_owned)
    });
    files.filter(|file| !file.starts_with("target")).collect()
}

/// Without `..`: what is included may lie beside a package.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
        plain
    })
}

/// By rules as ours are: `*` first, then `!path` lets in and `path` leaves out, the last that fits decides.
fn is_in(rules: &str, file: &Path) -> bool {
    let rules = rules
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut decides = rules.filter_map(|rule| match rule.strip_prefix('!') {
        Some(path) => file.starts_with(path).then_some(true),
        None => (rule == "*" || file.starts_with(rule)).then_some(false),
    });
    decides.next_back().unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "# nothing but\n*\n!core\n!docs/alerts.md\ncore/client\n";

    #[test]
    fn the_last_rule_that_fits_decides() {
        let is_in = |file: &str| is_in(RULES, Path::new(file));
        assert!(is_in("core/src/main.rs") && is_in("docs/alerts.md"));
        assert!(
            !is_in("core/client/client.ts") && !is_in("docs/metrics.md") && !is_in(".env") && !is_in("core2")
        );
    }

    #[test]
    fn files_of_others_are_not_ours() {
        let text = "/w/target/debug/deps/core.d: core/src/main.rs /home/me/registry/a.rs core/src/../../docs/alerts.md \
                    target/debug/build/core/out/made.rs\n\ncore/src/main.rs:\n";
        let files = [PathBuf::from("core/src/main.rs"), PathBuf::from("docs/alerts.md")];
        assert_eq!(ours(text, Path::new("/w")), files);
    }
}
