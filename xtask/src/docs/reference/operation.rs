//! One route as a section of a page.

use std::fmt::Write as _;

use serde_json::Value;

use super::example::{self, kind, resolved};

/// Examples longer than this are cut: the schema is in `openapi.json`.
const LINES: usize = 60;

pub(super) struct Operation<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// What the document says of it.
    pub(super) said: &'a Value,
}

impl Operation<'_> {
    pub(super) fn title(&self) -> String {
        format!("`{} {}`", self.method.to_uppercase(), self.path)
    }

    pub(super) fn anchor(&self) -> String {
        self.said["operationId"]
            .as_str()
            .unwrap_or_default()
            .to_lowercase()
    }

    /// Its first sentence.
    pub(super) fn gist(&self) -> String {
        let said = ["summary", "description"]
            .into_iter()
            .find_map(|name| self.said[name].as_str());
        cell(said.unwrap_or_default())
    }

    /// The permissions that open it; none where a permission does not.
    pub(super) fn permissions(&self) -> Vec<&str> {
        let ways = self.said["security"].as_array().into_iter().flatten();
        let scopes = ways.filter_map(|way| way["api_key"].as_array()).flatten();
        scopes.filter_map(Value::as_str).collect()
    }

    pub(super) fn text(&self, document: &Value) -> String {
        let mut text = format!("## {} {{#{}}}\n\n", self.title(), self.anchor());
        for part in [self.said["summary"].as_str(), self.said["description"].as_str()]
            .into_iter()
            .flatten()
        {
            let _infallible = write!(text, "{}\n\n", escaped(part));
        }
        let _infallible = write!(text, "**Who.** {}\n\n", self.who());
        text += &self.parameters(document);
        text += &self.body(document);
        text += &self.answers(document);
        text
    }

    fn who(&self) -> String {
        let Some(ways) = self.said["security"].as_array() else {
            return "Everybody.".to_owned();
        };
        let place = match self.said["x-scope"].as_str() {
            Some("query") => ", on the brands of the parameter `brand`, or everywhere",
            _ if self.path.contains("{brand}") => ", on this brand",
            _ => "",
        };
        let ways = ways
            .iter()
            .map(|way| match way.as_object().and_then(|way| way.iter().next()) {
                None => "everybody".to_owned(),
                Some((name, scopes)) => {
                    let scopes: Vec<&str> = scopes
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .collect();
                    match (name.as_str(), scopes.as_slice()) {
                        ("api_key", []) => "any API key or session".to_owned(),
                        ("api_key", scopes) => {
                            format!("an API key or session with `{}`{place}", scopes.join("`, `"))
                        }
                        ("session", _) => "whoever is signed in, for themselves".to_owned(),
                        ("order_key", _) => "whoever has the order's `X-Order-Key`".to_owned(),
                        (other, _) => format!("`{other}`"),
                    }
                }
            });
        let ways: Vec<String> = ways.collect();
        format!("{}.", first_upper(&ways.join("; ")))
    }

    fn parameters(&self, document: &Value) -> String {
        let parameters: Vec<&Value> = self.said["parameters"].as_array().into_iter().flatten().collect();
        if parameters.is_empty() {
            return String::new();
        }
        let rows = parameters.into_iter().map(|parameter| {
            let name = parameter["name"].as_str().unwrap_or_default();
            let place = parameter["in"].as_str().unwrap_or_default();
            let needed = if parameter["required"] == true { "yes" } else { "" };
            let schema = resolved(&parameter["schema"], document);
            let what = cell(parameter["description"].as_str().unwrap_or_default());
            format!(
                "| `{name}` | {place} | {} | {needed} | {what} |\n",
                type_of(schema)
            )
        });
        let rows: String = rows.collect();
        format!("| parameter | in | type | needed | what |\n|---|---|---|---|---|\n{rows}\n")
    }

    fn body(&self, document: &Value) -> String {
        let mut text = String::new();
        for (media, content) in self.said["requestBody"]["content"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let schema = resolved(&content["schema"], document);
            let _infallible = write!(text, "**Body**, `{media}`\n\n{}", fields(schema, document));
            text += &shown(media, content, document);
        }
        text
    }

    fn answers(&self, document: &Value) -> String {
        let mut rows = String::new();
        let mut good = String::new();
        for (status, answer) in self.said["responses"].as_object().into_iter().flatten() {
            let answer = resolved(answer, document);
            let what = cell(answer["description"].as_str().unwrap_or_default());
            let _infallible = writeln!(rows, "| {status} | {what} |");
            if !status.starts_with('2') {
                continue;
            }
            for (media, content) in answer["content"].as_object().into_iter().flatten() {
                good += &shown(media, content, document);
            }
        }
        format!("| status | answer |\n|---|---|\n{rows}\n{good}")
    }
}

/// An example, as it would be sent.
fn shown(media: &str, content: &Value, document: &Value) -> String {
    let given = content.get("example").cloned();
    let example = given.unwrap_or_else(|| example::of(&content["schema"], document));
    let (language, text) = match &example {
        Value::String(text) if !media.contains("json") => ("text", text.clone()),
        other => ("json", serde_json::to_string_pretty(other).unwrap_or_default()),
    };
    let lines: Vec<&str> = text.lines().take(LINES).collect();
    let cut = if text.lines().count() > LINES { "\n…" } else { "" };
    format!("```{language}\n{}{cut}\n```\n\n", lines.join("\n"))
}

/// A table of a body's members.
fn fields(schema: &Value, document: &Value) -> String {
    let Some(properties) = schema["properties"].as_object() else {
        return String::new();
    };
    let needed: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let rows: String = properties
        .iter()
        .map(|(name, member)| {
            let of = resolved(member, document);
            let what = [member, of]
                .into_iter()
                .find_map(|schema| schema["description"].as_str());
            let needed = if needed.contains(&name.as_str()) {
                "yes"
            } else {
                ""
            };
            format!(
                "| `{name}` | {} | {needed} | {} |\n",
                type_of(of),
                cell(what.unwrap_or_default())
            )
        })
        .collect();
    format!("| member | type | needed | what |\n|---|---|---|---|\n{rows}\n")
}

fn type_of(schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values
            .iter()
            .filter_map(Value::as_str)
            .map(|value| format!("`{value}`"))
            .collect();
        return values.join(", ");
    }
    let format = schema["format"]
        .as_str()
        .map(|format| format!(" ({format})"))
        .unwrap_or_default();
    format!("{}{format}", kind(schema))
}

/// As a table's cell.
pub(super) fn cell(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    escaped(&paragraph.replace('\n', " ").replace('|', "\\|"))
}

/// Angle brackets that are no HTML, outside of what stands between backticks.
fn escaped(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    let pieces = pieces.map(|(index, piece)| {
        if index % 2 == 0 {
            piece.replace('<', "&lt;")
        } else {
            piece.to_owned()
        }
    });
    pieces.collect::<Vec<_>>().join("`")
}

fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}
