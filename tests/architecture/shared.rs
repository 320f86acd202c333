//! What edge and core must agree on has no I/O, no clock and no async.

use std::path::Path;

use crate::source::Source;
use crate::{holds, planted};

const ABSENT: [&str; 8] = [
    "tokio", "sqlx", "uuid", "axum", "worker", "reqwest", "futures", "chrono",
];

/// What the manifest depends on, development apart.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut section = "";
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if section.ends_with("dependencies]") && !section.contains("dev-") {
            let name: String = line
                .chars()
                .take_while(|char| char.is_alphanumeric() || "-_".contains(*char))
                .collect();
            found.push(name);
        }
    }
    found
}

fn impure(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        for word in [
            "async",
            "std::fs",
            "std::net",
            "std::env",
            "Instant",
            "SystemTime",
            "std::thread",
        ] {
            if source.says(word) {
                violations.push(format!("{} says {word}", source.path));
            }
        }
    }
    violations
}

#[test]
fn shared_depends_on_nothing_that_waits_or_talks() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/Cargo.toml");
    let found = dependencies(&std::fs::read_to_string(manifest).unwrap());
    assert!(found.len() > 2, "{found:?}");
    let strays = ABSENT
        .iter()
        .filter(|absent| found.iter().any(|name| name == *absent));
    holds("shared keeps them out", strays.map(ToString::to_string).collect());
}

#[test]
fn shared_neither_waits_nor_talks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/src");
    holds(
        "no I/O, clock or async in shared",
        impure(&Source::read_all(&root, "rs")),
    );
}

#[test]
fn strays_into_shared_are_caught() {
    let manifest =
        "[dependencies]\nserde = \"1\"\ntokio = { version = \"1\" }\n[dev-dependencies]\nuuid = \"1\"";
    assert_eq!(dependencies(manifest), ["serde", "tokio"]);
    assert_eq!(impure(&planted("rules.rs", "pub async fn x() {}")).len(), 1);
    assert_eq!(
        impure(&planted("rules.rs", "let at = std::time::Instant::now();")).len(),
        1
    );
    assert_eq!(
        impure(&planted("rules.rs", "// async\nlet asynchronous = 1;")),
        [""; 0]
    );
}
