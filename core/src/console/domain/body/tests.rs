use serde_json::json;

use super::*;

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = fields.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

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
    let wanted = Wanted {
        kind: "application/json",
        schema: &schema,
    };
    body(&Operations::new(document), &wanted, &pairs(fields), &[])
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

/// As the API's document says it of a brand's draft, in short.
fn operations() -> Operations {
    let texts = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let list = json!({ "type": "array", "items": { "type": "string" } });
    let some = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 });
    let pair = json!({ "type": "object", "required": ["name", "value"], "properties": {
        "name": { "type": "string" }, "value": { "type": "string" },
    } });
    let kind = |name: &str, members: Value| {
        let mut properties = members;
        properties["do"] = json!({ "type": "string", "enum": [name] });
        json!({ "type": "object", "properties": properties })
    };
    let text = json!({ "type": "string" });
    let perhaps = json!({ "type": ["string", "null"] });
    let schemas = json!({
        "Settings": { "type": "object", "additionalProperties": false, "properties": {
            "hosts": list, "pass_query": list, "fallback_url": perhaps, "mode": text,
            "systems": { "type": "object", "additionalProperties": { "type": "array", "items": pair } },
            "aliases": { "type": "object", "properties": { "product": texts, "media": texts } },
        } },
        "Rule": { "type": "object", "properties": {
            "priority": { "type": "integer" }, "enabled": { "type": "boolean" }, "until": perhaps, "note": text,
            "when": { "type": "object", "properties": { "state": some, "zip": some } },
            "vars": { "type": ["object", "null"], "additionalProperties": { "type": "string" } },
        } },
        "Bulk": { "type": "object", "properties": {
            "dry_run": { "type": "boolean" },
            "filter": { "type": "object", "additionalProperties": false, "properties": {
                "product": perhaps, "state": perhaps, "enabled": { "type": ["boolean", "null"] },
                "number_from": { "type": ["integer", "null"] },
            } },
            "action": { "oneOf": [
                kind("replace_host", json!({ "from": text, "to": text })),
                kind("set_enabled", json!({ "enabled": { "type": "boolean" } })),
                kind("set_priority", json!({ "priority": { "type": "integer" } })),
                kind("add_priority", json!({ "by": { "type": "integer" } })),
                kind("set_window", json!({ "from": perhaps, "until": perhaps })),
                kind("set_system", json!({ "system": perhaps })),
                kind("delete", json!({})),
            ] },
        } },
    });
    let body =
        |kind: &str, schema: Value| json!({ "requestBody": { "content": { kind: { "schema": schema } } } });
    let of = |name: &str| {
        body(
            "application/json",
            json!({ "$ref": format!("#/components/schemas/{name}") }),
        )
    };
    let patch = body(MERGE_PATCH, json!({ "type": "object" }));
    Operations::new(json!({
        "components": { "schemas": schemas },
        "paths": {
            "/draft/settings": { "put": of("Settings"), "patch": patch },
            "/draft/rules/{number}": { "put": of("Rule"), "patch": patch },
            "/draft/rules/bulk": { "post": of("Bulk") },
        },
    }))
}

const MERGE_PATCH: &str = "application/merge-patch+json";

fn by_the_document(method: &str, path: &str, fields: &[(&str, &str)], before: &[(&str, &str)]) -> Value {
    let operations = operations();
    let wanted = operations.body(method, path).unwrap();
    body(&operations, &wanted, &pairs(fields), &pairs(before))
}

