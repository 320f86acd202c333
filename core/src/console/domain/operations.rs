use std::collections::BTreeMap;

use serde_json::Value;

/// A JSON merge patch (RFC 7396).
const MERGE_PATCH: &str = "application/merge-patch+json";

/// What an operation wants as its body.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// The media type, of JSON.
    pub(crate) kind: &'a str,
    pub(crate) schema: &'a Value,
}

impl Wanted<'_> {
    pub(crate) fn is_merge_patch(&self) -> bool {
        self.kind == MERGE_PATCH
    }
}

/// What the API can do, by its OpenAPI document.
#[derive(Debug)]
pub(crate) struct Operations {
    document: Value,
}

impl Operations {
    pub(crate) fn new(document: Value) -> Self {
        Self { document }
    }

    /// What an operation wants as its body; `None`: no JSON, or there is no such operation. Of a merge patch of which the
    /// document does not say what is in it, it is some of what is put there.
    pub(crate) fn body(&self, method: &str, path: &str) -> Option<Wanted<'_>> {
        let (kind, schema) = self.json(method, path)?;
        let whole = || Some(self.json("put", path)?.1);
        let is_open = kind == MERGE_PATCH && schema.get("properties").is_none();
        Some(Wanted {
            kind,
            schema: if is_open {
                whole().unwrap_or(schema)
            } else {
                schema
            },
        })
    }

    /// Whether an operation takes a body of this media type.
    pub(crate) fn takes(&self, method: &str, path: &str, kind: &str) -> bool {
        let operation = self.find(method, path);
        operation.is_some_and(|operation| operation["requestBody"]["content"].get(kind).is_some())
    }

    fn json(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let content = self.find(method, path)?["requestBody"]["content"].as_object()?;
        let (kind, body) = content.iter().find(|(kind, _)| kind.ends_with("json"))?;
        Some((kind, self.resolve(&body["schema"])))
    }

    /// What the document says of an operation.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<&Value> {
        let paths = self.document["paths"].as_object()?.iter();
        let known = paths.filter_map(|(template, item)| Some((params(template, path)?.len(), item)));
        let operations = known.filter_map(|(gaps, item)| Some((gaps, item.get(method.to_lowercase())?)));
        // Of `/talents/mine` and `/talents/{id}` the one that is spelled out is meant.
        operations
            .min_by_key(|(gaps, _)| *gaps)
            .map(|(_, operation)| operation)
    }

    /// What a schema says where it is defined, without `null` beside it.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let found = self.document.pointer(reference.trim_start_matches('#'));
            return found.map_or(&Value::Null, |found| self.resolve(found));
        }
        for list in ["oneOf", "anyOf", "allOf"] {
            let ways = schema[list].as_array().into_iter().flatten();
            let mut ways = ways.filter(|way| way["type"] != "null");
            if let (Some(only), None) = (ways.next(), ways.next()) {
                return self.resolve(only);
            }
        }
        schema
    }

    /// Whether `null` may be sent.
    pub(crate) fn is_nullable(schema: &Value) -> bool {
        let is_null = |schema: &Value| schema == "null" || schema["type"] == "null";
        let list = |name: &str| schema[name].as_array().into_iter().flatten().any(is_null);
        list("type") || list("oneOf") || list("anyOf")
    }
}

/// What stands in the gaps of `template`, such as `/orders/{id}`, when it is `path`; still escaped.
pub(crate) fn params<'a>(template: &'a str, path: &'a str) -> Option<BTreeMap<&'a str, &'a str>> {
    let mut params = BTreeMap::new();
    let (mut names, mut values) = (template.split('/'), path.split('/'));
    loop {
        match (names.next(), values.next()) {
            (None, None) => return Some(params),
            (Some(name), Some(value)) => {
                match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) if !value.is_empty() => {
                        params.insert(name, value);
                    }
                    None if name == value => {}
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_others_by_its_segments() {
        let found = params("/orders/{id}/refunds", "/orders/7/refunds").unwrap();
        assert_eq!(found["id"], "7");
        for other in [
            "/orders//refunds",
            "/orders/7",
            "/orders/7/refunds/8",
            "orders/7/refunds",
        ] {
            assert_eq!(params("/orders/{id}/refunds", other), None, "{other}");
        }
    }
}
