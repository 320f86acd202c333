//! Who may see what: the rules of ARCHITECTURE.md, read off the source. Each rule is also shown to catch a
//! stray that was planted for it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod alerts;
mod layers;
mod observability;
mod order;
mod owners;
mod schemas;
mod shared;
mod source;
mod sql;

use std::path::Path;

use source::Source;

/// Every Rust file of `core`.
fn core() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let sources = Source::read_all(&root, "rs");
    assert!(
        sources.len() > 50,
        "found only {} files under {}",
        sources.len(),
        root.display()
    );
    sources
}

/// Fails with every violation, one a line.
#[track_caller]
fn holds(rule: &str, violations: Vec<String>) {
    assert!(violations.is_empty(), "{rule}:\n  {}", violations.join("\n  "));
}

/// For tests of the rules themselves.
fn planted(path: &str, text: &str) -> Vec<Source> {
    vec![Source::new(path, text)]
}
