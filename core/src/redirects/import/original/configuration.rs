//! What a configuration says of a rule: everything but where it leads.

use marquee_shared::rules::When;
use marquee_shared::zip::State;

use super::codes::Codes;
use super::row::Row;

/// What the original appended parameters for, as do we.
const SYSTEMS: [&str; 3] = ["rater", "webform", "nsd"];

/// How many URLs a configuration leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Single,
    Multi,
}

pub(super) struct Configuration {
    pub(super) line: u64,
    pub(super) when: When,
    pub(super) note: String,
    pub(super) kind: Type,
    pub(super) system: Option<String>,
}

impl Configuration {
    /// `None` if the line has problems; they are told. Every field is tried.
    pub(super) fn read(row: &mut Row<'_, '_>, codes: &Codes<'_>) -> Option<Self> {
        let before = row.problems();
        let configuration = Self {
            line: row.line,
            when: When {
                product: codes.product(row),
                language: codes.language(row),
                device: codes.device(row),
                media: codes.media(row),
                state: state(row),
                zip: Vec::new(),
            },
            note: row.field("title").to_owned(),
            kind: kind(row),
            system: system(row, codes),
        };
        (row.problems() == before).then_some(configuration)
    }
}

/// Empty and `NA` are any.
fn state(row: &mut Row<'_, '_>) -> Vec<String> {
    let text = row.field("state");
    if matches!(text, "" | "NA") {
        return Vec::new();
    }
    let state = State::parse(text).map(State::code);
    if state == Some(text) {
        return vec![text.to_owned()];
    }
    let any = ["na", "null", "\\n", "any", "*"].contains(&text.to_lowercase().as_str());
    let meant = if any { Some("NA") } else { state };
    let reason = "not a state's two letters, upper case; empty or `NA` is any";
    row.refuse("state", "state", reason, meant.map(str::to_owned));
    Vec::new()
}

fn kind(row: &mut Row<'_, '_>) -> Type {
    match row.field("type") {
        "1" => return Type::Single,
        "2" => return Type::Multi,
        text => {
            let meant = match text.to_lowercase().as_str() {
                "1.0" | "single" => Some("1"),
                "2.0" | "multi" => Some("2"),
                _ => None,
            };
            let reason = "write `1` for a single routing or `2` for a multiple one";
            row.refuse("type", "type", reason, meant.map(str::to_owned));
        }
    }
    Type::Single
}

/// To a name that it did not know, the original appended nothing; that may have been a slip.
fn system(row: &mut Row<'_, '_>, codes: &Codes<'_>) -> Option<String> {
    let text = row.field("system");
    let known = |name: &str| SYSTEMS.contains(&name) || codes.has_system(name);
    if text.is_empty() || known(text) {
        return (!text.is_empty()).then(|| text.to_owned());
    }
    let meant = Some(text.to_lowercase()).filter(|lower| known(lower));
    let reason = "no system of ours, and none in the brand's settings; leave it empty if nothing is appended";
    row.refuse("system", "system_unknown", reason, meant);
    None
}
