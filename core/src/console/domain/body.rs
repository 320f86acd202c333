use std::collections::HashMap;

use serde_json::{Map, Value};

use super::operations::{Operations, Wanted};
use crate::money::Currency;

/// How deep names go. What is deeper is no form of ours, and would cost us our stack.
const LEVELS: usize = 8;

/// What a form's fields are as the body of a request, which `wanted` describes: forms know only text.
///
/// - Names have dots into objects, and numbers into lists: `price.amount_minor`, `variants.0.weight`. A name that comes
///   several times is a list, or means its last (a box with a hidden field before it).
/// - Of a list of texts each line is one; of a list of pairs each line is `first = second`; of a map `name = value`, and
///   of a map of lists of pairs `name first = second`, as often as there are.
/// - Of several kinds that an object may be of, the field that tells them apart says which; fields of the others are not
///   sent, so that one form can have them all.
/// - What is empty is `null` where that may be, and else not sent. A merge patch takes it out, by `null`. `before` is what
///   fields that are maps said when the form was made: names that are gone are taken out as well.
/// - A `*_minor` is an amount as people write it, in the currency beside it.
///
/// What cannot be read is sent as it is, so that the API says what is wrong with it.
pub(crate) fn body(
    operations: &Operations,
    wanted: &Wanted<'_>,
    fields: &[(String, String)],
    before: &[(String, String)],
) -> Value {
    let reader = Reader {
        operations,
        is_patch: wanted.is_merge_patch(),
    };
    let read = |fields: &[(String, String)]| {
        let fields = fields.iter();
        let fields: Vec<Field<'_>> = fields
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        reader.object(wanted.schema, &fields, LEVELS)
    };
    let mut body = read(fields);
    if reader.is_patch && !before.is_empty() {
        take_out(&read(before), &mut body);
    }
    body
}

type Field<'a> = (&'a str, &'a str);

struct Reader<'a> {
    operations: &'a Operations,
    /// Of a merge patch.
    is_patch: bool,
}

impl Reader<'_> {
    fn object(&self, schema: &Value, fields: &[Field<'_>], levels: usize) -> Value {
        let kind = self.kind(schema, fields);
        let mut currency = fields.iter().filter(|(name, _)| *name == "currency");
        let currency = currency
            .next()
            .and_then(|(_, code)| code.parse::<Currency>().ok());
        let mut body = Map::new();
        for (name, inner) in groups(fields, levels) {
            let Some(said) = self.member(schema, kind, name) else {
                continue;
            };
            let amount_in = name
                .ends_with("_minor")
                .then(|| currency.unwrap_or(Currency::BRL));
            if let Some(value) = self.value(said, &inner, amount_in, levels) {
                body.insert(name.to_owned(), value);
            }
        }
        Value::Object(body)
    }

    /// Which of its kinds an object is of: the one that asks for just what is given where only one value may be.
    fn kind<'a>(&'a self, schema: &'a Value, fields: &[Field<'_>]) -> Option<&'a Value> {
        self.kinds(schema).find(|kind| {
            let members = kind["properties"].as_object().into_iter().flatten();
            let mut fixed = members
                .filter_map(|(name, said)| Some((name, only(said)?)))
                .peekable();
            fixed.peek().is_some()
                && fixed.all(|(name, only)| {
                    let mut given = fields.iter().filter(|(known, _)| known == name);
                    given.next_back().is_some_and(|(_, given)| *given == only)
                })
        })
    }

    fn kinds<'a>(&'a self, schema: &'a Value) -> impl Iterator<Item = &'a Value> {
        let lists = ["oneOf", "anyOf", "allOf"].into_iter();
        let kinds = lists.filter_map(|list| schema[list].as_array()).flatten();
        kinds.map(|kind| self.operations.resolve(kind))
    }

    /// What is said of a member: by the object itself, by the kind that it is of, or by whichever has it; or of whatever
    /// a map has. `None`: it is of another kind, and not meant.
    fn member<'a>(&'a self, schema: &'a Value, kind: Option<&'a Value>, name: &str) -> Option<&'a Value> {
        let of = |schema: &'a Value| schema["properties"].get(name);
        if let Some(own) = of(schema).or_else(|| of(kind?)) {
            return Some(own);
        }
        match (self.kinds(schema).find_map(of), kind) {
            (Some(_), Some(_)) => None,
            (Some(said), None) => Some(said),
            // Nothing at all is said of it: the API will.
            (None, _) => Some(&schema["additionalProperties"]),
        }
    }

    fn value(
        &self,
        said: &Value,
        fields: &[Field<'_>],
        amount_in: Option<Currency>,
        levels: usize,
    ) -> Option<Value> {
        let schema = self.operations.resolve(said);
        let (_, last) = fields.last()?;
        if fields.iter().any(|(rest, _)| !rest.is_empty()) {
            return self.inner(said, schema, fields, levels.saturating_sub(1));
        }
        if is_a(schema, "array") {
            return self.list(schema, fields.iter().flat_map(|(_, text)| lines(text)));
        }
        if is_map(schema) {
            return Some(self.map(&schema["additionalProperties"], last));
        }
        if last.is_empty() {
            return self.nothing(said);
        }
        Some(scalar(schema, last, amount_in))
    }

    /// Of names that go on.
    fn inner(&self, said: &Value, schema: &Value, fields: &[Field<'_>], levels: usize) -> Option<Value> {
        if is_a(schema, "array") {
            let items = groups(fields, levels).into_iter();
            let items = items.filter_map(|(_, inner)| self.value(&schema["items"], &inner, None, levels));
            return Some(items.collect());
        }
        // A currency alone is no amount; a map of which everything is empty is not gone.
        let is_empty = |(name, value): &Field<'_>| value.is_empty() || *name == "currency";
        if !is_map(schema) && fields.iter().all(is_empty) {
            return self.nothing(said);
        }
        Some(self.object(schema, fields, levels))
    }

    fn nothing(&self, said: &Value) -> Option<Value> {
        (self.is_patch || Operations::is_nullable(said)).then_some(Value::Null)
    }

    fn list<'a>(&self, schema: &Value, lines: impl Iterator<Item = &'a str>) -> Option<Value> {
        let items = self.operations.resolve(&schema["items"]);
        let lines: Vec<_> = lines.collect();
        // Where a list of nothing may not be, there is none; a merge patch takes out what was there.
        let may_be_empty = schema["minItems"].as_u64().unwrap_or_default() == 0;
        if lines.is_empty() && !may_be_empty {
            return self.is_patch.then_some(Value::Null);
        }
        Some(lines.into_iter().map(|line| item(items, line)).collect())
    }

    /// `of`: what each of its values is.
    fn map(&self, of: &Value, text: &str) -> Value {
        let of = self.operations.resolve(of);
        let mut map = Map::new();
        for line in lines(text) {
            let (left, right) = halves(line);
            if !is_a(of, "array") {
                map.insert(left.to_owned(), scalar(of, right, None));
                continue;
            }
            let (name, rest) = left.split_once(char::is_whitespace).unwrap_or((left, ""));
            let one = item(
                self.operations.resolve(&of["items"]),
                &format!("{} = {right}", rest.trim()),
            );
            match map.entry(name).or_insert_with(|| Value::Array(vec![])) {
                Value::Array(list) => list.push(one),
                _ => continue,
            }
        }
        Value::Object(map)
    }
}

