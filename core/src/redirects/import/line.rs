//! One line of CSV: a rule, or one variant of it. Every field is tried, so that one look shows all that is wrong.

mod action;
mod when;

use csv::StringRecord;
use marquee_shared::rules::Rule;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, macros::format_description};

use super::csv::Columns;
use super::{Options, Parsed, Problem};
use crate::redirects::csv::untame;
use crate::redirects::domain::canonical;

/// A line, by column.
pub(super) struct Line<'a> {
    number: u64,
    record: &'a StringRecord,
    columns: &'a Columns,
}

/// What one line says of a rule.
pub(super) struct Part {
    pub(super) number: Option<u32>,
    pub(super) rule: Rule,
}

impl<'a> Line<'a> {
    pub(super) fn new(number: u64, record: &'a StringRecord, columns: &'a Columns) -> Self {
        Self {
            number,
            record,
            columns,
        }
    }

    /// Without surrounding blanks; empty where the file has no such column.
    fn field(&self, column: &str) -> &'a str {
        self.raw(column).trim()
    }

    fn raw(&self, column: &str) -> &'a str {
        self.columns
            .places
            .get(column)
            .and_then(|index| self.record.get(*index))
            .unwrap_or_default()
    }
}

/// `None` if the line has problems; they are in `parsed`.
pub(super) fn parse(line: Line<'_>, options: Options<'_>, parsed: &mut Parsed) -> Option<Part> {
    let before = parsed.problems.count;
    let mut fields = Fields {
        line,
        repair: options.repair_zips,
        attributes: options.attributes,
        parsed,
    };
    let number = fields.number();
    let rule = Rule {
        number: 0,
        enabled: fields.enabled(),
        priority: fields.integer("priority", 0),
        when: fields.when(),
        from: fields.time("from"),
        until: fields.time("until"),
        action: fields.action(),
        note: untame(fields.line.raw("note")).to_owned(),
    };
    // Canonical at once: the lines of a rule may name its sets in another order.
    (parsed.problems.count == before).then(|| Part {
        number,
        rule: canonical(rule),
    })
}

struct Fields<'a, 'p> {
    line: Line<'a>,
    repair: bool,
    /// Only attribute rules are taken, so that their kind need not be said.
    attributes: bool,
    parsed: &'p mut Parsed,
}

impl Fields<'_, '_> {
    fn refuse(
        &mut self,
        column: &str,
        value: &str,
        code: &'static str,
        reason: &str,
        suggestion: Option<String>,
    ) {
        let problem = Problem::new(self.line.number, code, reason)
            .at(column, value)
            .suggest(suggestion);
        self.parsed.problems.push(problem);
    }

    fn number(&mut self) -> Option<u32> {
        let text = self.line.field("rule");
        if text.is_empty() {
            return None;
        }
        match text.parse::<u32>() {
            Ok(number) if (1..=i32::MAX as u32).contains(&number) => Some(number),
            _ => {
                self.refuse(
                    "rule",
                    text,
                    "number",
                    "a rule's number is a whole number from 1",
                    None,
                );
                None
            }
        }
    }

    fn enabled(&mut self) -> bool {
        let text = self.line.field("enabled");
        match text.to_ascii_lowercase().as_str() {
            "" | "true" => true,
            "false" => false,
            other => {
                let meant = match other {
                    "yes" | "1" | "y" | "on" => Some("true".to_owned()),
                    "no" | "0" | "n" | "off" => Some("false".to_owned()),
                    _ => None,
                };
                self.refuse("enabled", text, "boolean", "write `true` or `false`", meant);
                true
            }
        }
    }

    fn integer<T: std::str::FromStr + Copy>(&mut self, column: &str, default: T) -> T {
        let text = self.line.field(column);
        if text.is_empty() {
            return default;
        }
        text.parse().unwrap_or_else(|_| {
            let whole = text
                .split_once('.')
                .filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0'));
            let suggestion = whole.map(|(whole, _)| whole.to_owned());
            self.refuse(
                column,
                text,
                "number",
                "not a whole number, or out of range",
                suggestion,
            );
            default
        })
    }

    fn time(&mut self, column: &str) -> Option<OffsetDateTime> {
        let text = self.line.field(column);
        if text.is_empty() {
            return None;
        }
        OffsetDateTime::parse(text, &Rfc3339)
            .inspect_err(|_| {
                let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
                let suggestion = day.ok().map(|day| format!("{day}T00:00:00Z"));
                let reason = "not a time with its offset, such as `2027-01-31T00:00:00Z`";
                self.refuse(column, text, "time", reason, suggestion);
            })
            .ok()
    }
}
