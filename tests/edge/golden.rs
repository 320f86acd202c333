//! K22: the built Worker decides as native code does, byte for byte, on every golden line that HTTP can replay.

use std::path::PathBuf;

use marquee_shared::rules::RuleSet;
use marquee_tests::edge::{Edge, Publication, Reply};
use serde_json::Value;

/// A line of `decisions.tsv`, whose head explains the columns.
struct Line {
    columns: Vec<String>,
}

impl Line {
    fn parse(text: &str) -> Self {
        let columns = text
            .split('\t')
            .map(|column| if column == "-" { "" } else { column }.to_owned())
            .collect();
        Self { columns }
    }

    /// Depends on neither a time nor a hit's id.
    fn replayable(&self) -> bool {
        self.columns[6].is_empty() && self.columns[7].is_empty()
    }

    fn target(&self, brand: &str) -> String {
        let [product, zip, language, device, media, vid, _, _, query] = &self.columns[..9] else {
            unreachable!("a line has a request and a decision")
        };
        let media = if media.is_empty() {
            String::new()
        } else {
            format!("&media={media}")
        };
        let own = format!("zip={zip}&lang={language}&device={device}{media}&vid={vid}");
        format!("/go/{brand}/{product}?{own}&{query}")
    }

    /// Outcome, rule, variant, state, known, alternatives, city, attributes, location.
    fn decision(&self) -> [&str; 9] {
        [9, 11, 12, 13, 14, 15, 16, 18, 19].map(|column| self.columns[column].as_str())
    }
}

/// The same columns, out of the Worker's JSON.
fn decided(reply: &Reply) -> [String; 9] {
    let json = reply.json();
    let column = |name: &str| match &json[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(","),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| format!("{key}={};", value.as_str().unwrap_or_default()))
            .collect(),
        other => other.to_string(),
    };
    let names = [
        "outcome",
        "rule",
        "variant",
        "state",
        "zip_known",
        "alternatives",
        "city",
        "attributes",
        "location",
    ];
    names.map(column)
}

#[test]
fn k22_the_built_worker_decides_every_golden_line_as_native_code_does() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/tests/golden"));
    let set: RuleSet = serde_json::from_slice(&std::fs::read(folder.join("rules.json")).unwrap()).unwrap();
    let golden = std::fs::read_to_string(folder.join("decisions.tsv")).unwrap();
    let products: Vec<_> = set
        .settings
        .products
        .iter()
        .map(|product| product.code.as_str())
        .collect();
    let edge = Edge::start(&[("REFRESH_SECONDS", "3600")]);
    edge.publish(&Publication::new(1).brand(&set, 7));

    let lines: Vec<_> = golden
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(Line::parse)
        .collect();
    let replayable = || {
        lines
            .iter()
            .filter(|line| line.replayable() && products.contains(&line.columns[0].as_str()))
    };
    assert!(replayable().count() > 150, "most lines can be replayed");
    for line in replayable() {
        let target = line.target(&set.brand);
        let reply = edge.get_with(&target, &[("accept", "application/json")]);
        if line.columns[9] == "lost" {
            assert_eq!(reply.json()["code"], line.columns[10].as_str(), "{target}");
        } else {
            assert_eq!(decided(&reply), line.decision(), "{target}");
        }
    }
}
