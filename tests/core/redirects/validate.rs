//! Validating a draft: errors first, then what can never happen.

use axum::http::{Method, StatusCode};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use time::format_description::well_known::Rfc3339;

use super::{create, edit, import_csv, next, one_rule, settings};

const SHADOWED: &str = "kind,rule,priority,product,state,url\r
route,1,,auto,NY,https://quotes.acme.example/new-york\r
route,2,5,auto,,https://quotes.acme.example/auto\r
route,3,,home,,https://quotes.acme.example/home\r
";

async fn validate(app: &TestApp, brand: &str) -> Value {
    let (status, body) = app.get(&format!("/v1/brands/{brand}/validate")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_rule_that_never_decides_is_told_with_who_does_and_a_visitor(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let imported = import_csv(&app, "acme", SHADOWED).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");

    let mut found = validate(&app, "acme").await;
    let size = found["table"]["size_bytes"].take();
    assert!(size.as_u64().is_some_and(|size| size > 0), "{size}");
    let cells = found["gaps"]["cells"].take();
    assert!(cells.as_u64().is_some_and(|cells| cells > 100_000), "{cells}");
    let example = json!({
        "zip": "00501", "product": "auto", "language": "en", "device": "mobile", "media": null, "at": null
    });
    assert_eq!(
        found,
        json!({
            "of": "draft",
            "version": 2,
            "revision": null,
            "rules": 3,
            "findings": [{
                "code": "unreachable",
                "severity": "warning",
                "rules": [1, 2],
                "pointer": null,
                "detail": "rule 1 never decides: rule 2 does wherever it would",
                "example": example,
            }],
            "counts": [{ "code": "unreachable", "severity": "warning", "count": 1 }],
            "table": { "size_bytes": null, "max_bytes": 8_000_000 },
            "unreachable": [{
                "rule": 1,
                "why": "shadowed",
                "shadowed_by": [2],
                "more": 0,
                "example": example,
            }],
            "unreachable_rules": 1,
            "gaps": {
                "cells": null, "unanswered_cells": 0, "products": [], "groups": [], "groups_found": 0,
                "groups_unfinished": false
            },
            "splits": { "rules": [], "found": 0 },
            "not_analysed": null,
        })
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_makes_publishing_impossible_is_told_and_nothing_else_looked_for(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let elsewhere = SHADOWED.replace("quotes.acme.example/home", "elsewhere.example/home");
    let imported = import_csv(&app, "acme", &elsewhere).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");

    let found = validate(&app, "acme").await;
    let told: Vec<_> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (&finding["code"], &finding["severity"], &finding["rules"]))
        .collect();
    assert_eq!(
        told,
        [(&json!("url_host_not_allowed"), &json!("error"), &json!([3])),]
    );
    assert_eq!((&found["table"], &found["gaps"]), (&Value::Null, &Value::Null));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_brand_that_is_not_there_has_no_draft(db: PgPool) {
    let app = TestApp::new(db).await;
    let (status, problem) = app.get("/v1/brands/nobody/validate").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("brand_unknown"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn rules_that_clash_are_told_with_both_and_a_visitor_between_them(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let clash = SHADOWED.replace("2,5,auto,,", "2,,auto,NY,");
    let imported = import_csv(&app, "acme", &clash).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");

    let found = validate(&app, "acme").await;
    let tie = &found["findings"][0];
    assert_eq!(
        (&tie["code"], &tie["rules"]),
        (&json!("tie"), &json!([2, 1])),
        "{found}"
    );
    assert_eq!(
        (&tie["example"]["zip"], &tie["example"]["product"]),
        (&json!("00501"), &json!("auto"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whom_nobody_answers_is_told(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut settings = settings("acme");
    settings.as_object_mut().unwrap().remove("fallback_url");
    let body = json!({ "code": "acme", "name": "ACME", "settings": settings });
    let (status, answer) = app.post("/v1/brands", body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let imported = import_csv(&app, "acme", SHADOWED).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    assert_eq!(validate(&app, "acme").await["gaps"]["groups"], json!([]));

    let rules = "kind,rule,product,url\r\nroute,1,auto,https://quotes.acme.example/auto\r\n";
    let imported = import_csv(&app, "acme", rules).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    let found = validate(&app, "acme").await;
    let gap = &found["gaps"]["groups"][0];
    assert_eq!(
        (&gap["products"], &gap["languages"]),
        (&json!(["home"]), &Value::Null),
        "{found}"
    );
    assert!(gap["states"].as_array().unwrap().len() > 50, "{gap}");
    assert_eq!(found["findings"][0]["code"], "gap", "{found}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_live_and_every_revision_can_be_validated(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let (status, problem) = app.get("/v1/brands/acme/validate?of=live").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("not_live"))
    );

    let revision = next(&app, "acme", "first").await;
    app.run_jobs().await;
    let (_, live) = app.get("/v1/brands/acme/validate?of=live").await;
    assert_eq!(
        (&live["version"], &live["revision"]),
        (&Value::Null, &json!(revision)),
        "{live}"
    );
    let (_, frozen) = app.get(&format!("/v1/brands/acme/validate?of={revision}")).await;
    assert_eq!(frozen["findings"], live["findings"]);

    let (status, problem) = app.get("/v1/brands/acme/validate?of=99").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("revision_unknown"))
    );
    let (status, _) = app.get("/v1/brands/acme/validate?of=yesterday").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_destination_that_is_another_brands_host_is_told(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let mut settings = settings("beta");
    settings["destinations"] = json!(["quotes.beta.example", "go.acme.example"]);
    let body = json!({ "code": "beta", "name": "BETA", "settings": settings });
    let (status, answer) = app.post("/v1/brands", body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let imported = import_csv(&app, "beta", &one_rule("beta", "x")).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");

    let found = validate(&app, "beta").await;
    let codes: Vec<_> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["code"])
        .collect();
    assert_eq!(codes, ["destination_redirects", "destination_unused"], "{found}");
}

/// What is found of acme, as two are told who look at once, and one who looks again; by codes.
async fn found(app: &TestApp) -> (Value, Vec<String>) {
    let (one, other) = tokio::join!(validate(app, "acme"), validate(app, "acme"));
    let again = validate(app, "acme").await;
    assert_eq!((&one, &one), (&other, &again));
    let findings = one["findings"].as_array().unwrap().iter();
    let codes = findings.map(|finding| finding["code"].as_str().unwrap().to_owned());
    let codes = codes.collect();
    (one, codes)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whatever_changes_is_seen_by_whoever_looks_next(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let imported = import_csv(&app, "acme", &one_rule("acme", "x")).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    let change = async |what: &str, patch: Value| {
        let path = format!("/v1/brands/acme/draft/{what}");
        let changed = edit(&app, Method::PATCH, &path, "*", patch).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    };
    let (all, codes) = found(&app).await;
    assert_eq!(codes, [""; 0], "{all}");
    assert_eq!(all["gaps"]["products"], json!([]));

    change("rules/1", json!({ "when": { "product": ["auto"] } })).await;
    let (autos, _) = found(&app).await;
    assert_eq!(autos["gaps"]["products"][0]["product"], "home", "a rule: {autos}");

    let destinations = json!(["quotes.acme.example", "go.beta.example"]);
    change("settings", json!({ "destinations": destinations })).await;
    let (view, codes) = found(&app).await;
    assert_eq!(codes, ["destination_unused"], "a setting: {view}");

    create(&app, "beta").await;
    let (view, codes) = found(&app).await;
    assert_eq!(
        codes,
        ["destination_redirects", "destination_unused"],
        "another brand: {view}"
    );

    let until = app.app.now() + Duration::HOUR;
    change("rules/1", json!({ "until": until.format(&Rfc3339).unwrap() })).await;
    let (_, before) = found(&app).await;
    app.advance(Duration::HOUR);
    let (view, after) = found(&app).await;
    let over = |codes: &[String]| codes.iter().any(|code| code == "window_over");
    assert!(!over(&before) && over(&after), "the hour: {before:?} {view}");
}
