//! The pages there are, in the order of the book, and what none of them may do: stand in no list of contents, or show a
//! command that nobody runs, without a reason.

use std::path::Path;

use anyhow::{Context, Result};

use super::console;
use super::markdown::{Block, blocks, files, read};

const README: &str = "README.md";
const SUMMARY: &str = "docs/SUMMARY.md";
/// More consoles that nobody runs than this are too many.
const UNTRIED: usize = 12;
/// What a comment above such a console begins with.
const REASON: &str = "not run: ";

/// README, then the book's pages in its order, by their paths.
pub(super) fn in_order(root: &Path) -> Result<Vec<String>> {
    let summary = read(&root.join(SUMMARY))?;
    let pages = listed(&summary).map(|page| format!("docs/{page}"));
    let exist = pages.filter(|page| root.join(page).exists());
    Ok([README.to_owned()].into_iter().chain(exist).collect())
}

fn listed(summary: &str) -> impl Iterator<Item = &str> {
    let links = summary
        .lines()
        .filter_map(|line| line.split_once("](")?.1.split_once(')'));
    links
        .map(|(page, _)| page.trim_start_matches("./"))
        .filter(|page| !page.is_empty())
}

pub(super) fn faults(root: &Path) -> Result<Vec<String>> {
    let summary = read(&root.join(SUMMARY))?;
    let mut faults = Vec::new();
    let mut untried = Vec::new();
    let pages = files(&root.join("docs"))?;
    for page in pages.iter().chain([&root.join(README)]) {
        let name = page.strip_prefix(root).context("a page of this checkout")?;
        let name = name.display().to_string();
        let in_book = name.strip_prefix("docs/");
        if in_book.is_some_and(|page| name != SUMMARY && !listed(&summary).any(|listed| listed == page)) {
            faults.push(format!("{name} is not in {SUMMARY}: nobody finds it"));
        }
        let text = read(page)?;
        if let Err(fault) = console::steps(&text) {
            faults.push(format!("{name}: {fault}"));
        }
        for block in blocks(&text) {
            faults.extend(fault(&block).map(|fault| format!("{name}:{}: {fault}", block.line)));
            if block.is("ignore") {
                untried.push(format!("{name}:{}", block.line));
            }
        }
    }
    if untried.len() > UNTRIED {
        faults.push(format!(
            "{} consoles are run by nobody, {UNTRIED} may be: {}",
            untried.len(),
            untried.join(", ")
        ));
    }
    Ok(faults)
}

fn fault(block: &Block) -> Option<String> {
    let typed = block.lines.iter().any(|line| line.starts_with("$ "));
    if typed && !block.is("console") {
        return Some("what is typed at a prompt belongs into a `console`, which is run".to_owned());
    }
    if block.is("console") && !typed {
        return Some("nothing is typed in this console".to_owned());
    }
    let reason = block
        .comment
        .as_deref()
        .and_then(|comment| comment.strip_prefix(REASON));
    (block.is("ignore") && reason.is_none_or(|reason| reason.len() < 10))
        .then(|| format!("say why nobody runs it, in a comment above: `<!-- {REASON}… -->`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(text: &str) -> Vec<String> {
        blocks(text).iter().filter_map(fault).collect()
    }

    #[test]
    fn a_command_that_is_not_run_needs_a_reason() {
        assert_eq!(faults_of("```console\n$ a\n```\n"), [""; 0]);
        assert_eq!(
            faults_of("<!-- not run: it needs an account -->\n```console,ignore\n$ a\n```\n"),
            [""; 0]
        );
        for bad in [
            "```console,ignore\n$ a\n```\n",
            "<!-- not run: no -->\n```console,ignore\n$ a\n```\n",
            "```sh\n$ a\n```\n",
            "```console\na\n```\n",
        ] {
            assert_eq!(faults_of(bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn the_books_order_is_that_of_its_contents() {
        let summary = "# Summary\n[Start](README.md)\n- [A](a.md)\n  - [B](./b/c.md)\n- [Draft]()\n";
        assert_eq!(
            listed(summary).collect::<Vec<_>>(),
            ["README.md", "a.md", "b/c.md"]
        );
    }
}
