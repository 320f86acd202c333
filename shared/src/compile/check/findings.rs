use std::fmt;

use crate::compile::Finding;
use crate::rules::RuleSet;

/// Nobody corrects more at a time.
const MAX_FINDINGS: usize = 1_000;

/// Findings as they are made, up to [`MAX_FINDINGS`].
#[derive(Default)]
pub(super) struct Findings {
    /// With the rule's place in the set; settings come first.
    list: Vec<(Option<usize>, Finding)>,
}

/// Where findings about a rule, or about settings, are put.
pub(super) struct At<'a> {
    findings: &'a mut Findings,
    index: Option<usize>,
    rule: Option<u32>,
    other: Option<u32>,
}

impl Findings {
    pub(super) fn settings(&mut self) -> At<'_> {
        At {
            findings: self,
            index: None,
            rule: None,
            other: None,
        }
    }

    pub(super) fn rule(&mut self, set: &RuleSet, index: usize) -> At<'_> {
        At {
            findings: self,
            index: Some(index),
            rule: set.rules.get(index).map(|rule| rule.number),
            other: None,
        }
    }

    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.list.sort_by_key(|(index, _)| *index);
        self.list.into_iter().map(|(_, finding)| finding).collect()
    }
}

impl At<'_> {
    /// About the clash with that rule.
    pub(super) fn with(mut self, other: u32) -> Self {
        self.other = Some(other);
        self
    }

    /// Findings so far.
    pub(super) fn count(&self) -> usize {
        self.findings.list.len()
    }

    /// `path` follows `/settings` or the rule, in the syntax of a JSON pointer.
    pub(super) fn add(&mut self, path: impl fmt::Display, code: &'static str, message: impl Into<String>) {
        let pointer = match self.index {
            None => path.to_string(),
            Some(index) => format!("/rules/{index}{path}"),
        };
        if self.findings.list.len() >= MAX_FINDINGS {
            return;
        }
        let finding = Finding {
            rule: self.rule,
            other: self.other,
            pointer,
            code,
            message: message.into(),
        };
        self.findings.list.push((self.index, finding));
    }
}

/// A key as a step of a JSON pointer.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
