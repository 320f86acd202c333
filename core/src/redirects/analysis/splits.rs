//! What the rules with several variants really do.

use std::collections::BTreeSet;

use marquee_shared::rules::{Action, RuleSet, Split, Target, Variant};
use serde::Serialize;
use utoipa::ToSchema;

use super::gaps::percent;
use super::{Findings, Severity};

/// Split rules shown.
const TOLD: usize = 200;

/// Rules with several variants.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Splits {
    /// By number, at most 200
    pub rules: Vec<SplitRule>,
    /// How many there are
    #[schema(example = 3)]
    pub found: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SplitRule {
    #[schema(example = 41)]
    pub rule: u32,
    /// `sticky`: a visitor gets the same variant again; `rotate`: each hit draws anew
    #[schema(example = "sticky")]
    pub split: &'static str,
    pub variants: Vec<SplitVariant>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SplitVariant {
    #[schema(example = "a")]
    pub name: String,
    /// 0: paused
    #[schema(example = 1)]
    pub weight: u32,
    /// Of the rule's visitors
    #[schema(example = 50.0)]
    pub percent: f64,
    #[schema(example = "https://quotes.acme.example/a")]
    pub url: String,
}

/// Of enabled rules.
pub(in crate::redirects) fn splits(set: &RuleSet, findings: &mut Findings) -> Splits {
    let mut splits = Splits::default();
    for rule in set.rules.iter().filter(|rule| rule.enabled) {
        let Action::Route(Target::Split { split, variants }) = &rule.action else {
            continue;
        };
        if variants.len() < 2 {
            continue;
        }
        say(rule.number, variants, findings);
        splits.found += 1;
        if splits.rules.len() < TOLD {
            splits.rules.push(shown(rule.number, *split, variants));
        }
    }
    splits
}

fn shown(rule: u32, split: Split, variants: &[Variant]) -> SplitRule {
    let sum = variants.iter().map(|variant| u64::from(variant.weight)).sum();
    let variant = |variant: &Variant| SplitVariant {
        name: variant.name.clone(),
        weight: variant.weight,
        percent: percent(u64::from(variant.weight), sum),
        url: variant.url.clone(),
    };
    SplitRule {
        rule,
        split: match split {
            Split::Sticky => "sticky",
            Split::Rotate => "rotate",
        },
        variants: variants.iter().map(variant).collect(),
    }
}

fn say(rule: u32, variants: &[Variant], findings: &mut Findings) {
    let (drawn, paused): (Vec<_>, Vec<_>) = variants.iter().partition(|variant| variant.weight > 0);
    let names = |variants: &[&Variant]| {
        let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
        names.join(", ")
    };
    if let [alone] = drawn.as_slice() {
        let detail = format!(
            "rule {rule} has {} variants and everybody gets `{}`",
            variants.len(),
            alone.name
        );
        findings.say("split_of_one", Severity::Info, vec![rule], detail);
    }
    if !paused.is_empty() {
        let detail = format!(
            "rule {rule} has paused {} of its {} variants: {}",
            paused.len(),
            variants.len(),
            names(&paused)
        );
        findings.say("variants_paused", Severity::Info, vec![rule], detail);
    }
    let mut seen = BTreeSet::new();
    let again = drawn
        .iter()
        .copied()
        .filter(|variant| !seen.insert((&variant.url, &variant.system)));
    let again: Vec<&Variant> = again.collect();
    if !again.is_empty() {
        let detail = format!(
            "rule {rule} sends variants of different names to the same URL: {}",
            names(&again)
        );
        findings.say("variants_alike", Severity::Warning, vec![rule], detail);
    }
}
