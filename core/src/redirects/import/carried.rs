//! What every format can carry. JSON could say more than CSV: a code with `|` in it would come back from a
//! spreadsheet as two. So it is refused at once, and a disabled rule's, which nobody else checks, too.

use std::collections::HashSet;

use marquee_shared::code::is_code;
use marquee_shared::rules::{Action, Rule, Target, Variant, When};
use marquee_shared::zip::State;

use super::Problem;
use crate::redirects::csv::FALLBACK;

/// Every value of `rule` that cannot be carried, at its place in the JSON of the rule.
pub(super) fn problems(rule: &Rule, line: u64) -> Vec<(String, Problem)> {
    let mut problems = Vec::new();
    let mut refuse = |pointer: String, value: &str, code: &'static str, reason: &str| {
        problems.push((pointer, Problem::new(line, code, reason).at("", value)));
    };
    let When {
        product,
        language,
        device,
        media,
        state,
        zip: _,
    } = &rule.when;
    for (name, codes) in [
        ("product", product),
        ("language", language),
        ("device", device),
        ("media", media),
    ] {
        for (index, code) in codes.iter().enumerate().filter(|(_, code)| !is_code(code)) {
            let reason = "a code has small letters, digits and `-`, at most 40";
            refuse(format!("/when/{name}/{index}"), code, "code", reason);
        }
    }
    for (index, code) in state.iter().enumerate() {
        if State::parse(code).is_none_or(|state| state.code() != code) {
            let reason = "not a state's two letters, upper case";
            refuse(format!("/when/state/{index}"), code, "state", reason);
        }
    }
    match &rule.action {
        Action::Route(Target::Fallback) => {}
        Action::Route(Target::Split { variants, .. }) => {
            let mut names = HashSet::new();
            for (index, variant) in variants.iter().enumerate() {
                let Variant {
                    name,
                    weight: _,
                    url,
                    system,
                } = variant;
                let place = format!("/target/variants/{index}");
                if !is_plain(name) || !names.insert(name) {
                    let reason = "a variant has a name of its own, without blanks around it";
                    refuse(format!("{place}/name"), name, "variant", reason);
                }
                if !is_plain(url) || url == FALLBACK {
                    let reason =
                        "a variant has a URL; for the fallback write `\"target\":{\"fallback\":true}`";
                    refuse(format!("{place}/url"), url, "url", reason);
                }
                if let Some(system) = system.as_ref().filter(|system| !is_plain(system)) {
                    let reason = "a system's name has no blanks around it; leave it out for none";
                    refuse(format!("{place}/system"), system, "system", reason);
                }
            }
        }
        Action::Attribute(variables) => {
            for name in variables.keys().filter(|name| !is_plain(name)) {
                let reason = "a variable's name has no blanks around it";
                refuse("/vars".to_owned(), name, "vars", reason);
            }
        }
    }
    problems
}

/// Something, and the same when the blanks around it are cut off.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.trim() == text
}
