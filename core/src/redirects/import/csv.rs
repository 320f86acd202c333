//! Rules from CSV: one line a rule, or one a variant.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use csv::{Position, Reader, ReaderBuilder, StringRecord, Trim};
use marquee_shared::rules::{Action, Rule, Target};
use marquee_shared::template::is_name;

use super::line::{Line, Part, parse};
use super::{Draft, Lines, Options, Parsed, Problem, Progress, Step};
use crate::redirects::csv::COLUMNS;
use crate::redirects::domain::MAX_RULES;

/// The rules that could be read, in the order of the file.
pub(super) fn read(text: &str, options: Options<'_>, parsed: &mut Parsed, progress: &Progress) -> Vec<Draft> {
    let Some((reader, header)) = open(text, parsed) else {
        return Vec::new();
    };
    let Some(table) = Table::of(&header, options, parsed) else {
        return Vec::new();
    };
    let mut rules = Rules::default();
    each(text, reader, parsed, progress, |line, record, parsed| {
        table.add(line, record, &mut rules, parsed);
        rules.drafts.len() <= MAX_RULES
    });
    rules.drafts
}

/// A text of CSV, behind its header. `None` if it is told that it is none.
pub(super) fn open<'t>(text: &'t str, parsed: &mut Parsed) -> Option<(Reader<&'t [u8]>, StringRecord)> {
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .trim(Trim::Headers)
        .from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            parsed.problems.push(Problem::new(1, "csv", error.to_string()));
            return None;
        }
    };
    if header.len() == 1 && header.get(0).is_some_and(|only| only.contains([';', '\t'])) {
        let reason = "the columns are not separated by commas; save the file as comma-separated UTF-8";
        parsed.problems.push(Problem::new(1, "separator", reason));
        return None;
    }
    Some((reader, header))
}

/// Hands out records with the lines they begin on, until they end or are refused.
pub(super) fn each(
    text: &str,
    mut reader: Reader<&[u8]>,
    parsed: &mut Parsed,
    progress: &Progress,
    mut take: impl FnMut(u64, &StringRecord, &mut Parsed) -> bool,
) {
    let lines = Lines::of(text);
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map(|position| line_of(text, &lines, position));
                let problem = Problem::new(line.unwrap_or(1), "csv", error.to_string());
                parsed.problems.push(problem);
                return;
            }
        };
        if let Some(position) = record.position() {
            progress.at(Step::Reading(position.byte()));
        }
        let number = record
            .position()
            .map_or(1, |position| line_of(text, &lines, position));
        if !take(number, &record, parsed) {
            return;
        }
    }
}

/// Lines below a header, of a text or of a sheet.
pub(super) struct Table<'a> {
    columns: Columns,
    width: usize,
    options: Options<'a>,
}

impl<'a> Table<'a> {
    /// Says about the header, and is `None`, if lines could not be understood with it.
    pub(super) fn of(header: &StringRecord, options: Options<'a>, parsed: &mut Parsed) -> Option<Self> {
        Some(Self {
            columns: columns(header, options.attributes, parsed)?,
            width: header.len(),
            options,
        })
    }

    pub(super) fn add(&self, number: u64, record: &StringRecord, rules: &mut Rules, parsed: &mut Parsed) {
        // What spreadsheets leave at the end of a table.
        if record.iter().all(|field| field.trim().is_empty()) {
            return;
        }
        if record.len() != self.width {
            let reason = format!("{} fields, where the header has {}", record.len(), self.width);
            parsed.problems.push(Problem::new(number, "fields", reason));
            return;
        }
        if let Some(line) = parse(Line::new(number, record, &self.columns), self.options, parsed) {
            rules.add(number, line, parsed);
        }
    }
}

/// The line a record begins on. The reader's own count is one behind after a CRLF, which it takes for two ends.
fn line_of(text: &str, lines: &Lines, position: &Position) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let ends = rest
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    lines.at(start.saturating_add(ends))
}

/// Where each column is.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) places: HashMap<&'static str, usize>,
    /// In a feed of attributes, a column for each variable.
    pub(super) variables: Vec<(String, usize)>,
}

