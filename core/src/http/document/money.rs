//! Amounts are whole numbers, of which unit each says in its description.

use serde_json::{Value, json};

const UNIT: &str = "In the currency's smallest unit: 15000 is 150.00 BRL, and 15000 JPY.";

/// Says so of each property that ends in `_minor`, and of each parameter that is a price.
pub(super) fn units(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(units),
        Value::Object(members) => {
            let is_price = |name: &str| name == "price" || name.ends_with("_price");
            let is_parameter = members.get("in").is_some_and(|place| place == "query");
            if is_parameter && members.get("name").and_then(Value::as_str).is_some_and(is_price) {
                say(value);
            } else {
                for (name, member) in members {
                    if name == "properties" {
                        of_properties(member);
                    }
                    units(member);
                }
            }
        }
        _ => {}
    }
}

fn of_properties(properties: &mut Value) {
    for (_, property) in super::members(properties).filter(|(name, _)| name.ends_with("_minor")) {
        say(property);
    }
}

fn say(amount: &mut Value) {
    let said = amount["description"].as_str().map_or("", str::trim_end);
    if said.contains("smallest unit") {
        return;
    }
    let end = if said.is_empty() || said.ends_with('.') {
        ""
    } else {
        "."
    };
    amount["description"] = json!(format!("{said}{end} {UNIT}").trim_start());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_says_its_unit_once_and_nothing_else_does() {
        let mut document = json!({
            "parameters": [{ "in": "query", "name": "max_price", "description": "At most" },
                { "in": "query", "name": "limit" }],
            "schemas": { "Line": { "properties": {
                "fee_minor": { "type": "integer" },
                "cap_minor": { "type": "integer", "description": "At most. In the currency's smallest unit" },
                "sales": { "type": "integer", "description": "How many" },
            } } },
        });
        units(&mut document);
        let again = {
            let mut document = document.clone();
            units(&mut document);
            document
        };
        assert_eq!(document, again);
        let line = &document["schemas"]["Line"]["properties"];
        assert_eq!(line["fee_minor"]["description"], UNIT);
        assert_eq!(
            line["cap_minor"]["description"],
            "At most. In the currency's smallest unit"
        );
        assert_eq!(line["sales"]["description"], "How many");
        assert_eq!(
            document["parameters"][0]["description"],
            format!("At most. {UNIT}").as_str()
        );
        assert_eq!(document["parameters"][1].get("description"), None);
    }
}