#[test]
fn one_form_has_the_fields_of_every_bulk_change_and_sends_those_of_the_chosen_one() {
    let all = [
        ("action.from", "a.example"),
        ("action.to", "b.example"),
        ("action.enabled", "true"),
        ("action.priority", "7"),
        ("action.by", "-2"),
        ("action.until", ""),
        ("action.system", ""),
        ("filter.product", "auto"),
        ("filter.enabled", "true"),
        ("filter.number_from", "3"),
        ("filter.state", ""),
        ("dry_run", "true"),
    ];
    for (what, action) in [
        (
            "replace_host",
            json!({ "do": "replace_host", "from": "a.example", "to": "b.example" }),
        ),
        ("set_enabled", json!({ "do": "set_enabled", "enabled": true })),
        ("set_priority", json!({ "do": "set_priority", "priority": 7 })),
        ("add_priority", json!({ "do": "add_priority", "by": -2 })),
        ("set_system", json!({ "do": "set_system", "system": null })),
        (
            "set_window",
            json!({ "do": "set_window", "from": "a.example", "until": null }),
        ),
        ("delete", json!({ "do": "delete" })),
    ] {
        let fields = [&[("action.do", what)], &all[..]].concat();
        let sent = by_the_document("POST", "/draft/rules/bulk", &fields, &[]);
        let filter = json!({ "product": "auto", "enabled": true, "number_from": 3, "state": null });
        assert_eq!(
            sent,
            json!({ "action": action, "filter": filter, "dry_run": true })
        );
    }
}

#[test]
fn a_merge_patch_is_typed_by_what_is_put_there_and_takes_out_what_is_gone() {
    let fields = [
        ("hosts", "go.acme.example\r\n"),
        ("pass_query", ""),
        ("fallback_url", ""),
        ("mode", "rules"),
        ("systems", "crm postal = {zip}\ncrm st = {state}\nmail m = a=b"),
        ("aliases.product", "AUTO = auto\nHOME=home"),
        ("aliases.media", ""),
    ];
    let before = [
        ("systems", "crm postal = {zip}\nold x = y"),
        ("aliases.product", "AUTO = auto\nLIFE = life"),
        ("aliases.media", "TV = tv"),
    ];
    assert_eq!(
        by_the_document("PATCH", "/draft/settings", &fields, &before),
        json!({
            "hosts": ["go.acme.example"], "pass_query": [], "fallback_url": null, "mode": "rules",
            "systems": {
                "crm": [{ "name": "postal", "value": "{zip}" }, { "name": "st", "value": "{state}" }],
                "mail": [{ "name": "m", "value": "a=b" }],
                "old": null,
            },
            "aliases": { "product": { "AUTO": "auto", "HOME": "home", "LIFE": null }, "media": { "TV": null } },
        })
    );
    let rule = [
        ("priority", "10"),
        ("enabled", "false"),
        ("when.state", "NY"),
        ("when.state", "NJ"),
        ("when.zip", ""),
        ("vars.phone", "800-555-0100"),
        ("until", ""),
        ("note", ""),
    ];
    assert_eq!(
        by_the_document("PATCH", "/draft/rules/7", &rule, &[]),
        json!({
            "priority": 10, "enabled": false, "when": { "state": ["NY", "NJ"], "zip": null },
            "vars": { "phone": "800-555-0100" }, "until": null, "note": null,
        })
    );
}

#[test]
fn a_form_made_to_be_costly_is_read_no_deeper_than_ours_are() {
    let deep = "a.".repeat(200_000);
    let sent = read(&[(deep.as_str(), "x")]);
    let mut level = &sent;
    let mut levels = 0;
    while let Some((_, inner)) = level.as_object().and_then(|object| object.iter().next()) {
        level = inner;
        levels += 1;
    }
    assert_eq!((levels, level), (LEVELS, &json!("x")));

    let many: Vec<_> = (0..100_000).map(|n| format!("f{n}_minor")).collect();
    let fields: Vec<_> = many.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(read(&fields).as_object().unwrap().len(), many.len());
}

proptest::proptest! {
    #[test]
    fn whatever_is_sent_is_read_without_harm(
        names in proptest::collection::vec("[a-z.0-9_]{0,12}", 0..12),
        values in proptest::collection::vec("\\PC{0,12}", 0..12),
        known in proptest::sample::select(vec!["price", "variants", "discount", "zip", "hosts", "open"]),
    ) {
        let names = names.iter().map(|name| format!("{known}.{name}"));
        let names: Vec<_> = names.chain([known.to_owned()]).collect();
        let fields: Vec<_> = names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
        proptest::prop_assert!(read(&fields).is_object());
    }

    #[test]
    fn a_text_that_nothing_is_said_of_is_sent_as_it_is(value in "\\PC{1,40}") {
        proptest::prop_assert_eq!(read(&[("name", value.as_str())]), json!({ "name": value }));
    }
}