/// Said about the header, and `None`, if the lines could not be understood with it.
fn columns(header: &StringRecord, attributes: bool, parsed: &mut Parsed) -> Option<Columns> {
    let mut columns = Columns::default();
    let wide = attributes && !header.iter().any(|name| matches!(name, "kind" | "vars"));
    let problems = parsed.problems.count;
    for (index, name) in header.iter().enumerate() {
        let Some(column) = COLUMNS.iter().find(|column| **column == name) else {
            // `states` is meant to be `state`, and no variable.
            let alike = |column: &&&str| column.trim_end_matches('s') == name.trim_end_matches('s');
            if wide && is_name(name) && COLUMNS.iter().find(alike).is_none() {
                columns.variables.push((name.to_owned(), index));
                continue;
            }
            let near = COLUMNS.iter().find(|column| is_near(column, name));
            let problem = Problem::new(1, "column_unknown", "there is no such column").at(name, name);
            parsed
                .problems
                .push(problem.suggest(near.map(|column| (*column).to_owned())));
            continue;
        };
        if columns.places.insert(*column, index).is_some() {
            parsed
                .problems
                .push(Problem::new(1, "column_twice", "the column stands twice").at(name, name));
        }
    }
    if !attributes && !columns.places.contains_key("kind") {
        parsed
            .problems
            .push(Problem::new(1, "column_missing", "the column `kind` is missing").at("kind", ""));
    }
    (parsed.problems.count == problems).then_some(columns)
}

/// Another case, a plural, or one letter too many or too few.
pub(super) fn is_near(column: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    let (column, name) = (column.trim_end_matches('s'), name.trim_end_matches('s'));
    column == name
        || (column.len() > 3 && name.len() > 3 && (column.starts_with(name) || name.starts_with(column)))
}

/// Rules as they come together from their lines.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) drafts: Vec<Draft>,
    /// Rule number → index in `drafts`.
    numbered: HashMap<u32, usize>,
}

impl Rules {
    fn add(&mut self, line: u64, part: Part, parsed: &mut Parsed) {
        if let Some(number) = part.number {
            match self.numbered.entry(number) {
                Entry::Vacant(place) => _ = place.insert(self.drafts.len()),
                Entry::Occupied(place) => {
                    if let Some(draft) = self.drafts.get_mut(*place.get())
                        && let Err((column, reason)) = join(&mut draft.rule, part.rule, draft.line)
                    {
                        let problem = Problem::new(line, "rule_differs", reason);
                        parsed.problems.push(problem.at(column, &number.to_string()));
                    }
                    return;
                }
            }
        }
        self.drafts.push(Draft {
            line,
            number: part.number,
            rule: part.rule,
        });
    }
}

/// Another line of a rule: the same in everything but its one variant.
fn join(rule: &mut Rule, mut more: Rule, first: u64) -> Result<(), (&'static str, String)> {
    let (
        Action::Route(Target::Split { split, variants }),
        Action::Route(Target::Split {
            split: other,
            variants: added,
        }),
    ) = (&mut rule.action, &mut more.action)
    else {
        return Err(("rule", format!("the number stands on line {first} already")));
    };
    if split != other {
        return Err(("split", format!("the rule has another `split` on line {first}")));
    }
    if let Some(twice) = added
        .iter()
        .find(|new| variants.iter().any(|old| old.name == new.name))
    {
        return Err((
            "variant",
            format!("the rule has a variant `{}` already", twice.name),
        ));
    }
    for (column, same) in [
        ("enabled", rule.enabled == more.enabled),
        ("priority", rule.priority == more.priority),
        ("product", rule.when.product == more.when.product),
        ("language", rule.when.language == more.when.language),
        ("device", rule.when.device == more.when.device),
        ("media", rule.when.media == more.when.media),
        ("state", rule.when.state == more.when.state),
        ("zip", rule.when.zip == more.when.zip),
        ("from", rule.from == more.from),
        ("until", rule.until == more.until),
        ("note", rule.note == more.note),
    ] {
        if !same {
            return Err((column, format!("the rule has another `{column}` on line {first}")));
        }
    }
    variants.append(added);
    Ok(())
}
