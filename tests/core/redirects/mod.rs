//! Brands, rules and publishing, through the API and the edge's KV.

mod alerts;
mod attributes;
mod brands;
mod bulk;
mod crash;
mod diff;
mod edge;
mod find;
mod gates;
mod idempotent;
mod import;
mod original;
mod policy;
mod products;
mod publish;
mod requests;
mod retire;
mod revisions;
mod rules;
mod schedule;
mod settings;
mod simulate;
mod status;
mod told;
mod validate;
mod workbook;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_shared::manifest::{self, KEY, Manifest};
use marquee_tests::{Answer, FakeEdgeKv, TestApp};
use serde_json::{Value, json};

/// Settings with which the rules of these tests can be published.
fn settings(brand: &str) -> Value {
    json!({
        "hosts": [format!("go.{brand}.example")],
        "languages": ["en", "es"],
        "default_language": "en",
        "destinations": [format!("quotes.{brand}.example")],
        "fallback_url": format!("https://quotes.{brand}.example/"),
        "system_value": "marquee",
        "products": [{ "code": "auto" }, { "code": "home" }],
    })
}

/// A rule for everybody, as CSV with its header.
pub(crate) fn one_rule(brand: &str, path: &str) -> String {
    format!("kind,rule,url\r\nroute,1,https://quotes.{brand}.example/{path}?zip={{zip}}\r\n")
}

pub(crate) async fn create(app: &TestApp, brand: &str) {
    let body = json!({ "code": brand, "name": brand.to_uppercase(), "settings": settings(brand) });
    let (status, answer) = app.post("/v1/brands", body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    set_policy(app, brand, json!({ "max_changed_percent": 100 })).await;
}

/// What is left out gets its default. Here a brand's first policy lets one person change everything, so that tests
/// of publishing need not ask a second one.
pub(crate) async fn set_policy(app: &TestApp, brand: &str, policy: Value) {
    let (status, answer) = app.put(&format!("/v1/brands/{brand}/policy"), policy).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// Puts a file in place of the draft's rules, whatever the draft's version.
pub(crate) async fn import_csv(app: &TestApp, brand: &str, csv: &str) -> Answer {
    import(app, brand, "", "text/csv", csv.to_owned()).await
}

async fn import(app: &TestApp, brand: &str, query: &str, mime: &str, file: impl Into<Body>) -> Answer {
    let request = app
        .request(Method::PUT, &format!("/v1/brands/{brand}/draft/rules{query}"))
        .header(header::CONTENT_TYPE, mime)
        .header(header::IF_MATCH, "*");
    app.send(request.body(file.into()).unwrap()).await
}

/// A POST or PUT about the draft, whatever its version.
pub(crate) async fn post_any(app: &TestApp, path: &str, body: Value) -> Answer {
    let request = app
        .request(Method::POST, path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, "*");
    app.send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

/// A change of the draft by whoever has seen it as `etag`.
async fn edit(app: &TestApp, method: Method, path: &str, etag: &str, body: Value) -> Answer {
    let request = app
        .request(method, path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, etag);
    app.send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

async fn publish_draft(app: &TestApp, brand: &str) -> Answer {
    post_any(app, &format!("/v1/brands/{brand}/publish"), json!({})).await
}

/// A POST by whoever has this key.
async fn post_as(app: &TestApp, key: &str, path: &str, body: Value) -> Answer {
    let request = app
        .anonymous(Method::POST, path)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, "*");
    app.send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

pub(crate) async fn freeze(app: &TestApp, brand: &str) -> i64 {
    let answer = post_any(app, &format!("/v1/brands/{brand}/revisions"), json!({})).await;
    assert!(answer.status.is_success(), "{answer:?}");
    answer.body["number"].as_i64().unwrap()
}

/// A brand whose one rule leads to `path`, published and at the edge; the revision.
pub(crate) async fn live(app: &TestApp, brand: &str, path: &str) -> i64 {
    create(app, brand).await;
    let revision = next(app, brand, path).await;
    app.run_jobs().await;
    revision
}

/// Another rule, published; the revision. The edge follows when the jobs run.
async fn next(app: &TestApp, brand: &str, path: &str) -> i64 {
    let imported = import_csv(app, brand, &one_rule(brand, path)).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    let published = publish_draft(app, brand).await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    published.body["revision"].as_i64().unwrap()
}

/// The manifest in KV, if it is there and signed by us.
fn manifest(app: &TestApp) -> Option<Manifest> {
    read_manifest(app, &app.edge_kv)
}

fn read_manifest(app: &TestApp, kv: &FakeEdgeKv) -> Option<Manifest> {
    let keys = app.app.config.signing_keys.as_slice().iter();
    let keys: Vec<_> = keys
        .map(|(id, key)| (id.clone(), key.verifying_key().to_bytes()))
        .collect();
    let value = kv.value(KEY)?;
    Some(
        manifest::verify(&value, &keys, "local")
            .expect("a manifest of ours")
            .0,
    )
}

/// What the edge serves of a brand: revision and sequence.
fn at_the_edge(app: &TestApp, brand: &str) -> Option<(i64, u64)> {
    let manifest = manifest(app)?;
    let entry = manifest.brands.iter().find(|entry| entry.code == brand)?;
    Some((i64::from(entry.revision), manifest.sequence))
}
