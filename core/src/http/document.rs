//! The OpenAPI document: what each route says of itself, and what holds for all of them, said once, here.

mod money;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi as _};

use super::error::Problem;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Marquee", description = "Redirect rules, what is live, and what was decided"),
    components(schemas(Problem)),
    modifiers(&ApiKeys)
)]
struct Document;

/// How a caller shows who it is; the scopes that operations name are permissions.
struct ApiKeys;

impl Modify for ApiKeys {
    fn modify(&self, document: &mut OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, or somebody signed in who has the permission"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(bearer.build()));
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("Somebody signed in: the token of `POST /v1/sessions`"));
        components.add_security_scheme("session", SecurityScheme::Http(bearer.build()));
        let description = "What `POST /v1/orders` gave with the order, and each mail to its customer has";
        let key = ApiKeyValue::with_description("X-Order-Key", description);
        components.add_security_scheme("order_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}

/// Without any route.
pub(super) fn empty() -> OpenApi {
    Document::openapi()
}

/// As clients get it: with names for operations, problem answers, common parameters and the bounds of integers.
/// What a route says itself is kept.
pub(super) fn complete(document: &OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    let mut shared = Map::new();
    for (path, item) in members(&mut document["paths"]) {
        for (method, operation) in members(item) {
            operation["operationId"] = json!(operation_id(method, path));
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                common(parameter);
            }
            operation.get_mut("requestBody").into_iter().for_each(binary);
            members(&mut operation["responses"]).for_each(|(_, response)| binary(response));
            problems(method, path, operation, &mut shared);
        }
    }
    document["components"]["responses"] = shared.into();
    bound_integers(&mut document);
    money::units(&mut document);
    document
}

fn members(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

/// `put_brands_brand_draft`: handlers of different features have the same names, operations may not.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.trim_start_matches("/v1").split(['/', '{', '}', '-']);
    let words = words.filter(|word| !word.is_empty());
    [method].into_iter().chain(words).collect::<Vec<_>>().join("_")
}

/// Parameters that mean the same wherever they are.
fn common(parameter: &mut Value) {
    let (place, name) = (parameter["in"].as_str(), parameter["name"].as_str());
    let (description, example) = match (place, name) {
        (Some("query"), Some("limit")) => {
            parameter["schema"] = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
            (
                "1 to 100, 50 unless given; what is beyond is brought within",
                json!(50),
            )
        }
        (Some("query"), Some("cursor")) => ("`next_cursor` of the page before", Value::Null),
        (Some("header"), Some("if-match")) => (
            "The ETag of what the caller has seen. `*` accepts any version, and overwrites what others did",
            json!("*"),
        ),
        (Some("header"), Some("idempotency-key")) => (
            "1 to 255 visible ASCII characters, a UUID for example: sent again with the same key, the request changes \
             nothing, and the first answer is repeated",
            json!("0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11"),
        ),
        (Some("path" | "query"), Some("brand")) => ("A brand's code", json!("acme")),
        _ if parameter["schema"]["format"] == "uuid" => ("", json!("0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11")),
        _ => return,
    };
    let Some(parameter) = parameter.as_object_mut() else {
        return;
    };
    if !description.is_empty() {
        parameter
            .entry("description")
            .or_insert_with(|| json!(description));
    }
    if !example.is_null() {
        parameter.entry("example").or_insert(example);
    }
}

/// What is neither text nor JSON is bytes.
fn binary(body: &mut Value) {
    let Some(content) = body.get_mut("content") else {
        return;
    };
    for (mime, content) in members(content) {
        let is_bytes = [
            "image/",
            "video/",
            "application/octet-stream",
            "application/offset+octet-stream",
        ];
        if is_bytes.iter().any(|bytes| mime.starts_with(bytes)) {
            content["schema"] = json!({ "type": "string", "format": "binary" });
            content["example"] = json!("(the bytes of a file)");
        }
    }
}

/// How every operation may be refused, unless it says it better itself, and what a refusal looks like. Refusals that
/// operations have in common go into `shared`, by the first of their codes.
fn problems(method: &str, path: &str, operation: &mut Value, shared: &mut Map<String, Value>) {
    let parameters = operation["parameters"].as_array();
    let has = |place: &str, name: Option<&str>| {
        parameters.is_some_and(|parameters| {
            let mut parameters = parameters.iter();
            parameters.any(|one| one["in"] == place && name.is_none_or(|name| one["name"] == name))
        })
    };
    let security = &operation["security"][0];
    let scopes = security["api_key"].as_array();
    let several = operation["security"]
        .as_array()
        .is_some_and(|ways| ways.len() > 1);
    let anybody = security.as_object().is_some_and(Map::is_empty);
    let public = anybody && !several;
    let never_forbidden = anybody || security["order_key"].is_array();
    let forbidden = match scopes {
        Some(_) => "`forbidden`: the key lacks the permission",
        None => "`session_needed`: a key is not enough",
    };
    let (body, query) = (operation["requestBody"].is_object(), has("query", None));
    let seen = has("header", Some("if-match"));
    let refusals: [(u16, bool, &str); 12] = [
        (
            400,
            body || query || seen,
            "`query_invalid`, `cursor_invalid`, `body_malformed`: it cannot be read",
        ),
        (
            401,
            !public,
            "`unauthorized`: there is no valid API key, and nobody signed in",
        ),
        (
            403,
            !never_forbidden && scopes.is_none_or(|scopes| !scopes.is_empty()),
            forbidden,
        ),
        (
            404,
            path.contains('{') || operation["x-scope"] == "query",
            "`not_found`, `brand_unknown`: there is none",
        ),
        (
            409,
            method != "get" && path.contains("{brand}"),
            "`brand_retired`: reinstate it first",
        ),
        (
            412,
            seen,
            "`draft_changed`: the draft is no longer what the caller has seen",
        ),
        (413, body, "`body_too_large`"),
        (415, body, "`media_type_unsupported`"),
        (
            422,
            body || query,
            "`body_invalid`, `filter_invalid`: it can be read, but makes no sense",
        ),
        (428, seen, "`if_match_required`"),
        (500, true, "`internal_error`"),
        (
            503,
            true,
            "`unavailable`, `overloaded`, `contended`, `timeout`: try again after `Retry-After` seconds",
        ),
    ];
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, response) in responses.iter_mut() {
        describe(status, response);
    }
    for (status, possible, description) in refusals {
        let status = status.to_string();
        if possible && !responses.contains_key(&status) {
            let name = first_code(description);
            responses.insert(
                status.clone(),
                json!({ "$ref": format!("#/components/responses/{name}") }),
            );
            let response = shared
                .entry(name)
                .or_insert_with(|| json!({ "description": description }));
            describe(&status, response);
        }
    }
}

