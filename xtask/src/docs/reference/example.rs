//! Examples of bodies, made of their schemas where the document has none.

use serde_json::{Map, Value, json};

/// Deeper than this, what is nested is left out: some schemas have themselves inside.
const DEPTH: u32 = 6;

/// What `schema` may look like.
pub(super) fn of(schema: &Value, document: &Value) -> Value {
    made(schema, document, DEPTH)
}

/// The schema that a reference leads to.
pub(super) fn resolved<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(schema),
        None => schema,
    }
}

fn made(schema: &Value, document: &Value, depth: u32) -> Value {
    let schema = resolved(schema, document);
    for given in ["example", "default", "const"] {
        if !schema[given].is_null() {
            return schema[given].clone();
        }
    }
    if let Some(first) = [&schema["examples"][0], &schema["enum"][0]]
        .into_iter()
        .find(|given| !given.is_null())
    {
        return first.clone();
    }
    if depth == 0 {
        return Value::Null;
    }
    if let Some(all) = schema["allOf"].as_array() {
        let parts = all
            .iter()
            .filter_map(|part| made(part, document, depth - 1).as_object().cloned());
        return parts.flatten().collect::<Map<_, _>>().into();
    }
    if let Some(one) = ["oneOf", "anyOf"]
        .into_iter()
        .find_map(|some| schema[some].as_array())
    {
        let mut known = one.iter().filter(|one| one["type"] != "null");
        return known
            .next()
            .map_or(Value::Null, |one| made(one, document, depth - 1));
    }
    match kind(schema) {
        "object" => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let members = properties.map(|(name, member)| (name.clone(), made(member, document, depth - 1)));
            members.collect::<Map<_, _>>().into()
        }
        "array" if schema["items"].is_object() => json!([made(&schema["items"], document, depth - 1)]),
        "array" => json!([]),
        "integer" | "number" => schema
            .get("minimum")
            .filter(|least| least.as_f64() > Some(0.0))
            .cloned()
            .unwrap_or(json!(1)),
        "boolean" => json!(true),
        _ => text(schema["format"].as_str().unwrap_or_default()),
    }
}

/// A schema's type; of several the first that is not null.
pub(super) fn kind(schema: &Value) -> &str {
    let mut several = schema["type"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let first = several.find(|kind| *kind != "null");
    schema["type"]
        .as_str()
        .or(first)
        .unwrap_or(if schema["properties"].is_object() {
            "object"
        } else {
            "string"
        })
}

fn text(format: &str) -> Value {
    json!(match format {
        "uuid" => "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11",
        "date-time" => "2026-11-23T12:00:00Z",
        "date" => "2026-11-23",
        "uri" => "https://www.acme.example/",
        "email" => "ana@acme.example",
        _ => "…",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_has_every_member_and_ends_where_a_schema_has_itself_inside() {
        let document = json!({ "components": { "schemas": { "Node": {
            "type": "object", "properties": {
                "id": { "type": "string", "format": "uuid" },
                "size": { "type": ["integer", "null"] },
                "kind": { "enum": ["leaf", "branch"] },
                "next": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Node" }] },
            },
        } } } });
        let example = of(&json!({ "$ref": "#/components/schemas/Node" }), &document);
        assert_eq!((&example["size"], &example["kind"]), (&json!(1), &json!("leaf")));
        assert_eq!(example["next"]["kind"], "leaf");
        assert!(example.to_string().len() < 2000);
    }
}
