//! Pages as Markdown: their files, and the blocks between fences.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What stands between two fences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The language and what follows it by commas, `console,ignore`.
    pub(super) info: Vec<String>,
    /// Of the opening fence, from 1.
    pub(super) line: usize,
    pub(super) lines: Vec<String>,
    /// The comment on the line above, without its brackets.
    pub(super) comment: Option<String>,
}

impl Block {
    pub(super) fn is(&self, word: &str) -> bool {
        self.info.iter().any(|info| info == word)
    }
}

/// Every Markdown file below `folder`, sorted.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
        for entry in entries {
            let path = entry
                .with_context(|| format!("reading {}", folder.display()))?
                .path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

pub(super) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    let mut comment = None;
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (open, fence) {
            (false, Some(info)) => {
                open = true;
                blocks.push(Block {
                    info: info.trim().split(',').map(str::to_owned).collect(),
                    line: index + 1,
                    lines: Vec::new(),
                    comment: comment.take(),
                });
            }
            (true, Some(_)) => open = false,
            (true, None) => blocks
                .last_mut()
                .into_iter()
                .for_each(|block| block.lines.push(line.to_owned())),
            (false, None) if line.trim().is_empty() => {}
            (false, None) => {
                let said = line.trim().strip_prefix("<!--");
                comment = said.and_then(|said| Some(said.strip_suffix("-->")?.trim().to_owned()));
            }
        }
    }
    blocks
}

/// The text without what stands between fences, each line where it was.
pub(super) fn prose(text: &str) -> String {
    let mut open = false;
    let lines = text.lines().map(|line| {
        let fence = line.trim_start().starts_with("```");
        let hidden = open || fence;
        open ^= fence;
        if hidden { "" } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_words_their_line_and_the_comment_above() {
        let text =
            "a\n<!-- not run: it costs -->\n\n```console,ignore\n$ a\nb\n```\ntext\n```json\n{}\n```\n";
        let found = blocks(text);
        assert_eq!(found.len(), 2);
        assert!(found[0].is("ignore") && found[0].is("console"));
        assert_eq!((found[0].line, found[0].lines.join("|").as_str()), (4, "$ a|b"));
        assert_eq!(found[0].comment.as_deref(), Some("not run: it costs"));
        assert_eq!(found[1].comment, None);
        assert_eq!(prose(text).replace('\n', ""), "a<!-- not run: it costs -->text");
    }
}
