//! A rule set as one decision table of zen: a row for each conjunction, the rows in the order of precedence.

use std::cmp::Reverse;

use marquee_shared::rules::{Action, Rule, RuleSet, ZipClause};
use serde_json::{Map, Value, json};

use crate::engine::requests::Request;

/// The columns. A ZIP has three, since zen indexes only what it can compare for equality.
const INPUTS: [&str; 9] = [
    "product", "media", "language", "device", "state", "zip", "prefix", "number", "at",
];

/// The decision graph: input → table (first hit) → output.
pub(crate) fn graph(set: &RuleSet) -> Value {
    let column = |name: &str| json!({ "id": name, "name": name, "field": name });
    let inputs: Vec<Value> = INPUTS.into_iter().map(column).collect();
    json!({
        "nodes": [
            { "id": "request", "name": "request", "type": "inputNode" },
            { "id": "rules", "name": "rules", "type": "decisionTableNode", "content": {
                "hitPolicy": "first", "inputs": inputs, "outputs": [column("rule")], "rules": rows(set),
            } },
            { "id": "answer", "name": "answer", "type": "outputNode" },
        ],
        "edges": [
            { "id": "1", "sourceId": "request", "targetId": "rules" },
            { "id": "2", "sourceId": "rules", "targetId": "answer" },
        ],
    })
}

/// What zen is asked.
pub(crate) fn context(request: &Request) -> Value {
    let zip = request.zip.to_string();
    json!({
        "product": request.product, "media": request.media, "language": request.language,
        "device": request.device.as_str(), "state": request.state.map_or("", |state| state.code()),
        "prefix": zip.get(..3), "zip": zip, "number": request.zip.number(), "at": request.at,
    })
}

/// One way in which a rule can match a place, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Any,
    State,
    Prefix,
    Exact,
}

fn rows(set: &RuleSet) -> Vec<Value> {
    let routes = set
        .rules
        .iter()
        .filter(|rule| rule.enabled && matches!(rule.action, Action::Route(_)));
    let mut rows: Vec<_> = routes
        .flat_map(|rule| places(rule).into_iter().map(move |place| (place, rule)))
        .collect();
    rows.sort_by_key(|((place, _), rule)| rank(rule, *place));
    rows.into_iter()
        .map(|((_, cell), rule)| row(rule, cell))
        .collect()
}

/// The clauses of a rule's place, a union; each becomes a row with one cell (column, expression).
fn places(rule: &Rule) -> Vec<(Place, Option<(&'static str, String)>)> {
    let (mut exact, mut prefixes, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for clause in &rule.when.zip {
        match clause {
            ZipClause::Exact(zip) => exact.push(format!("{zip:05}")),
            ZipClause::Prefix(prefix) => prefixes.push(format!("{prefix:03}")),
            ZipClause::Range(first, last) => {
                places.push((Place::Prefix, Some(("number", format!("[{first}..{last}]")))));
            }
        }
    }
    places.extend(one_of(&exact).map(|cell| (Place::Exact, Some(("zip", cell)))));
    places.extend(one_of(&prefixes).map(|cell| (Place::Prefix, Some(("prefix", cell)))));
    places.extend(one_of(&rule.when.state).map(|cell| (Place::State, Some(("state", cell)))));
    if places.is_empty() {
        places.push((Place::Any, None));
    }
    places
}

/// Ascending: SPEC (e), first the rule that wins.
fn rank(rule: &Rule, place: Place) -> impl Ord {
    // A range counts as a prefix does.
    let fixed = [
        &rule.when.product,
        &rule.when.media,
        &rule.when.language,
        &rule.when.device,
    ]
    .map(|set| !set.is_empty());
    let count = fixed.iter().filter(|fixed| **fixed).count();
    let windowed = rule.from.is_some() || rule.until.is_some();
    (
        Reverse(rule.priority),
        Reverse(place),
        Reverse(count),
        Reverse(fixed),
        Reverse(windowed),
        rule.number,
    )
}

fn row(rule: &Rule, place: Option<(&'static str, String)>) -> Value {
    let when = &rule.when;
    let named = [
        ("product", &when.product),
        ("media", &when.media),
        ("language", &when.language),
        ("device", &when.device),
    ];
    let named = named
        .into_iter()
        .filter_map(|(column, values)| Some((column, one_of(values)?)));
    let mut cells: Map<String, Value> = named
        .chain(place)
        .chain(window(rule).map(|cell| ("at", cell)))
        .map(|(column, cell)| (column.to_owned(), Value::String(cell)))
        .collect();
    cells.insert("_id".to_owned(), Value::String(rule.number.to_string()));
    cells.insert("rule".to_owned(), Value::String(rule.number.to_string()));
    Value::Object(cells)
}

fn window(rule: &Rule) -> Option<String> {
    let from = rule.from.map(|from| from.unix_timestamp());
    let until = rule.until.map(|until| until.unix_timestamp());
    match (from, until) {
        (None, None) => None,
        (Some(from), None) => Some(format!(">= {from}")),
        (None, Some(until)) => Some(format!("< {until}")),
        (Some(from), Some(until)) => Some(format!("[{from}..{until})")),
    }
}

fn one_of(values: &[impl AsRef<str>]) -> Option<String> {
    let quoted: Vec<String> = values
        .iter()
        .map(|value| format!("\"{}\"", value.as_ref()))
        .collect();
    (!quoted.is_empty()).then(|| quoted.join(", "))
}
