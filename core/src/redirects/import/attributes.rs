//! A feed of attribute rules: it replaces them and no route, and what stays the same keeps its number, so that
//! tonight's feed differs from yesterday's only in what is new.

use std::collections::{HashMap, HashSet, VecDeque};

use marquee_shared::rules::{Action, Rule, When};
use time::OffsetDateTime;

use super::{Draft, Parsed, Problem};
use crate::redirects::domain::canonical;

/// What makes an attribute rule the same as yesterday's: all but the values that it yields.
#[derive(PartialEq, Eq, Hash)]
struct Conditions {
    when: When,
    priority: i32,
    from: Option<OffsetDateTime>,
    until: Option<OffsetDateTime>,
    variables: Vec<String>,
}

/// Gives the rules of a feed the numbers they have in the draft, with its notes. Refuses routes.
pub(super) fn settle(drafts: &mut [Draft], old: &[Rule], parsed: &mut Parsed) {
    let given: HashSet<u32> = drafts.iter().filter_map(|draft| draft.number).collect();
    let mut routes = HashSet::new();
    let mut known: HashMap<Conditions, VecDeque<&Rule>> = HashMap::new();
    for rule in old {
        match conditions(rule) {
            None => _ = routes.insert(rule.number),
            Some(_) if given.contains(&rule.number) => {}
            Some(same) => known.entry(same).or_default().push_back(rule),
        }
    }
    for draft in drafts {
        let Some(same) = conditions(&canonical(draft.rule.clone())) else {
            let problem = Problem::new(draft.line, "kind", "only attribute rules are taken here");
            parsed.problems.push(problem.at("kind", "route"));
            continue;
        };
        match draft.number {
            Some(number) if routes.contains(&number) => {
                let problem = Problem::new(draft.line, "number_of_a_route", "the number is a route's");
                parsed.problems.push(problem.at("rule", &number.to_string()));
            }
            Some(_) => {}
            None => {
                let rule = known.get_mut(&same).and_then(VecDeque::pop_front);
                draft.number = rule.map(|rule| rule.number);
                if let Some(rule) = rule.filter(|_| draft.rule.note.is_empty()) {
                    draft.rule.note.clone_from(&rule.note);
                }
            }
        }
    }
}

/// `None`: it is a route.
fn conditions(rule: &Rule) -> Option<Conditions> {
    let Action::Attribute(variables) = &rule.action else {
        return None;
    };
    Some(Conditions {
        when: rule.when.clone(),
        priority: rule.priority,
        from: rule.from,
        until: rule.until,
        variables: variables.keys().cloned().collect(),
    })
}
