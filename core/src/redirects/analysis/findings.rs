//! What there is to say about a rule set, each thing in the same shape.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use super::{Analysis, Example, Unreachable, Why};
use crate::redirects::Refusal;

/// Findings told of one code.
const TOLD: usize = 200;

/// How much a finding matters, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It makes publishing impossible.
    Error,
    /// Hardly anybody means it.
    Warning,
    /// To know.
    Info,
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// Stable, for programs
    #[schema(example = "unreachable")]
    pub code: &'static str,
    pub severity: Severity,
    /// The rules that it is about, the one to look at first
    #[schema(example = json!([41, 7]))]
    pub rules: Vec<u32>,
    /// Where in the rule set's JSON, if it is in one place
    #[schema(example = "/rules/3/target/variants/0/url")]
    pub pointer: Option<String>,
    #[schema(example = "rule 41 never decides: rule 7 does wherever it would")]
    pub detail: String,
    /// A visitor who meets it
    pub example: Option<Example>,
}

/// How many findings there are of a code, told or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FindingCount {
    #[schema(example = "unreachable")]
    pub code: &'static str,
    pub severity: Severity,
    #[schema(example = 3)]
    pub count: usize,
}

/// Findings as they are made, a bounded number of each code.
#[derive(Clone, Debug, Default)]
pub(in crate::redirects) struct Findings {
    list: Vec<Finding>,
    counts: BTreeMap<(Severity, &'static str), usize>,
}

impl Findings {
    pub(in crate::redirects) fn add(&mut self, finding: Finding) {
        let count = self.counts.entry((finding.severity, finding.code)).or_default();
        *count += 1;
        if *count <= TOLD {
            self.list.push(finding);
        }
    }

    pub(super) fn say(&mut self, code: &'static str, severity: Severity, rules: Vec<u32>, detail: String) {
        self.add(Finding {
            code,
            severity,
            rules,
            pointer: None,
            detail,
            example: None,
        });
    }

    /// What makes publishing impossible, with the other rule and a visitor for those that name two.
    pub(in crate::redirects) fn refuse(&mut self, refusal: Refusal, example: Option<Example>) {
        let Refusal {
            code,
            rule,
            other,
            pointer,
            detail,
        } = refusal;
        self.add(Finding {
            code,
            severity: Severity::Error,
            rules: rule.into_iter().chain(other).collect(),
            pointer: Some(pointer),
            detail,
            example,
        });
    }

    pub(in crate::redirects) fn analysed(&mut self, analysis: &Analysis) {
        for found in &analysis.unreachable {
            self.add(Finding {
                code: "unreachable",
                severity: Severity::Warning,
                rules: [found.rule]
                    .into_iter()
                    .chain(found.shadowed_by.iter().copied())
                    .collect(),
                pointer: None,
                detail: found.sentence(),
                example: found.example.clone(),
            });
        }
        for gap in &analysis.gaps.groups {
            self.add(Finding {
                code: "gap",
                severity: Severity::Warning,
                rules: Vec::new(),
                pointer: None,
                detail: format!("no rule and no fallback answers {}", gap.sentence()),
                example: Some(gap.example.clone()),
            });
        }
        for (code, count) in [
            ("unreachable", analysis.unreachable_rules),
            ("gap", analysis.gaps.groups_found),
        ] {
            if count > 0 {
                self.counts.insert((Severity::Warning, code), count);
            }
        }
    }

    /// The gravest first, then by code; and how many there are.
    pub(in crate::redirects) fn sorted(mut self) -> (Vec<Finding>, Vec<FindingCount>) {
        self.list.sort_by_key(|finding| (finding.severity, finding.code));
        let counts = self.counts.into_iter();
        let counts = counts.map(|((severity, code), count)| FindingCount {
            code,
            severity,
            count,
        });
        (self.list, counts.collect())
    }
}

impl Unreachable {
    /// In a line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self {
            rule,
            why,
            shadowed_by,
            more,
            ..
        } = self;
        let why = match (why, shadowed_by.as_slice()) {
            (Why::Nowhere, _) => "its ZIPs lie in no state".to_owned(),
            (Why::Shadowed, [alone]) if *more == 0 => format!("rule {alone} does wherever it would"),
            (Why::Shadowed, rules) => {
                let rules: Vec<String> = rules.iter().map(ToString::to_string).collect();
                let more = if *more > 0 {
                    format!(" and {more} more")
                } else {
                    String::new()
                };
                format!("instead of it decide rules {}{more}", rules.join(", "))
            }
        };
        format!("rule {rule} never decides: {why}")
    }
}

pub(super) fn written(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
