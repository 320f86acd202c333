use serde_json::{Map, Value};

use super::operations::Operations;
use crate::money::Currency;

/// What a form's fields are as the body of a request, which `schema` describes: forms know only text.
///
/// Names have dots into objects, and numbers into lists: `price.amount_minor`, `variants.0.weight`. A name that comes
/// several times is a list, or means its last (a box with a hidden field before it). Of a list of texts each line is
/// one. What is empty is `null` where that may be, and else not sent. A `*_minor` is an amount as people write it, in
/// the currency beside it. What cannot be read is sent as it is, so that the API says what is wrong with it.
pub(crate) fn body(operations: &Operations, schema: &Value, fields: &[(String, String)]) -> Value {
    let fields: Vec<Field<'_>> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    object(operations, schema, &fields)
}

type Field<'a> = (&'a str, &'a str);

fn object(operations: &Operations, schema: &Value, fields: &[Field<'_>]) -> Value {
    let mut body = Map::new();
    for (name, inner) in groups(fields) {
        let said = member(operations, schema, name);
        let decimals = decimals(name, fields);
        if let Some(value) = value(operations, said, &inner, decimals) {
            body.insert(name.to_owned(), value);
        }
    }
    Value::Object(body)
}

/// What is said of a member: by the object itself, or by whichever of its kinds has it.
fn member<'a>(operations: &'a Operations, schema: &'a Value, name: &str) -> &'a Value {
    let own = &schema["properties"][name];
    let kinds = ["oneOf", "anyOf", "allOf"]
        .into_iter()
        .flat_map(|list| schema[list].as_array());
    let mut said = kinds
        .flatten()
        .map(|kind| &operations.resolve(kind)["properties"][name]);
    if own.is_null() {
        said.find(|said| !said.is_null()).unwrap_or(own)
    } else {
        own
    }
}

/// The fields below each first word, in the order of the words.
fn groups<'a>(fields: &[Field<'a>]) -> Vec<(&'a str, Vec<Field<'a>>)> {
    let mut groups: Vec<(&str, Vec<Field<'_>>)> = Vec::new();
    for (name, value) in fields {
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        match groups.iter_mut().find(|(known, _)| *known == first) {
            Some((_, inner)) => inner.push((rest, value)),
            None => groups.push((first, vec![(rest, value)])),
        }
    }
    groups
}

fn value(
    operations: &Operations,
    said: &Value,
    fields: &[Field<'_>],
    decimals: Option<u32>,
) -> Option<Value> {
    let schema = operations.resolve(said);
    let (_, last) = fields.last()?;
    if fields.iter().any(|(rest, _)| !rest.is_empty()) {
        if !is_a(schema, "array") {
            // A currency alone is no amount.
            let is_empty = fields
                .iter()
                .all(|(name, value)| value.is_empty() || *name == "currency");
            if is_empty {
                return Operations::is_nullable(said).then_some(Value::Null);
            }
            return Some(object(operations, schema, fields));
        }
        let items = groups(fields).into_iter();
        let items = items.filter_map(|(_, inner)| value(operations, &schema["items"], &inner, None));
        return Some(items.collect());
    }
    if is_a(schema, "array") {
        let items = operations.resolve(&schema["items"]);
        let lines = fields.iter().flat_map(|(_, value)| value.lines());
        let lines: Vec<_> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
        // Where a list of nothing may not be, there is none.
        let may_be_empty = schema["minItems"].as_u64().unwrap_or_default() == 0;
        return (may_be_empty || !lines.is_empty())
            .then(|| lines.into_iter().map(|line| scalar(items, line, None)).collect());
    }
    if last.is_empty() {
        return Operations::is_nullable(said).then_some(Value::Null);
    }
    Some(scalar(schema, last, decimals))
}

fn scalar(schema: &Value, text: &str, decimals: Option<u32>) -> Value {
    let read = if let Some(decimals) = decimals {
        minor(text, decimals).map(Value::from)
    } else if is_a(schema, "integer") {
        text.trim().parse::<i64>().ok().map(Value::from)
    } else if is_a(schema, "number") {
        text.trim().replace(',', ".").parse::<f64>().ok().map(Value::from)
    } else if is_a(schema, "boolean") {
        text.parse::<bool>().ok().map(Value::from)
    } else {
        None
    };
    read.unwrap_or_else(|| Value::from(text))
}

fn is_a(schema: &Value, kind: &str) -> bool {
    let said = &schema["type"];
    said == kind || said.as_array().into_iter().flatten().any(|one| one == kind)
}

/// Of an amount's currency, which stands beside it.
fn decimals(name: &str, beside: &[Field<'_>]) -> Option<u32> {
    if !name.ends_with("_minor") {
        return None;
    }
    let code = beside.iter().find(|(name, _)| *name == "currency");
    let currency = code.and_then(|(_, code)| code.parse::<Currency>().ok());
    Some(currency.map_or(2, Currency::decimals))
}

/// `1.234,50`, `1,234.5` or `1234` in the smallest unit. The last sign that is no digit is the decimal one, unless
/// three digits follow it and the currency has fewer: nobody means a thousandth of a cent.
fn minor(text: &str, decimals: u32) -> Option<i64> {
    let text = text.trim();
    let width = usize::try_from(decimals).ok()?;
    let (whole, part) = match text.rsplit_once([',', '.']) {
        Some((whole, part)) if part.len() <= width => (whole, part),
        _ => (text, ""),
    };
    let whole: String = whole
        .chars()
        .filter(|sign| !matches!(sign, ',' | '.' | ' '))
        .collect();
    let (sign, whole) = whole
        .strip_prefix('-')
        .map_or(("", whole.as_str()), |whole| ("-", whole));
    let digits = format!("{whole}{part:0<width$}");
    if whole.is_empty() || !digits.bytes().all(|sign| sign.is_ascii_digit()) {
        return None;
    }
    format!("{sign}{digits}").parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(fields: &[(&str, &str)]) -> Value {
        let document = json!({ "components": { "schemas": { "Money": { "type": "object", "properties": {
            "amount_minor": { "type": "integer" }, "currency": { "type": "string" },
        } } } } });
        let schema = json!({ "properties": {
            "name": { "type": "string" },
            "note": { "type": ["string", "null"] },
            "weight": { "type": "integer" },
            "open": { "type": "boolean" },
            "hosts": { "type": "array", "items": { "type": "string" } },
            "zip": { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            "price": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Money" }] },
            "discount": { "oneOf": [
                { "type": "object", "properties": { "kind": { "enum": ["percent"] }, "basis_points": { "type": "integer" } } },
                { "type": "object", "properties": { "kind": { "enum": ["fixed"] }, "amount": { "type": "object" } } },
            ] },
            "variants": { "type": ["array", "null"], "items": { "type": "object", "properties": {
                "url": { "type": "string" }, "weight": { "type": "integer" },
            } } },
        } });
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        body(&Operations::new(document), &schema, &fields)
    }

    #[test]
    fn text_becomes_what_the_document_asks_for() {
        let fields = [
            ("name", "7"),
            ("weight", "7"),
            ("open", "false"),
            ("open", "true"),
            ("hosts", "a.example\r\n\r\n b.example "),
            ("price.amount_minor", "1.234,50"),
            ("price.currency", "BRL"),
            ("discount.kind", "percent"),
            ("discount.basis_points", "1000"),
            ("variants.0.url", "/a"),
            ("variants.0.weight", "1"),
            ("variants.1.url", "/b"),
            ("variants.1.weight", "many"),
        ];
        assert_eq!(
            read(&fields),
            json!({
                "name": "7", "weight": 7, "open": true, "hosts": ["a.example", "b.example"],
                "price": { "amount_minor": 123_450, "currency": "BRL" },
                "discount": { "kind": "percent", "basis_points": 1_000 },
                "variants": [{ "url": "/a", "weight": 1 }, { "url": "/b", "weight": "many" }],
            })
        );
    }

    #[test]
    fn what_is_empty_is_null_where_it_may_be_and_else_not_sent() {
        let fields = [
            ("name", ""),
            ("note", ""),
            ("weight", ""),
            ("hosts", ""),
            ("zip", ""),
        ];
        assert_eq!(read(&fields), json!({ "note": null, "hosts": [] }));
        let price = [("price.amount_minor", ""), ("price.currency", "BRL")];
        assert_eq!(read(&price), json!({ "price": null }));
    }

    #[test]
    fn p10_amounts_are_read_as_people_write_them() {
        for (text, decimals, amount) in [
            ("150", 2, Some(15_000)),
            ("150,5", 2, Some(15_050)),
            ("150.05", 2, Some(15_005)),
            ("1.234.567,89", 2, Some(123_456_789)),
            ("1,234", 2, Some(123_400)),
            ("1234", 0, Some(1_234)),
            ("1.234", 0, Some(1_234)),
            ("1.234", 3, Some(1_234)),
            ("-3", 2, Some(-300)),
            ("", 2, None),
            ("abc", 2, None),
            ("1e3", 2, None),
            ("99999999999999999999", 2, None),
        ] {
            assert_eq!(minor(text, decimals), amount, "{text}");
        }
    }
}
