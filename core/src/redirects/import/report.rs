//! What whoever sent a file is told.

use marquee_shared::compile::Finding;
use serde::Serialize;
use utoipa::ToSchema;

use super::Parsed;
use crate::redirects::domain::Difference;

/// Problems and repairs listed in a report; the rest are only counted.
const LISTED: usize = 1_000;
/// A value is shown up to here.
const SHOWN_CHARS: usize = 80;

/// Why a line cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// From 1; the header is line 1.
    pub line: u64,
    /// The column, or the place in a JSON rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What stands there, cut if long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Stable: for programs.
    #[schema(example = "zip_leading_zero")]
    pub code: &'static str,
    pub reason: String,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "02108")]
    pub suggestion: Option<String>,
}

/// One value that was put right, because the caller asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Repair {
    pub line: u64,
    pub column: String,
    #[schema(example = "2108")]
    pub from: String,
    #[schema(example = "02108")]
    pub to: String,
}

/// What became of a file, or what would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Report {
    /// Nothing was to be changed.
    pub dry_run: bool,
    /// The draft has these rules now.
    pub applied: bool,
    /// The draft's version, after the import if it was applied.
    pub version: i64,
    /// Rules in the file.
    pub rules: usize,
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
    pub unchanged: usize,
    /// Why nothing can be taken.
    pub problems: Found<Problem>,
    /// What was put right on request.
    pub repairs: Found<Repair>,
    /// What keeps the draft, as it is then, from being published. It may be imported all the same.
    pub findings: Found<Noted>,
}

/// A finding about a rule, at its line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Noted {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    pub pointer: String,
    #[schema(example = "url_host_not_allowed")]
    pub code: &'static str,
    pub detail: String,
}

/// A list that stops growing, and goes on counting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Found<T> {
    pub count: usize,
    /// The first thousand.
    pub items: Vec<T>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self {
            count: 0,
            items: Vec::new(),
        }
    }
}

impl<T> Found<T> {
    pub(super) fn push(&mut self, item: T) {
        self.count += 1;
        if self.items.len() < LISTED {
            self.items.push(item);
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Problem {
    pub(super) fn new(line: u64, code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            line,
            column: None,
            value: None,
            code,
            reason: reason.into(),
            suggestion: None,
        }
    }

    pub(super) fn at(mut self, column: impl Into<String>, value: &str) -> Self {
        self.column = Some(column.into());
        self.value = Some(shown(value));
        self
    }

    pub(super) fn suggest(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }
}

fn shown(value: &str) -> String {
    match value.char_indices().nth(SHOWN_CHARS) {
        None => value.to_owned(),
        Some((cut, _)) => format!("{}…", value.get(..cut).unwrap_or_default()),
    }
}

impl Parsed {
    /// What the sender is told. `findings` are about the draft as it would be.
    #[must_use]
    pub(in crate::redirects) fn report(&self, difference: &Difference, findings: Vec<Finding>) -> Report {
        let mut noted = Found::default();
        for Finding {
            rule,
            pointer,
            code,
            message,
            ..
        } in findings
        {
            let line = rule.and_then(|rule| self.lines.get(&rule)).copied();
            noted.push(Noted {
                line,
                rule,
                pointer,
                code,
                detail: message,
            });
        }
        let fresh = difference.added.len() + difference.changed.len();
        Report {
            dry_run: false,
            applied: false,
            version: 0,
            rules: self.rules.len(),
            added: difference.added.len(),
            changed: difference.changed.len(),
            removed: difference.removed.len(),
            unchanged: self.rules.len().saturating_sub(fresh),
            problems: self.problems.clone(),
            repairs: self.repairs.clone(),
            findings: noted,
        }
    }
}
