//! Rules that a file brings without numbers, and that the draft has already: they keep their numbers, so that
//! tonight's file differs from yesterday's only in what is new.

use std::collections::{HashMap, VecDeque};

use marquee_shared::rules::{Action, Rule, When};
use time::OffsetDateTime;

/// What makes a rule the same as yesterday's: all but where it leads, or the values that it yields.
#[derive(PartialEq, Eq, Hash)]
struct Conditions {
    when: When,
    priority: i32,
    from: Option<OffsetDateTime>,
    until: Option<OffsetDateTime>,
    /// `None`: it is a route.
    variables: Option<Vec<String>>,
}

impl Conditions {
    fn of(rule: &Rule) -> Self {
        Self {
            when: rule.when.clone(),
            priority: rule.priority,
            from: rule.from,
            until: rule.until,
            variables: match &rule.action {
                Action::Route(_) => None,
                Action::Attribute(variables) => Some(variables.keys().cloned().collect()),
            },
        }
    }
}

/// Rules of a draft that are not in the file yet.
pub(super) struct Kept<'a>(HashMap<Conditions, VecDeque<&'a Rule>>);

impl<'a> Kept<'a> {
    pub(super) fn of(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut kept: HashMap<_, VecDeque<_>> = HashMap::new();
        for rule in rules {
            kept.entry(Conditions::of(rule)).or_default().push_back(rule);
        }
        Self(kept)
    }

    /// The draft's rule that `rule`, in canonical form, is; each is found once.
    pub(super) fn take(&mut self, rule: &Rule) -> Option<&'a Rule> {
        self.0.get_mut(&Conditions::of(rule))?.pop_front()
    }
}
