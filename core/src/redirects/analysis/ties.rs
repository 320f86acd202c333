//! Rules that meet without either coming first: who of the visitors is between them.

use std::collections::HashMap;

use marquee_shared::compile::{self, Way};
use marquee_shared::rules::RuleSet;

use super::super::diagram::Candidate;
use super::{Example, Space};
use crate::redirects::Refusal;

/// By refusal of two rules that clash: somebody for whom both want to decide.
pub(in crate::redirects) fn examples(
    set: &RuleSet,
    refusals: &[Refusal],
    since: i64,
) -> Vec<Option<Example>> {
    let clashes = || refusals.iter().filter(|refusal| refusal.code == "tie");
    let Ok(space) = Space::of(&[set], since) else {
        return vec![None; refusals.len()];
    };
    let wanted: Vec<u32> = clashes()
        .flat_map(|refusal| [refusal.rule, refusal.other])
        .flatten()
        .collect();
    let layers = if wanted.is_empty() {
        Vec::new()
    } else {
        compile::ways(set)
    };
    let mut ways: HashMap<u32, Vec<&Way<'_>>> = wanted.into_iter().map(|rule| (rule, Vec::new())).collect();
    for way in layers.iter().flat_map(|layer| &layer.ways) {
        if let Some(ours) = ways.get_mut(&way.rule.number) {
            ours.push(way);
        }
    }
    let candidates = |rule: u32| {
        let ours = ways.get(&rule).into_iter().flatten();
        let kind = |way: &Way<'_>| std::mem::discriminant(&way.place);
        ours.filter_map(|way| Some((kind(way), space.candidate(set, way)?)))
            .collect::<Vec<_>>()
    };
    let between = |refusal: &Refusal| -> Option<Example> {
        let (ours, theirs) = match refusal {
            Refusal {
                code: "tie",
                rule: Some(rule),
                other: Some(other),
                ..
            } => (candidates(*rule), candidates(*other)),
            _ => return None,
        };
        let pairs = ours.iter().flat_map(|a| theirs.iter().map(move |b| (a, b)));
        // Only ways of one kind are of equal rank.
        let pairs = pairs.filter(|((kind, _), (other, _))| kind == other);
        let mut meetings = pairs.filter_map(|((_, a), (_, b))| a.meet(b));
        meetings.find_map(|both: Candidate| {
            let cell = both.example(space.sizes())?;
            Some(space.example(cell, both.window.map_or(i64::MIN, |window| window.start)))
        })
    };
    refusals.iter().map(between).collect()
}
