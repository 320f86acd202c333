//! Features call, and hear, only features to their left.

use crate::source::Source;
use crate::{core, holds, planted};

/// SPEC (c). What is not yet there has its place already.
pub(crate) const FEATURES: [&str; 14] = [
    "platform",
    "accounts",
    "redirects",
    "hits",
    "videos",
    "catalogue",
    "ledger",
    "payments",
    "orders",
    "payouts",
    "books",
    "webhooks",
    "privacy",
    "console",
];

/// The types every feature speaks; they speak of no feature.
const KERNEL: [&str; 5] = ["ids", "money", "calendar", "locale", "access"];

/// What puts features together: from inside one, only what it hands out may be used.
const ASSEMBLY: [&str; 7] = ["adapters", "cli", "doctor", "sample", "worker", "main", "lib"];

pub(crate) fn place(module: &str) -> Option<usize> {
    FEATURES.iter().position(|feature| *feature == module)
}

fn out_of_order(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        let module = source.module();
        let own = place(module);
        for named in source.root_modules() {
            let fine = match (own, place(&named)) {
                (Some(own), Some(named)) => named <= own,
                (Some(_), None) => !ASSEMBLY.contains(&named.as_str()),
                (None, _) if KERNEL.contains(&module) => KERNEL.contains(&named.as_str()),
                (None, _) => true,
            };
            if !fine {
                violations.push(format!("{} names crate::{named}", source.path));
            }
        }
    }
    violations
}

#[test]
fn features_call_only_features_to_their_left() {
    holds("features are in order", out_of_order(&core()));
}

#[test]
fn every_module_has_a_place() {
    const ROOT: [&str; 4] = ["app", "config", "http", "lib"];
    for source in core() {
        let module = source.module();
        let known = place(module).is_some()
            || KERNEL.contains(&module)
            || ASSEMBLY.contains(&module)
            || ROOT.contains(&module);
        assert!(known, "{}: where is {module} in the order?", source.path);
    }
}

#[test]
fn calls_to_the_right_are_caught() {
    for (path, stray) in [
        ("redirects/commands.rs", "use crate::hits;"),
        (
            "redirects/commands.rs",
            "use crate::{app::App, hits::{self, Hit}};",
        ),
        (
            "redirects/store/blobs.rs",
            "fn f() { super::super::super::orders::place() }",
        ),
        ("platform/bus.rs", "use crate::{\n    accounts,\n};"),
        ("platform/bus.rs", "use crate::worker;"),
        ("hits/jobs.rs", "use crate::adapters::sqs::Sqs;"),
        ("access.rs", "use crate::platform::audit;"),
    ] {
        assert_eq!(out_of_order(&planted(path, stray)).len(), 1, "{path}: {stray}");
    }
    for (path, fine) in [
        (
            "hits/commands.rs",
            "use crate::{accounts, app::App, hits::store, redirects};",
        ),
        ("worker.rs", "use crate::{hits, redirects};"),
        (
            "redirects/commands.rs",
            "// use crate::hits;\nlet s = \"crate::hits\"; super::store::x();",
        ),
    ] {
        assert_eq!(out_of_order(&planted(path, fine)), [""; 0], "{path}: {fine}");
    }
}
