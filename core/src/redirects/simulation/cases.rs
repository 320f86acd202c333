//! Saved test cases: visitors whose fate is known beforehand.

use std::collections::HashSet;

use marquee_shared::rules::{Expectation, TestCase};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{Answer, Somebody, Stage};
use crate::redirects::Refusal;

/// How a test case went.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CaseResult {
    #[schema(example = "New York goes to the new form")]
    pub name: String,
    pub passed: bool,
    /// What is not as expected
    #[schema(example = json!(["rule is 41, expected 7"]))]
    pub failures: Vec<String>,
    /// What the edge would answer; `null` where the visitor makes no sense to the brand
    pub answer: Option<Answer>,
}

/// Runs the test cases of the rule set. Those without a time of their own are run for visitors who come at `now`.
pub(in crate::redirects) fn run(stage: &Stage, now: OffsetDateTime) -> Vec<CaseResult> {
    let mut names = HashSet::new();
    let tests = &stage.set.settings.tests;
    tests
        .iter()
        .map(|test| {
            let mut result = case(stage, test, now);
            if !names.insert(&test.name) {
                result.failures.push("another test has the same name".to_owned());
            }
            result.passed = result.failures.is_empty();
            result
        })
        .collect()
}

/// Those that do not go as expected, as reasons not to publish.
pub(in crate::redirects) fn failing(stage: &Stage, now: OffsetDateTime) -> Vec<Refusal> {
    let failing = |(index, result): (usize, CaseResult)| {
        let CaseResult { name, failures, .. } = result;
        (!failures.is_empty()).then(|| Refusal {
            code: "test_failed",
            rule: None,
            other: None,
            pointer: format!("/settings/tests/{index}"),
            detail: format!("the test `{name}` fails: {}", failures.join("; ")),
        })
    };
    run(stage, now)
        .into_iter()
        .enumerate()
        .filter_map(failing)
        .collect()
}

fn case(stage: &Stage, test: &TestCase, now: OffsetDateTime) -> CaseResult {
    let at = test.at.unwrap_or(now).unix_timestamp();
    let (answer, failures) = match Somebody::of(&test.visitor, &stage.set.settings) {
        Err(refusals) => (None, refusals.into_iter().map(|refusal| refusal.detail).collect()),
        Ok(somebody) => {
            let answer = stage.answer(&somebody.visit(at));
            let failures = failures(&test.expect, &answer);
            (Some(answer), failures)
        }
    };
    CaseResult {
        name: test.name.clone(),
        passed: false,
        failures,
        answer,
    }
}

fn failures(expect: &Expectation, answer: &Answer) -> Vec<String> {
    let mut failures = Vec::new();
    let mut compare = |what: &str, expected: Option<String>, is: Option<String>| {
        let Some(expected) = expected.filter(|expected| is.as_ref() != Some(expected)) else {
            return;
        };
        let is = is.unwrap_or_else(|| "none".to_owned());
        failures.push(format!("{what} is {is}, expected {expected}"));
    };
    let outcome = expect.outcome.map(|outcome| outcome.as_str().to_owned());
    compare("outcome", outcome, Some(answer.outcome.to_owned()));
    let rule = |rule: Option<u32>| rule.map(|rule| rule.to_string());
    compare("rule", rule(expect.rule), rule(answer.rule));
    compare("variant", expect.variant.clone(), answer.variant.clone());
    let prefix = expect
        .location
        .as_deref()
        .and_then(|location| location.strip_suffix('*'));
    match (prefix, &answer.location) {
        (Some(prefix), Some(location)) if location.starts_with(prefix) => {}
        _ => compare("location", expect.location.clone(), answer.location.clone()),
    }
    if *expect == Expectation::default() {
        failures.push("nothing is expected: give outcome, rule, variant or location".to_owned());
    }
    failures
}
