//! What is measured, what is said of it, and what watches it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use marquee_core::platform::alerts::{Code, RUNBOOKS};
use marquee_core::platform::telemetry::{MEASURES, Measure};
use promql_parser::label::METRIC_NAME;
use promql_parser::parser::{self, Expr};
use serde::Deserialize;
use serde_json::Value;

use crate::source::Source;
use crate::{core, holds};

fn docs(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// As `docs/metrics.md` has it.
fn row(measure: &Measure) -> String {
    let labels: Vec<String> = measure.labels.iter().map(|label| format!("`{label}`")).collect();
    format!(
        "| `{}` | {} | {} | {} |",
        measure.name,
        measure.kind.name(),
        labels.join(", "),
        measure.help
    )
}

/// What the code measures under another name than the table has.
fn unknown(sources: &[Source]) -> BTreeSet<String> {
    let strings = sources
        .iter()
        .filter(|source| source.path != "platform/telemetry/measures.rs")
        .flat_map(|source| &source.strings);
    // The crate is called so, too, and whose spans are ours is told by that.
    let names = strings
        .filter(|string| string.starts_with("marquee_") && is_name(string) && *string != "marquee_core");
    let known: BTreeSet<&str> = MEASURES.iter().map(|measure| measure.name).collect();
    names
        .filter(|name| !known.contains(name.as_str()))
        .cloned()
        .collect()
}

fn is_name(text: &str) -> bool {
    text.chars()
        .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
}

#[test]
fn what_is_measured_is_in_the_table_and_what_is_in_the_table_is_measured() {
    let sources = core();
    assert_eq!(unknown(&sources), BTreeSet::new(), "measures.rs lacks these");
    let idle = MEASURES.iter().filter(|measure| {
        let mut others = sources
            .iter()
            .filter(|source| source.path != "platform/telemetry/measures.rs");
        !others.any(|source| source.strings.iter().any(|string| string == measure.name))
    });
    holds(
        "nothing measures",
        idle.map(|measure| measure.name.to_owned()).collect(),
    );
    assert!(MEASURES.is_sorted_by_key(|measure| measure.name));
}

#[test]
fn a_measure_that_the_table_lacks_is_found() {
    let planted = crate::planted(
        "hits/x.rs",
        "metrics::counter!(\"marquee_secret_total\").increment(1)",
    );
    assert_eq!(unknown(&planted), ["marquee_secret_total".to_owned()].into());
}

#[test]
fn names_tell_what_is_counted_in_what() {
    let wrong = MEASURES.iter().filter(|measure| match measure.kind.name() {
        "counter" => !measure.name.ends_with("_total"),
        "histogram" => !measure.name.ends_with("_seconds") && !measure.name.ends_with("_ratio"),
        _ => measure.name.ends_with("_total"),
    });
    holds(
        "a name ends in its unit",
        wrong.map(|measure| measure.name.to_owned()).collect(),
    );
    // Values without bounds make a series each.
    let unbounded = [
        "id", "order", "payment", "brand", "subject", "email", "path", "error",
    ];
    let labels = MEASURES.iter().flat_map(|measure| measure.labels);
    let labels = labels.filter(|label| unbounded.contains(label));
    holds(
        "labels have few values",
        labels.map(ToString::to_string).collect(),
    );
}

#[test]
fn docs_metrics_is_the_table() {
    let text = docs("metrics.md");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let wanted: Vec<String> = MEASURES.iter().map(row).collect();
    assert_eq!(rows, wanted, "write into docs/metrics.md:\n{}", wanted.join("\n"));
}

#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    record: Option<String>,
    alert: Option<String>,
    expr: String,
    #[serde(default, rename = "for")]
    _for: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

fn rules() -> Vec<Rule> {
    let rules: Rules = serde_saphyr::from_str(&docs("observability/rules.yaml")).unwrap();
    rules.groups.into_iter().flat_map(|group| group.rules).collect()
}

/// What Prometheus has: series of our measures, and what rules record.
fn series() -> BTreeSet<String> {
    let measured = MEASURES.iter().flat_map(|measure| {
        let suffixes: &[&str] = match measure.kind.name() {
            "histogram" => &["_bucket", "_count", "_sum"],
            _ => &[""],
        };
        suffixes
            .iter()
            .map(move |suffix| format!("{}{suffix}", measure.name))
    });
    let recorded = rules().into_iter().filter_map(|rule| rule.record);
    measured.chain(recorded).collect()
}

/// The series that an expression asks for, each with the labels that it names.
fn asked_for(expr: &str) -> Vec<(String, Vec<String>)> {
    // Grafana's own, of which it makes a duration.
    let expr = expr.replace("$__rate_interval", "5m");
    let parsed = parser::parse(&expr).unwrap_or_else(|error| panic!("{expr}: {error}"));
    let mut found = Vec::new();
    collect(&parsed, &mut found);
    assert!(!found.is_empty(), "{expr} asks for nothing");
    found
}

fn collect(expr: &Expr, found: &mut Vec<(String, Vec<String>)>) {
    match expr {
        Expr::Aggregate(aggregate) => {
            collect(&aggregate.expr, found);
            aggregate.param.iter().for_each(|param| collect(param, found));
        }
        Expr::Unary(unary) => collect(&unary.expr, found),
        Expr::Binary(binary) => {
            collect(&binary.lhs, found);
            collect(&binary.rhs, found);
        }
        Expr::Paren(paren) => collect(&paren.expr, found),
        Expr::Subquery(subquery) => collect(&subquery.expr, found),
        Expr::VectorSelector(selector) => found.push(selected(selector)),
        Expr::MatrixSelector(selector) => found.push(selected(&selector.vs)),
        Expr::Call(call) => call.args.args.iter().for_each(|arg| collect(arg, found)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

fn selected(selector: &parser::VectorSelector) -> (String, Vec<String>) {
    let labels = selector
        .matchers
        .matchers
        .iter()
        .map(|matcher| matcher.name.clone());
    (
        selector.name.clone().expect("a series by its name"),
        labels.filter(|label| label != METRIC_NAME).collect(),
    )
}

/// What an expression asks for that is not measured, or not by that label.
fn not_there(expr: &str) -> Vec<String> {
    let series = series();
    let asked = asked_for(expr).into_iter();
    let wrong = asked.filter(|(name, labels)| {
        let measure = MEASURES
            .iter()
            .find(|measure| name.trim_end_matches("_bucket").trim_end_matches("_count") == measure.name);
        let has = |label: &String| measure.is_none_or(|measure| measure.labels.contains(&label.as_str()));
        !series.contains(name) || !labels.iter().all(has)
    });
    wrong
        .map(|(name, labels)| format!("{name}{labels:?} in {expr}"))
        .collect()
}

#[test]
fn every_rule_asks_for_what_is_measured_and_leads_to_a_runbook() {
    let rules = rules();
    assert!(rules.len() > 20, "found only {} rules", rules.len());
    holds(
        "rules ask for what there is",
        rules.iter().flat_map(|rule| not_there(&rule.expr)).collect(),
    );
    for rule in rules {
        let (Some(alert), None) = (&rule.alert, &rule.record) else {
            assert!(rule.record.is_some_and(|name| name.starts_with("marquee:")));
            continue;
        };
        assert!(
            ["serious", "warning"].contains(&rule.labels["severity"].as_str()),
            "{alert}"
        );
        assert!(rule.annotations.contains_key("summary"), "{alert}");
        let runbook = &rule.annotations["runbook"];
        let anchor = runbook.strip_prefix("docs/alerts.md#").unwrap();
        assert!(
            Code::ALL.iter().any(|code| code.anchor() == anchor) && !RUNBOOKS.is_empty(),
            "{alert}: {runbook} leads nowhere"
        );
    }
}

#[test]
fn a_rule_that_asks_for_nothing_that_there_is_is_found() {
    assert_eq!(not_there("rate(marquee_nothing_total[5m])").len(), 1);
    assert_eq!(not_there("marquee_jobs{id=\"7\"}").len(), 1);
    assert_eq!(not_there("marquee_jobs{role=\"mail\"}").len(), 0);
}

#[test]
fn the_dashboard_can_be_shown_and_shows_what_is_measured() {
    let dashboard: Value = serde_json::from_str(&docs("observability/dashboard.json")).unwrap();
    assert_eq!(dashboard["templating"]["list"][0]["type"], "datasource");
    let panels = dashboard["panels"].as_array().unwrap();
    let rows: Vec<&str> = panels
        .iter()
        .filter(|panel| panel["type"] == "row")
        .map(|row| row["title"].as_str().unwrap())
        .collect();
    assert_eq!(
        rows,
        [
            "Edge and hits",
            "API",
            "Jobs",
            "Payments and orders",
            "Books",
            "Videos",
            "Mail and webhooks"
        ]
    );
    let ids: BTreeSet<i64> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "ids are given once");
    let mut missing = Vec::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let title = panel["title"].as_str().unwrap_or_default();
        assert!(!title.is_empty(), "{panel}");
        assert!(
            panel["fieldConfig"]["defaults"]["unit"].is_string(),
            "{title} has a unit"
        );
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title} shows something");
        for target in targets {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
            missing.extend(not_there(target["expr"].as_str().unwrap()));
        }
    }
    holds("the dashboard shows what there is", missing);
}