/// The fields below each first word, in the order of the words. At the last level, names are whole.
fn groups<'a>(fields: &[Field<'a>], levels: usize) -> Vec<(&'a str, Vec<Field<'a>>)> {
    let mut groups: Vec<(&str, Vec<Field<'_>>)> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (name, value) in fields {
        let parts = name.split_once('.').filter(|_| levels > 1);
        let (first, rest) = parts.unwrap_or((name, ""));
        let at = *known.entry(first).or_insert_with(|| {
            groups.push((first, vec![]));
            groups.len() - 1
        });
        if let Some((_, inner)) = groups.get_mut(at) {
            inner.push((rest, value));
        }
    }
    groups
}

/// The value that must be, if there is no other.
fn only(said: &Value) -> Option<&str> {
    match (said["const"].as_str(), said["enum"].as_array().map(Vec::as_slice)) {
        (Some(only), _) => Some(only),
        (None, Some([only])) => only.as_str(),
        _ => None,
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// What stands before the first `=`, and after it.
fn halves(line: &str) -> (&str, &str) {
    let (left, right) = line.split_once('=').unwrap_or((line, ""));
    (left.trim(), right.trim())
}

/// A line of a list: a value, or a pair, where its items are objects with two members that must be.
fn item(schema: &Value, line: &str) -> Value {
    let needed = schema["required"].as_array().map(Vec::as_slice);
    let Some([Value::String(first), Value::String(second)]) = needed else {
        return scalar(schema, line, None);
    };
    let (left, right) = halves(line);
    let member = |name: &str, text| (name.to_owned(), scalar(&schema["properties"][name], text, None));
    Value::Object([member(first, left), member(second, right)].into_iter().collect())
}

/// `amount_in`: it is an amount, of that currency. Where it may have a fraction, nobody means thousands.
fn scalar(schema: &Value, text: &str, amount_in: Option<Currency>) -> Value {
    let read = if let Some(currency) = amount_in {
        let readings = currency.readings(text);
        readings.min_by_key(|amount| amount.abs()).map(Value::from)
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

fn is_map(schema: &Value) -> bool {
    is_a(schema, "object") && schema["additionalProperties"].is_object()
}

/// What was there `before` and is not in `after`, as a merge patch takes it out.
fn take_out(before: &Value, after: &mut Value) {
    let (Value::Object(before), Value::Object(after)) = (before, after) else {
        return;
    };
    for (name, was) in before {
        match after.get_mut(name) {
            Some(is) => take_out(was, is),
            None => {
                after.insert(name.clone(), Value::Null);
            }
        }
    }
}

#[cfg(test)]
mod tests;
