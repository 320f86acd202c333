//! A feed of attribute rules: it replaces them and no route.

use std::collections::HashSet;

use marquee_shared::rules::{Action, Rule};

use super::kept::Kept;
use super::{Draft, Parsed, Problem};
use crate::redirects::domain::canonical;

/// Gives the rules of a feed the numbers they have in the draft, with its notes. Refuses routes.
pub(super) fn settle(drafts: &mut [Draft], old: &[Rule], parsed: &mut Parsed) {
    let given: HashSet<u32> = drafts.iter().filter_map(|draft| draft.number).collect();
    let (routes, feed): (Vec<_>, Vec<_>) = old.iter().partition(|rule| is_route(rule));
    let routes: HashSet<u32> = routes.into_iter().map(|rule| rule.number).collect();
    let mut kept = Kept::of(feed.into_iter().filter(|rule| !given.contains(&rule.number)));
    for draft in drafts {
        if is_route(&draft.rule) {
            let problem = Problem::new(draft.line, "kind", "only attribute rules are taken here");
            parsed.problems.push(problem.at("kind", "route"));
            continue;
        }
        match draft.number {
            Some(number) if routes.contains(&number) => {
                let problem = Problem::new(draft.line, "number_of_a_route", "the number is a route's");
                parsed.problems.push(problem.at("rule", &number.to_string()));
            }
            Some(_) => {}
            None => {
                let rule = kept.take(&canonical(draft.rule.clone()));
                draft.number = rule.map(|rule| rule.number);
                if let Some(rule) = rule.filter(|_| draft.rule.note.is_empty()) {
                    draft.rule.note.clone_from(&rule.note);
                }
            }
        }
    }
}

fn is_route(rule: &Rule) -> bool {
    matches!(rule.action, Action::Route(_))
}
