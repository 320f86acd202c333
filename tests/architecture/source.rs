use std::collections::BTreeSet;
use std::path::Path;

/// One file, with its code told apart from its strings; comments are gone.
pub(crate) struct Source {
    /// Below `src/`, with `/`.
    pub(crate) path: String,
    /// String literals are left as `""`.
    pub(crate) code: String,
    pub(crate) strings: Vec<String>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let (code, strings) = split(text);
        Self {
            path: path.to_owned(),
            code,
            strings,
        }
    }

    /// Every file below `root` that ends in `.extension`.
    pub(crate) fn read_all(root: &Path, extension: &str) -> Vec<Self> {
        let mut sources = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|found| found == extension) {
                    let name = path
                        .strip_prefix(root)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .replace('\\', "/");
                    sources.push(Self::new(&name, &std::fs::read_to_string(&path).unwrap()));
                }
            }
        }
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        sources
    }

    /// `redirects/store/blobs.rs` is `redirects`, `store`, `blobs`.
    pub(crate) fn segments(&self) -> Vec<&str> {
        let segments = self.path.trim_end_matches(".rs").split('/');
        segments.filter(|segment| *segment != "mod").collect()
    }

    /// The module of the crate root that it belongs to.
    pub(crate) fn module(&self) -> &str {
        self.segments()[0]
    }

    /// Whether it is the layer `name` of a feature, or a part of that layer.
    pub(crate) fn is_layer(&self, name: &str) -> bool {
        self.segments().contains(&name)
    }

    /// Whether the code has `word`, a path like `std::env` included, not as a part of a longer name.
    pub(crate) fn says(&self, word: &str) -> bool {
        self.code.match_indices(word).any(|(at, _)| {
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + word.len()..].chars().next();
            !before.is_some_and(is_name) && !after.is_some_and(is_name)
        })
    }

    /// The modules of the crate root that it names: by `crate::x`, in a group `crate::{x, y::z}`, or by as
    /// many `super` as lead to the root.
    pub(crate) fn root_modules(&self) -> BTreeSet<String> {
        let to_root = "super::".repeat(self.segments().len());
        let mut modules = BTreeSet::new();
        for prefix in ["crate::", to_root.as_str()] {
            for (at, _) in self.code.match_indices(prefix) {
                let before = &self.code[..at];
                let deeper = before.ends_with("super::") || before.chars().next_back().is_some_and(is_name);
                if !deeper {
                    first_names(&self.code[at + prefix.len()..], &mut modules);
                }
            }
        }
        // `use super::*` in a test below a root module names nothing new.
        modules.retain(|name| !name.is_empty() && name != "super");
        modules
    }
}

fn is_name(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// The first name of a path, or of each path of a group.
fn first_names(rest: &str, names: &mut BTreeSet<String>) {
    let Some(group) = rest.strip_prefix('{') else {
        names.insert(rest.chars().take_while(|char| is_name(*char)).collect());
        return;
    };
    let mut depth = 1;
    let mut at_first = true;
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 1 => return,
            '}' => depth -= 1,
            ',' if depth == 1 => at_first = true,
            char if at_first && is_name(char) => {
                names.insert(group[at..].chars().take_while(|char| is_name(*char)).collect());
                at_first = false;
            }
            _ => {}
        }
    }
}

/// Code without comments and with emptied strings, and the strings.
fn split(text: &str) -> (String, Vec<String>) {
    let (mut code, mut strings) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let in_name = code.chars().next_back().is_some_and(is_name);
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = &rest[block_comment(rest)..];
        } else if let Some((string, length)) = raw_string(rest).filter(|_| !in_name) {
            strings.push(string.to_owned());
            code.push_str("\"\"");
            rest = &rest[length..];
        } else if char == '"' {
            let length = quoted(rest);
            strings.push(rest[1..length - 1].to_owned());
            code.push_str("\"\"");
            rest = &rest[length..];
        } else if let Some(length) = char_literal(rest) {
            code.push_str("' '");
            rest = &rest[length..];
        } else {
            code.push(char);
            rest = &rest[char.len_utf8()..];
        }
    }
    (code, strings)
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn raw_string(text: &str) -> Option<(&str, usize)> {
    let hashes = text
        .strip_prefix('r')?
        .chars()
        .take_while(|char| *char == '#')
        .count();
    let inside = text[1 + hashes..].strip_prefix('"')?;
    let end = inside.find(&format!("\"{}", "#".repeat(hashes)))?;
    Some((&inside[..end], 1 + hashes + 1 + end + 1 + hashes))
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    panic!("a string without an end: {}", &text[..text.len().min(40)]);
}

/// `'x'` and `'\n'`, but not the lifetime `'a`.
fn char_literal(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        return inside[2..].find('\'').map(|at| at + 4);
    }
    let char = inside.chars().next()?;
    inside[char.len_utf8()..]
        .starts_with('\'')
        .then_some(char.len_utf8() + 2)
}

#[test]
fn comments_are_gone_and_strings_are_apart() {
    let source = Source::new(
        "a/b.rs",
        r##"use x; // crate::one
        /* crate::two /* nested */ still */
        let s = "crate::three \" \\"; let r = r#"crate::"four""#; let c = '"'; let l: &'a str = b"five";
        format!("six")"##,
    );
    assert_eq!(
        source.strings,
        [r#"crate::three \" \\"#, r#"crate::"four""#, "five", "six"]
    );
    assert!(source.root_modules().is_empty(), "{}", source.code);
    assert!(source.says("x") && source.says("format") && !source.says("one") && !source.says("forma"));
}

#[test]
fn root_modules_are_found_however_they_are_named() {
    let text = "use crate::orders::{self, commands}; use crate::{worker, http::{Json, Path}, hits as h};
        fn f() { crate::payouts::pay(super::super::videos::x, super::mine, super::super::super::no) }";
    let found = Source::new("redirects/commands.rs", text).root_modules();

    assert_eq!(
        found,
        ["hits", "http", "orders", "payouts", "videos", "worker"]
            .map(String::from)
            .into()
    );
}
