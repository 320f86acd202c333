//! What time and other brands make of a rule set: windows that are over, destinations that nobody is sent to, and
//! hosts on which we answer ourselves.

use std::collections::BTreeMap;

use marquee_shared::rules::{Action, RuleSet, Target};
use marquee_shared::template::host;

use super::findings::{Findings, Severity, written};
use super::space::instant;

/// Rules named with a destination.
const NAMED: usize = 20;

/// `taken` are those destinations of the set that are hosts of other brands, with these brands; `now` in unix
/// seconds.
pub(in crate::redirects) fn upkeep(
    set: &RuleSet,
    taken: &[(String, String)],
    now: i64,
    findings: &mut Findings,
) {
    windows(set, now, findings);
    destinations(set, taken, findings);
}

fn windows(set: &RuleSet, now: i64, findings: &mut Findings) {
    let Some(now) = instant(now) else { return };
    for rule in set.rules.iter().filter(|rule| rule.enabled) {
        match (rule.from, rule.until) {
            (_, Some(until)) if until <= now => {
                let detail = format!(
                    "rule {} ended at {} and never decides again",
                    rule.number,
                    written(until)
                );
                findings.say("window_over", Severity::Warning, vec![rule.number], detail);
            }
            (Some(from), _) if from > now => {
                let detail = format!("rule {} begins at {}", rule.number, written(from));
                findings.say("window_ahead", Severity::Info, vec![rule.number], detail);
            }
            _ => {}
        }
    }
}

fn destinations(set: &RuleSet, taken: &[(String, String)], findings: &mut Findings) {
    let mut users: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for rule in set.rules.iter().filter(|rule| rule.enabled) {
        if let Action::Route(Target::Split { variants, .. }) = &rule.action {
            for host in variants.iter().filter_map(|variant| host(&variant.url)) {
                let rules = users.entry(host).or_default();
                if rules.last() != Some(&rule.number) {
                    rules.push(rule.number);
                }
            }
        }
    }
    let settings = &set.settings;
    let products = settings.products.iter().map(|product| &product.fallback_url);
    let urls = products
        .chain([&settings.fallback_url, &settings.ask_url])
        .flatten();
    let others: Vec<&str> = urls.filter_map(|url| host(url)).collect();
    for (index, destination) in settings.destinations.iter().enumerate() {
        let rules = users
            .get(destination.as_str())
            .map(Vec::as_slice)
            .unwrap_or_default();
        if rules.is_empty() && !others.contains(&destination.as_str()) {
            let detail = format!(
                "nobody is sent to `{destination}`; take it off the destinations, or leave it for later"
            );
            findings.at("destination_unused", Severity::Info, index, Vec::new(), detail);
        }
        let name = destination.split(':').next().unwrap_or_default();
        if let Some((_, brand)) = taken.iter().find(|(host, _)| host == name) {
            let rules = rules.iter().copied().take(NAMED).collect();
            let detail = format!(
                "`{name}` is a host of brand `{brand}`: visitors would be redirected once more, perhaps in a circle"
            );
            findings.at("destination_redirects", Severity::Warning, index, rules, detail);
        }
    }
}

impl Findings {
    /// About a destination.
    fn at(&mut self, code: &'static str, severity: Severity, index: usize, rules: Vec<u32>, detail: String) {
        self.add(super::Finding {
            code,
            severity,
            rules,
            pointer: Some(format!("/settings/destinations/{index}")),
            detail,
            example: None,
        });
    }
}
