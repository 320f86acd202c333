//! Rules from JSON: a whole rule set as it is exported, `{"rules":[…]}`, or a plain list of rules.

use marquee_shared::rules::{Rule, Settings};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{Draft, Lines, Options, Parsed, Problem, Progress, Repair, Step, carried, zip};

/// A draft whole, as a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DraftFile)]
pub struct WholeSet<'a> {
    /// The one it is for, if it says so
    #[schema(example = "acme")]
    brand: Option<String>,
    /// Stay as they are unless given
    #[serde(borrow)]
    #[schema(value_type = Option<Settings>)]
    settings: Option<&'a RawValue>,
    #[serde(borrow)]
    #[schema(value_type = Vec<Rule>)]
    rules: Vec<&'a RawValue>,
}

/// The rules that could be read, in the order of the file.
pub(super) fn read(
    text: &str,
    brand: &str,
    options: Options<'_>,
    parsed: &mut Parsed,
    progress: &Progress,
) -> Vec<Draft> {
    let whole = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map(|rules| WholeSet {
            brand: None,
            settings: None,
            rules,
        })
    } else {
        serde_json::from_str(text)
    };
    let whole: WholeSet<'_> = match whole {
        Ok(whole) => whole,
        Err(error) => {
            parsed
                .problems
                .push(Problem::new(error.line() as u64, "json", plain(&error)));
            return Vec::new();
        }
    };
    let lines = Lines::of(text);
    let place = |fragment: &RawValue| fragment.get().as_ptr().addr() - text.as_ptr().addr();
    let line_of = |fragment: &RawValue| lines.at(place(fragment));
    if let Some(other) = whole.brand.filter(|other| other != brand) {
        let problem = Problem::new(1, "other_brand", "these are another brand's rules");
        parsed
            .problems
            .push(problem.at("brand", &other).suggest(Some(brand.to_owned())));
    }
    if let Some(raw) = whole.settings {
        let line = line_of(raw);
        match serde_json::from_str::<Settings>(raw.get()) {
            Ok(_) if raw.get().contains("\\u0000") => {
                let problem = Problem::new(line, "nul", super::NUL);
                parsed.problems.push(problem.at("settings", ""));
            }
            Ok(settings) if options.settings => parsed.settings = Some(settings),
            Ok(_) => {
                let problem = Problem::new(
                    line,
                    "settings",
                    "only rules are imported here; leave the settings out",
                );
                parsed.problems.push(Problem {
                    column: Some("settings".to_owned()),
                    ..problem
                });
            }
            Err(error) => {
                let problem = Problem::new(line + error.line() as u64 - 1, "settings", plain(&error));
                parsed.problems.push(Problem {
                    column: Some("settings".to_owned()),
                    ..problem
                });
            }
        }
    }
    let drafts = whole.rules.into_iter().enumerate();
    drafts
        .filter_map(|(index, raw)| {
            progress.at(Step::Reading(place(raw) as u64));
            rule(index, raw, line_of(raw), options, parsed)
        })
        .collect()
}

fn rule(index: usize, raw: &RawValue, line: u64, options: Options<'_>, parsed: &mut Parsed) -> Option<Draft> {
    let draft = parse(index, raw, line, options, parsed)?;
    let problems = carried::problems(&draft.rule, line);
    let fine = problems.is_empty();
    for (pointer, problem) in problems {
        parsed.problems.push(Problem {
            column: Some(format!("/rules/{index}{pointer}")),
            ..problem
        });
    }
    fine.then_some(draft)
}

fn parse(
    index: usize,
    raw: &RawValue,
    line: u64,
    options: Options<'_>,
    parsed: &mut Parsed,
) -> Option<Draft> {
    let at = |problem: Problem, pointer: &str| Problem {
        column: Some(format!("/rules/{index}{pointer}")),
        ..problem
    };
    // Nearly always the whole story; only what it refuses is looked at more closely.
    let refusal = match serde_json::from_str::<Rule>(raw.get()) {
        Ok(rule) if (1..=i32::MAX as u32).contains(&rule.number) => {
            return Some(Draft {
                line,
                number: Some(rule.number),
                rule,
            });
        }
        Ok(rule) => {
            let problem = Problem::new(line, "number", "a rule's number is a whole number from 1");
            parsed
                .problems
                .push(at(problem.at("", &rule.number.to_string()), "/rule"));
            return None;
        }
        Err(error) => plain(&error),
    };
    let Ok(mut value) = serde_json::from_str::<Value>(raw.get()) else {
        parsed.problems.push(at(Problem::new(line, "json", refusal), ""));
        return None;
    };
    let (before, repaired) = (parsed.problems.count, parsed.repairs.count);
    let clauses = value.pointer_mut("/when/zip").and_then(Value::as_array_mut);
    for (position, item) in clauses.into_iter().flatten().enumerate() {
        let pointer = format!("/when/zip/{position}");
        // A number has lost its zeros already, if it had any: the same doubt as a spreadsheet's.
        let text = match &*item {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match zip::clause(&text) {
            Ok(_) if item.is_string() => {}
            Ok(clause) => {
                let problem = Problem::new(line, "zip", "a ZIP is text, in quotes");
                let problem = problem.at("", &text).suggest(Some(format!("\"{clause}\"")));
                parsed.problems.push(at(problem, &pointer));
            }
            Err(doubt) => match doubt.repair.filter(|_| options.repair_zips) {
                Some(clause) => {
                    let column = format!("/rules/{index}{pointer}");
                    parsed.repairs.push(Repair {
                        line,
                        column,
                        from: text,
                        to: clause.to_string(),
                    });
                    *item = Value::String(clause.to_string());
                }
                None => {
                    let problem = Problem::new(line, doubt.code, doubt.reason).at("", &text);
                    parsed
                        .problems
                        .push(at(problem.suggest(doubt.suggestion), &pointer));
                }
            },
        }
    }
    if parsed.problems.count > before {
        return None;
    }
    // A rule that has no number yet gets the next one; the model knows only numbered rules.
    let unnumbered = value.as_object().is_some_and(|rule| !rule.contains_key("rule"));
    if unnumbered && let Some(rule) = value.as_object_mut() {
        rule.insert("rule".to_owned(), Value::from(0));
    } else if parsed.repairs.count == repaired {
        // Neither the number nor a ZIP was in its way.
        parsed.problems.push(at(Problem::new(line, "rule", refusal), ""));
        return None;
    }
    match serde_json::from_value::<Rule>(value) {
        Ok(rule) => Some(Draft {
            line,
            number: Some(rule.number).filter(|_| !unnumbered),
            rule,
        }),
        Err(error) => {
            parsed
                .problems
                .push(at(Problem::new(line, "rule", plain(&error)), ""));
            None
        }
    }
}

/// Without serde's own idea of the place: it is that of the fragment.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.as_str(), |(reason, _)| reason)
        .to_owned()
}
