//! Links that lead nowhere: in the book as it was made, and in the pages beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

use super::markdown::{prose, read};

/// Pages that are read where the source lies.
const BESIDE: [&str; 6] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "terraform/README.md",
    "tests/README.md",
];
/// What mdBook makes of all pages; it links from elsewhere.
const MADE: [&str; 3] = ["print.html", "404.html", "toc.html"];

/// Of the pages beside the book: files that are not there.
pub(super) fn in_repository(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for page in BESIDE {
        let path = root.join(page);
        for target in linked(&prose(&read(&path)?)) {
            let file = target.split('#').next().unwrap_or_default();
            let folder = path.parent().unwrap_or(root);
            if is_ours(&target) && !file.is_empty() && !folder.join(file).exists() {
                faults.push(format!("{page} links to {target}, which is not there"));
            }
        }
    }
    Ok(faults)
}

/// What Markdown links to: `[text](target)`.
fn linked(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

/// Of the book: pages and places in them that are not there.
pub(super) fn in_book(folder: &Path) -> Result<Vec<String>> {
    let pages = html(folder)?;
    let mut faults = Vec::new();
    for (page, text) in &pages {
        let name = page.strip_prefix(folder).unwrap_or(page).display().to_string();
        if MADE.contains(&name.as_str()) {
            continue;
        }
        let targets = attributes(text, "href=\"").chain(attributes(text, "src=\""));
        for target in targets.filter(|target| is_ours(target)) {
            if let Some(fault) = broken(page, target, &pages) {
                faults.push(format!("{name} links to {target}: {fault}"));
            }
        }
    }
    faults.sort();
    faults.dedup();
    Ok(faults)
}

fn broken(page: &Path, target: &str, pages: &BTreeMap<PathBuf, String>) -> Option<&'static str> {
    let (file, place) = target.split_once('#').unwrap_or((target, ""));
    let folder = page.parent()?;
    let path = if file.is_empty() {
        page.to_owned()
    } else {
        plain(&folder.join(file))
    };
    let path = if path.is_dir() {
        path.join("index.html")
    } else {
        path
    };
    let Some(text) = pages.get(&path) else {
        return (!path.exists()).then_some("it is not there");
    };
    let place = place.replace("%3A", ":");
    let has = place.is_empty() || text.contains(&format!("id=\"{place}\""));
    (!has).then_some("there is no such place in it")
}

fn html(folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut pages = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                let text = read(&path)?;
                pages.insert(path, text);
            }
        }
    }
    Ok(pages)
}

/// The values of an attribute, wherever it stands.
fn attributes<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(name)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0))
}

/// Neither another site's nor a script's.
fn is_ours(target: &str) -> bool {
    let scheme = target.split(['/', '#', '?']).next().unwrap_or_default();
    !target.is_empty() && !scheme.contains(':')
}

/// Without `..`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_page_or_a_place_that_is_not_there_is_found() {
        let page = |path: &str, text: &str| (PathBuf::from(path), text.to_owned());
        let pages = BTreeMap::from([page("/b/a.html", "<h1 id=\"top\">"), page("/b/c/d.html", "")]);
        let fault = |target| broken(Path::new("/b/c/d.html"), target, &pages);
        assert_eq!(fault("../a.html#top"), None);
        assert_eq!(fault("../a.html#end"), Some("there is no such place in it"));
        assert_eq!(fault("../no-such.html"), Some("it is not there"));
        assert!(!is_ours("https://acme.example/a") && !is_ours("mailto:a@acme.example") && is_ours("#top"));
        assert_eq!(linked("a [b](c.md) and [d](e.md#f)"), ["c.md", "e.md#f"]);
    }
}