/// utoipa leaves a description that is empty out, and OpenAPI wants one.
fn describe(status: &str, response: &mut Value) {
    let in_words = StatusCode::from_bytes(status.as_bytes())
        .ok()
        .and_then(|status| status.canonical_reason());
    if response.get("description").is_none() {
        response["description"] = json!(in_words);
    }
    if status.starts_with(['4', '5']) && response.get("content").is_none() {
        let description = response["description"].as_str().unwrap_or_default();
        response["content"] = problem(status, in_words, description);
    }
}

fn first_code(description: &str) -> &str {
    description.split('`').nth(1).unwrap_or("refused")
}

/// The content of a refusal, with the first code of its description as the example's.
fn problem(status: &str, in_words: Option<&str>, description: &str) -> Value {
    let code = first_code(description);
    let example = json!({
        "type": "about:blank", "title": in_words, "status": status.parse::<u16>().unwrap_or_default(),
        "code": code, "detail": "what to do about it", "errors": [],
        "request_id": "01a20390-fec1-76a6-a079-e06972e8ed94",
    });
    json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/ProblemDetails" }, "example": example } })
}

/// A format alone does not tell generated clients, or testers, how far an integer goes.
fn bound_integers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(bound_integers),
        Value::Object(object) => {
            let bounds = integer(object);
            if let Some((least, most)) = bounds {
                object.entry("minimum").or_insert(least);
                object.entry("maximum").or_insert(most);
            }
            // What an example or an extension holds is no schema.
            let inner = object.iter_mut().filter(|(name, _)| !name.starts_with("example"));
            inner.for_each(|(_, inner)| bound_integers(inner));
        }
        _ => {}
    }
}

/// How far the integer that a schema describes may go.
fn integer(schema: &Map<String, Value>) -> Option<(Value, Value)> {
    let types = schema.get("type")?;
    let integer = types == "integer"
        || types
            .as_array()
            .is_some_and(|types| types.contains(&json!("integer")));
    let unsigned = schema
        .get("minimum")
        .and_then(Value::as_i64)
        .is_some_and(|least| least >= 0);
    match (schema.get("format")?.as_str()?, unsigned) {
        _ if !integer => None,
        ("int32", false) => Some((json!(i32::MIN), json!(i32::MAX))),
        ("int32", true) => Some((json!(0), json!(u32::MAX))),
        ("int64", false) => Some((json!(i64::MIN), json!(i64::MAX))),
        ("int64", true) => Some((json!(0), json!(u64::MAX))),
        _ => None,
    }
}
