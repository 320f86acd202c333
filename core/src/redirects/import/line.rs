//! One line of CSV: a rule, or one variant of it. Every field is tried, so that one look shows all that is wrong.

use std::collections::{BTreeMap, HashMap};

use csv::StringRecord;
use marquee_shared::code::is_code;
use marquee_shared::rules::{Action, Rule, Split, Target, Variant, When, ZipClause};
use marquee_shared::zip::State;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, macros::format_description};

use super::{Options, Parsed, Problem, Repair, zip};
use crate::redirects::csv::{FALLBACK, decode_variable, untame};
use crate::redirects::domain::canonical;

/// A line, by column.
pub(super) struct Line<'a> {
    number: u64,
    record: &'a StringRecord,
    places: &'a HashMap<&'static str, usize>,
}

/// What one line says of a rule.
pub(super) struct Part {
    pub(super) number: Option<u32>,
    pub(super) rule: Rule,
}

impl<'a> Line<'a> {
    pub(super) fn new(
        number: u64,
        record: &'a StringRecord,
        places: &'a HashMap<&'static str, usize>,
    ) -> Self {
        Self {
            number,
            record,
            places,
        }
    }

    /// Without surrounding blanks; empty where the file has no such column.
    fn field(&self, column: &str) -> &'a str {
        self.raw(column).trim()
    }

    fn raw(&self, column: &str) -> &'a str {
        self.places
            .get(column)
            .and_then(|index| self.record.get(*index))
            .unwrap_or_default()
    }
}

/// `None` if the line has problems; they are in `parsed`.
pub(super) fn parse(line: Line<'_>, options: Options, parsed: &mut Parsed) -> Option<Part> {
    let before = parsed.problems.count;
    let mut fields = Fields {
        line,
        repair: options.repair_zips,
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

    fn when(&mut self) -> When {
        When {
            product: self.codes("product"),
            language: self.codes("language"),
            device: self.codes("device"),
            media: self.codes("media"),
            state: self.set("state", |fields, text| {
                if State::parse(text).is_some_and(|state| state.code() == text) {
                    return Some(text.to_owned());
                }
                let meant = State::parse(text).map(|state| state.code().to_owned());
                fields.refuse(
                    "state",
                    text,
                    "state",
                    "not a state's two letters, upper case",
                    meant,
                );
                None
            }),
            zip: self.set("zip", Self::zip),
        }
    }

    /// A set joined by `|`; nothing means any.
    fn set<T>(&mut self, column: &str, parse: impl Fn(&mut Self, &str) -> Option<T>) -> Vec<T> {
        let text = self.line.field(column);
        if text.is_empty() {
            return Vec::new();
        }
        let mut set = Vec::new();
        for item in text.split('|').map(str::trim) {
            if item.is_empty() {
                self.refuse(column, text, "empty_item", "nothing between two `|`", None);
            } else if let Some(value) = parse(self, item) {
                set.push(value);
            }
        }
        set
    }

    fn codes(&mut self, column: &str) -> Vec<String> {
        self.set(column, |fields, text| {
            if is_code(text) {
                return Some(text.to_owned());
            }
            let plain = text.to_lowercase().replace([' ', '_'], "-");
            let suggestion = is_code(&plain).then_some(plain);
            fields.refuse(
                column,
                text,
                "code",
                "a code has small letters, digits and `-`, at most 40",
                suggestion,
            );
            None
        })
    }

    fn zip(&mut self, text: &str) -> Option<ZipClause> {
        match zip::clause(text) {
            Ok(clause) => Some(clause),
            Err(doubt) => match doubt.repair.filter(|_| self.repair) {
                Some(clause) => {
                    let (from, to) = (text.to_owned(), clause.to_string());
                    let repair = Repair {
                        line: self.line.number,
                        column: "zip".to_owned(),
                        from,
                        to,
                    };
                    self.parsed.repairs.push(repair);
                    Some(clause)
                }
                None => {
                    self.refuse("zip", text, doubt.code, &doubt.reason, doubt.suggestion);
                    None
                }
            },
        }
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

    fn action(&mut self) -> Action {
        match self.line.field("kind") {
            "route" => {
                self.must_be_empty(&["vars"], "an attribute rule's, not a route's");
                Action::Route(self.target())
            }
            "attribute" => {
                self.must_be_empty(
                    &["split", "variant", "weight", "url", "system"],
                    "a route's, not an attribute rule's",
                );
                Action::Attribute(self.variables())
            }
            other => {
                let lower = other.to_ascii_lowercase();
                let meant = matches!(lower.as_str(), "route" | "attribute").then_some(lower);
                self.refuse("kind", other, "kind", "write `route` or `attribute`", meant);
                Action::Route(Target::Fallback)
            }
        }
    }

    fn must_be_empty(&mut self, columns: &[&str], whose: &str) {
        for column in columns {
            let text = self.line.field(column);
            if !text.is_empty() {
                self.refuse(
                    column,
                    text,
                    "not_empty",
                    &format!("the column is {whose}: leave it empty"),
                    None,
                );
            }
        }
    }

    fn target(&mut self) -> Target {
        let url = self.line.field("url");
        if url == FALLBACK {
            self.must_be_empty(&["split", "variant", "weight", "system"], "no fallback's");
            return Target::Fallback;
        }
        if url.is_empty() {
            self.refuse("url", url, "url", "a route has a URL, or `fallback`", None);
        }
        let split = match self.line.field("split") {
            "" | "sticky" => Split::Sticky,
            "rotate" => Split::Rotate,
            other => {
                self.refuse("split", other, "split", "write `sticky` or `rotate`", None);
                Split::Sticky
            }
        };
        let name = self.line.field("variant");
        let system = self.line.field("system");
        let variant = Variant {
            name: if name.is_empty() { "a" } else { name }.to_owned(),
            weight: self.integer("weight", 1),
            url: url.to_owned(),
            system: (!system.is_empty()).then(|| system.to_owned()),
        };
        Target::Split {
            split,
            variants: vec![variant],
        }
    }

    fn variables(&mut self) -> BTreeMap<String, String> {
        let text = self.line.field("vars");
        if text.is_empty() {
            self.refuse(
                "vars",
                text,
                "vars",
                "an attribute rule has at least one variable",
                None,
            );
        }
        let mut variables = BTreeMap::new();
        for (name, value) in self.set("vars", |fields, item| {
            let pair = decode_variable(item);
            if pair.is_none() {
                let reason = "not `name=value` with `%`, `|` and `=` percent-encoded";
                fields.refuse("vars", item, "vars", reason, None);
            }
            pair
        }) {
            if variables.contains_key(&name) {
                self.refuse("vars", &name, "vars", "the variable stands twice", None);
            }
            variables.insert(name, value);
        }
        variables
    }
}
