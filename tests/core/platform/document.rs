//! What the OpenAPI document owes its readers, for every operation: a new route is looked at the day it is born.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, header};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

async fn document(db: PgPool) -> Value {
    let app = TestApp::new(db).await;
    app.get("/v1/openapi.json").await.1
}

/// Every operation with a name for it, `put /v1/brands/{brand}/policy`.
fn operations(document: &Value) -> BTreeMap<String, &Value> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let known = METHODS
                .iter()
                .filter_map(move |method| Some((method, item.get(method)?)));
            known.map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect()
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// What a `$ref` means, if it is one.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => {
            let place = place.trim_start_matches('#');
            document
                .pointer(place)
                .unwrap_or_else(|| panic!("{place} is nowhere"))
        }
        None => schema,
    }
}

/// Whether an example can be made: one is there, or can be put together from those of what is required, or there
/// is no choice to make.
fn has_example(document: &Value, schema: &Value) -> bool {
    let schema = resolved(document, schema);
    let all = |schemas: &Value| {
        let schemas = schemas.as_array().unwrap();
        schemas.iter().all(|schema| has_example(document, schema))
    };
    if schema
        .get("example")
        .or(schema.get("enum"))
        .or(schema.get("default"))
        .is_some()
    {
        return true;
    }
    if let Some(parts) = schema.get("allOf") {
        return all(parts);
    }
    if let Some(choices) = schema.get("oneOf").or(schema.get("anyOf")) {
        return choices
            .as_array()
            .unwrap()
            .iter()
            .any(|choice| has_example(document, choice));
    }
    if schema["type"] == "array" {
        return has_example(document, &schema["items"]);
    }
    let required = schema["required"].as_array();
    schema["type"] == "object"
        && required
            .into_iter()
            .flatten()
            .all(|name| has_example(document, &schema["properties"][name.as_str().unwrap()]))
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_operation_says_what_it_does_and_has_a_name_of_its_own(db: PgPool) {
    let document = document(db).await;
    let mut ids = BTreeMap::new();

    for (name, operation) in operations(&document) {
        assert!(is_text(&operation["summary"]), "{name} has no summary");
        assert!(is_text(&operation["tags"][0]), "{name} has no tag");
        let id = operation["operationId"].as_str().unwrap();
        if let Some(other) = ids.insert(id, name.clone()) {
            panic!("{name} and {other} are both called {id}");
        }
    }
    assert!(ids.len() > 70, "only {} operations", ids.len());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_an_operation_needs_is_shown_by_example(db: PgPool) {
    let document = document(db).await;

    for (name, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let shown = parameter.get("example").is_some() || has_example(&document, &parameter["schema"]);
            assert!(
                parameter["required"] != true || shown,
                "{name}: {} needs an example",
                parameter["name"]
            );
        }
        for (mime, content) in operation["requestBody"]["content"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let shown = content.get("example").is_some() || has_example(&document, &content["schema"]);
            assert!(shown, "{name}: the body ({mime}) needs an example");
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_answer_is_described_and_every_refusal_is_a_problem(db: PgPool) {
    let document = document(db).await;

    for (name, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        assert!(
            responses.keys().any(|status| status.starts_with('2')),
            "{name} never succeeds"
        );
        let public = operation["security"][0] == json!({});
        for status in ["401", "500", "503"] {
            let said = responses.contains_key(status) || (public && status == "401");
            assert!(said, "{name} does not say {status}");
        }
        for (status, response) in responses {
            let response = resolved(&document, response);
            assert!(
                is_text(&response["description"]),
                "{name}: {status} is not described"
            );
            let content = response["content"].as_object();
            if status.starts_with('2') {
                let schemas = content
                    .into_iter()
                    .flatten()
                    .all(|(_, content)| content["schema"].is_object());
                assert!(schemas, "{name}: {status} has content without a schema");
                assert!(
                    status == "204" || content.is_some(),
                    "{name}: {status} has no content"
                );
            } else if !status.starts_with('3') {
                let problem = &content.unwrap()["application/problem+json"]["schema"];
                assert_eq!(
                    problem["$ref"], "#/components/schemas/ProblemDetails",
                    "{name}: {status}"
                );
            }
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nothing_refers_to_a_schema_that_is_not_there(db: PgPool) {
    fn look(document: &Value, value: &Value) {
        match value {
            Value::Object(members) => {
                resolved(document, value);
                members.values().for_each(|value| look(document, value));
            }
            Value::Array(items) => items.iter().for_each(|value| look(document, value)),
            _ => {}
        }
    }
    let document = document(db).await;
    look(&document, &document);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_postgres_cannot_keep_is_refused_wherever_it_is_sent(db: PgPool) {
    let app = TestApp::new(db).await;

    let (status, problem) = app.get("/v1/brands/a%00b").await;
    assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("not_found")));
    let (status, problem) = app.get("/v1/audit?q=a%00b").await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (400, &json!("query_invalid"))
    );
    let brand = json!({ "code": "acme", "name": "a\u{0}b" });
    let (status, problem) = app.post("/v1/brands", brand).await;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("body_invalid")));
    assert_eq!(problem["errors"][0]["pointer"], "/name");
    let (status, problem) = app.post("/v1/brands", json!(["acme", "Acme"])).await;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("body_invalid")));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_list_is_not_read_as_an_object_of_which_everything_was_left_out(db: PgPool) {
    let app = TestApp::new(db).await;
    app.post("/v1/brands", json!({ "code": "acme", "name": "Acme" }))
        .await;

    for (path, body) in [
        (
            "/v1/brands/acme/draft/rules/bulk",
            json!({ "filter": [], "action": { "do": "add_priority", "by": 1 } }),
        ),
        (
            "/v1/brands",
            json!({ "code": "globex", "name": "Globex", "settings": [] }),
        ),
    ] {
        let request = app.request(Method::POST, path).header(header::IF_MATCH, "*");
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = app
            .send(request.body(Body::from(body.to_string())).unwrap())
            .await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["code"]),
            (422, &json!("body_invalid")),
            "{path}"
        );
    }
}

/// Every schema's properties, wherever they are, with their names.
fn properties<'a>(value: &'a Value, found: &mut Vec<(&'a String, &'a Value)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| properties(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                if name == "properties" {
                    found.extend(member.as_object().into_iter().flatten());
                }
                properties(member, found);
            }
        }
        _ => {}
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_amount_says_of_which_unit_it_is(db: PgPool) {
    let document = document(db).await;
    let mut found = Vec::new();
    properties(&document["components"]["schemas"], &mut found);
    let amounts: Vec<_> = found
        .iter()
        .filter(|(name, _)| name.ends_with("_minor"))
        .collect();
    assert!(amounts.len() > 40, "only {}", amounts.len());
    for (name, amount) in amounts {
        let says = amount["description"].as_str().unwrap_or_default();
        assert!(says.contains("smallest unit"), "{name}: {amount}");
    }
}
