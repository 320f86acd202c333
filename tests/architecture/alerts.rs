//! Whoever is woken by an alert finds what to do about it.

use std::collections::BTreeSet;

use marquee_core::platform::alerts::{Code, RUNBOOKS};

use crate::source::Source;
use crate::{core, holds};

/// What each section of `docs/alerts.md` has.
const PARTS: [&str; 4] = [
    "**What it means.**",
    "**How to see it.**",
    "**What to do.**",
    "**When it is over.**",
];

fn sections() -> Vec<(&'static str, &'static str)> {
    let sections = RUNBOOKS.split("\n## ").skip(1);
    sections
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
        .collect()
}

/// Codes that nobody raises.
fn never_raised(sources: &[Source]) -> Vec<String> {
    let silent = Code::ALL.iter().filter(|code| {
        let named = format!("Code::{code:?}");
        let mut others = sources
            .iter()
            .filter(|source| !source.path.ends_with("alerts/catalogue.rs"));
        !others.any(|source| source.says(&named))
    });
    silent.map(|code| format!("nobody raises {code}")).collect()
}

#[test]
fn every_alert_has_a_section_and_every_section_an_alert() {
    let said: Vec<&str> = sections().into_iter().map(|(code, _)| code).collect();
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();

    assert_eq!(
        said, known,
        "docs/alerts.md and the catalogue, both in alphabetical order"
    );
    assert!(known.is_sorted());
    let anchors: BTreeSet<String> = Code::ALL.iter().map(|code| code.anchor()).collect();
    assert_eq!(anchors.len(), known.len(), "every section can be linked to");
}

#[test]
fn every_section_says_what_to_do() {
    let lacking = sections().into_iter().flat_map(|(code, text)| {
        let parts = PARTS.iter().filter(move |part| !text.contains(**part));
        parts.map(move |part| format!("{code} lacks {part}"))
    });
    holds("a runbook is whole", lacking.collect());
}

#[test]
fn every_alert_is_raised_somewhere() {
    holds("no dead alerts", never_raised(&core()));
}

#[test]
fn an_alert_that_nobody_raises_is_found() {
    assert_eq!(never_raised(&[]).len(), Code::ALL.len());
}
