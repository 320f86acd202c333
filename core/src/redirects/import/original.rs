//! Rules from the tables of the service that Marquee replaces: configurations, and the routings they lead to.
//!
//! One CSV of one brand. Its lines are rows of four tables in any order, told apart by the column `table`
//! (`configuration`, `routing_single`, `routing_multi`, `routing_multi_urls`, with or without the prefix `atalaya_`).
//! Or there is no such column: then every line is a configuration together with its `url`, as in the sheet from
//! which that service was filled, and the lines of a multiple routing stand one below another.
//!
//! | Table | Column | Becomes |
//! |---|---|---|
//! | configuration | `id` | what routings refer to; our numbers are given out, or kept from the draft's rule with the same conditions |
//! | | `title` | the note |
//! | | `insurance`, `language`, `device`, `media` | product, language, device, media, by the brand's aliases; a code of ours stands for itself. None may be empty: that service compared them exactly |
//! | | `state` | the state; empty or `NA` is any |
//! | | `type` | `1`, a single routing: one destination; `2`, a multiple one: a split that draws anew every time |
//! | | `brand_id`, `brand` | nothing; the same on all lines, for a file is of one brand |
//! | | `system` | the system of every destination; empty is none |
//! | `routing_single` | `configuration_id`, `url` | the destination |
//! | `routing_multi` | `id`, `configuration_id`, `total` | the split; as many URLs as `total` |
//! | `routing_multi_urls` | `routing_multi_id`, `order`, `url` | a variant named by its order; all weigh the same, as they took turns |
//! | any | `domain`, `variables`, `current`, `created_at`, `updated_at` | nothing: the URL's host, a placeholder nobody read, the turn, and times |
//!
//! Priorities are zero, and order themselves as there: a rule with a state beats one for any. Media codes and phones
//! came from elsewhere, and come in a feed of attributes; so attribute rules of the draft stay as they are.

mod codes;
mod configuration;
mod row;
mod tables;

use std::collections::HashMap;

use csv::StringRecord;
use marquee_shared::rules::{Action, Rule};

use self::codes::Codes;
use self::row::{COLUMNS, Kind, Row};
use self::tables::Tables;
use super::csv::{each, is_near, open};
use super::kept::Kept;
use super::{Draft, Options, Parsed, Problem, Progress};
use crate::redirects::domain::{MAX_RULES, canonical};

/// Without these no line can be understood; state is among them, lest a forgotten column mean *any*.
const NEEDED: [&str; 8] = [
    "insurance",
    "language",
    "device",
    "media",
    "state",
    "type",
    "system",
    "url",
];
/// And if rows refer to each other, these.
const REFERRED: [&str; 2] = ["id", "configuration_id"];

/// The rules that could be read, in the order of their configurations.
pub(super) fn read(text: &str, options: Options<'_>, parsed: &mut Parsed, progress: &Progress) -> Vec<Draft> {
    let Some((reader, header)) = open(text, parsed) else {
        return Vec::new();
    };
    let Some(places) = places(&header, parsed) else {
        return Vec::new();
    };
    let (codes, mut tables) = (Codes::of(options.settings_now), Tables::default());
    each(text, reader, parsed, progress, |line, record, parsed| {
        if record.iter().all(|field| field.trim().is_empty()) {
            return true;
        }
        if record.len() != header.len() {
            let reason = format!("{} fields, where the header has {}", record.len(), header.len());
            parsed.problems.push(Problem::new(line, "fields", reason));
            return true;
        }
        let mut row = Row::new(line, record, &places, parsed);
        match row.kind() {
            None => {}
            Some(Kind::Whole) => tables.whole(&mut row, &codes),
            Some(Kind::Configuration) => tables.configuration(&mut row, &codes),
            Some(Kind::Single) => tables.single(&mut row),
            Some(Kind::Multi) => tables.multi(&mut row),
            Some(Kind::Url) => tables.url(&mut row),
        }
        tables.len() <= MAX_RULES
    });
    let mut drafts = tables.rules(parsed);
    number(&mut drafts, options.rules_now);
    drafts
}

/// Routes that the draft has keep their numbers, and what a file cannot say: whether they are switched on, and the
/// note if there is no title.
fn number(drafts: &mut [Draft], old: &[Rule]) {
    let routes = old.iter().filter(|rule| matches!(rule.action, Action::Route(_)));
    let mut kept = Kept::of(routes);
    for draft in drafts {
        if let Some(rule) = kept.take(&canonical(draft.rule.clone())) {
            draft.number = Some(rule.number);
            draft.rule.enabled = rule.enabled;
            if draft.rule.note.is_empty() {
                draft.rule.note.clone_from(&rule.note);
            }
        }
    }
}

/// Where each column is. Said about the header, and `None`, if lines could not be understood with it.
fn places(header: &StringRecord, parsed: &mut Parsed) -> Option<HashMap<&'static str, usize>> {
    let (mut places, before) = (HashMap::new(), parsed.problems.count);
    for (index, name) in header.iter().enumerate() {
        let Some(column) = COLUMNS.iter().find(|column| **column == name) else {
            let near = COLUMNS.iter().find(|column| is_near(column, name));
            let problem = Problem::new(1, "column_unknown", "the original's tables have no such column");
            let problem = problem.at(name, name);
            parsed
                .problems
                .push(problem.suggest(near.map(|column| (*column).to_owned())));
            continue;
        };
        if places.insert(*column, index).is_some() {
            let problem = Problem::new(1, "column_twice", "the column stands twice");
            parsed.problems.push(problem.at(name, name));
        }
    }
    let referred = REFERRED.iter().filter(|_| places.contains_key("table"));
    for column in NEEDED.iter().chain(referred) {
        if !places.contains_key(column) {
            let problem = Problem::new(1, "column_missing", format!("the column `{column}` is missing"));
            parsed.problems.push(problem.at(*column, ""));
        }
    }
    (parsed.problems.count == before).then_some(places)
}
