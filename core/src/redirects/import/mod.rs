//! A rule set from a file, all of it or nothing (SPEC f).
//!
//! Nothing is mended in silence. A bad line is named with its column, the reason and, where we can guess,
//! what was probably meant; a spreadsheet's eaten leading zeros are repaired only when asked, line by line.
//! No SQL here: what comes out is a draft's rules, and a report for whoever sent the file.

mod attributes;
mod carried;
mod csv;
mod json;
mod kept;
mod line;
mod original;
mod progress;
mod report;
mod text;
mod xlsx;
mod zip;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use marquee_shared::rules::{Rule, Settings};
use serde_json::Value;

pub use json::WholeSet;
pub use progress::{Progress, Step};
pub use report::{Found, Noted, Problem, Repair, Report};
use text::{Lines, text};

use super::Refusal;
use super::domain::{MAX_RULES, canonical, likeness, nul};

/// What a file may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
    /// A workbook whose sheet has the columns of CSV.
    Xlsx,
    /// CSV of the service that Marquee replaces: see `original.rs` for its columns. It has no attribute rules, and
    /// leaves those of the draft.
    Original,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options<'a> {
    /// Put back the zeros that a spreadsheet ate (`501` for 00501) instead of refusing the line.
    pub repair_zips: bool,
    /// The lowest rule number never given out: rules without a number get the next ones.
    pub next_rule: u32,
    /// A whole rule set may bring settings.
    pub settings: bool,
    /// Only attribute rules are taken, and routes stay.
    pub attributes: bool,
    /// The draft's rules: some of a file without numbers are among them.
    pub rules_now: &'a [Rule],
    /// The draft's settings; without, no short code of the original service is known.
    pub settings_now: Option<&'a Settings>,
    /// Of a workbook; the first unless given.
    pub sheet: Option<&'a str>,
}

/// A file as it was understood.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Sorted by number, in canonical form; meaningless if there are problems.
    pub rules: Vec<Rule>,
    /// Only a whole rule set in JSON brings settings.
    pub settings: Option<Settings>,
    /// Rule number → the line it starts on.
    pub lines: HashMap<u32, u64>,
    pub problems: Found<Problem>,
    pub repairs: Found<Repair>,
}

/// Reads a whole file of rules for `brand`.
#[must_use]
pub(super) fn read(
    bytes: &[u8],
    format: Format,
    brand: &str,
    options: Options<'_>,
    progress: &Progress,
) -> Parsed {
    let mut parsed = Parsed::default();
    let mut drafts = if format == Format::Xlsx {
        let drafts = xlsx::read(bytes, options, &mut parsed, progress);
        nuls("%00", &drafts, &mut parsed);
        drafts
    } else {
        match text(bytes) {
            Err(problem) => {
                parsed.problems.push(problem);
                return parsed;
            }
            Ok(text) => {
                let drafts = match format {
                    Format::Json => json::read(text, brand, options, &mut parsed, progress),
                    Format::Original => original::read(text, options, &mut parsed, progress),
                    _ => csv::read(text, options, &mut parsed, progress),
                };
                nuls(text, &drafts, &mut parsed);
                drafts
            }
        }
    };
    if options.attributes {
        attributes::settle(&mut drafts, options.rules_now, &mut parsed);
    }
    if drafts.len() > MAX_RULES {
        let reason = format!("a brand may have {MAX_RULES} rules");
        parsed.problems.push(Problem::new(1, "too_many_rules", reason));
        return parsed;
    }
    settle(drafts, options.next_rule, &mut parsed);
    parsed
}

/// One rule, held to what the rules of a file are held to. It gets `number` if it has none.
///
/// # Errors
/// Why it is no rule, at its places in its JSON.
pub(super) fn one(rule: &Value, brand: &str, number: u32) -> Result<Rule, Vec<Refusal>> {
    if let Some(pointer) = nul(rule) {
        return Err(vec![Refusal::at(pointer, "nul", NUL)]);
    }
    let options = Options {
        next_rule: number,
        ..Options::default()
    };
    let file = Value::from(vec![rule.clone()]).to_string();
    let parsed = read(file.as_bytes(), Format::Json, brand, options, &Progress::untold());
    let refusal = |problem: Problem| {
        let pointer = problem.column.unwrap_or_default();
        let meant = problem
            .suggestion
            .map(|meant| format!("; did you mean `{meant}`?"));
        Refusal::at(
            pointer.strip_prefix("/rules/0").unwrap_or(&pointer),
            problem.code,
            problem.reason + &meant.unwrap_or_default(),
        )
    };
    match parsed.rules.into_iter().next() {
        Some(rule) if parsed.problems.is_empty() => Ok(rule),
        _ => Err(parsed.problems.items.into_iter().map(refusal).collect()),
    }
}

const NUL: &str = "a NUL may stand nowhere; remove it";

/// Says which rules have a NUL, which the database cannot hold.
fn nuls(text: &str, drafts: &[Draft], parsed: &mut Parsed) {
    // Raw, or as JSON or a variable in CSV has it. Nearly never, so that no rule need be written out.
    if !["\0", "\\u0000", "%00"].iter().any(|nul| text.contains(nul)) {
        return;
    }
    for draft in drafts {
        let rule = serde_json::to_value(&draft.rule).unwrap_or_default();
        if let Some(pointer) = nul(&rule) {
            let problem = Problem::new(draft.line, "nul", NUL);
            parsed.problems.push(problem.at(pointer, ""));
        }
    }
}

/// A rule and the line it starts on; no number yet if the file gave none.
struct Draft {
    line: u64,
    number: Option<u32>,
    rule: Rule,
}

/// Numbers what has no number, refuses a number used twice and a rule that says what another says.
fn settle(drafts: Vec<Draft>, next_rule: u32, parsed: &mut Parsed) {
    let highest = drafts.iter().filter_map(|draft| draft.number).max().unwrap_or(0);
    let mut next = next_rule.max(highest.saturating_add(1)).max(1);
    let mut alike = HashMap::new();
    for Draft { line, number, rule } in drafts {
        let number = number.unwrap_or_else(|| {
            next = next.saturating_add(1);
            next.saturating_sub(1)
        });
        let rule = canonical(Rule { number, ..rule });
        match parsed.lines.entry(number) {
            Entry::Occupied(first) => {
                let reason = format!("rule {number} stands on line {} already", first.get());
                parsed
                    .problems
                    .push(Problem::new(line, "rule_twice", reason).at("rule", &number.to_string()));
                continue;
            }
            Entry::Vacant(place) => _ = place.insert(line),
        }
        match alike.entry(likeness(&rule)) {
            Entry::Occupied(first) => {
                let (first_number, first_line) = *first.get();
                let reason = format!("says the same as rule {first_number} on line {first_line}");
                parsed.problems.push(Problem::new(line, "duplicate_rule", reason));
            }
            Entry::Vacant(place) => _ = place.insert((number, line)),
        }
        parsed.rules.push(rule);
    }
    parsed.rules.sort_by_key(|rule| rule.number);
}
