use axum::http::{Method, StatusCode};
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{create, edit, import_csv, settings};

const SETTINGS: &str = "/v1/brands/acme/draft/settings";

async fn patch(app: &TestApp, patch: Value) -> Answer {
    edit(app, Method::PATCH, SETTINGS, "*", patch).await
}

/// Where and why, of what was refused.
fn errors(answer: &Answer) -> Vec<(&str, &str)> {
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("settings_invalid")),
        "{answer:?}"
    );
    let errors = answer.body["errors"].as_array().unwrap().iter();
    errors
        .map(|error| {
            (
                error["pointer"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn settings_change_one_at_a_time_and_the_rest_stays(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    let changed = edit(
        &app,
        Method::PATCH,
        SETTINGS,
        "\"1\"",
        json!({ "pass_query": ["utm_*"] }),
    )
    .await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(changed.headers["etag"], "\"2\"");
    assert_eq!(changed.body["findings"], json!([]));
    let mut expected = settings("acme");
    expected["pass_query"] = json!(["utm_*"]);
    for (name, value) in expected.as_object().unwrap() {
        if name != "products" {
            assert_eq!(&changed.body["settings"][name], value, "{name}");
        }
    }
    assert_eq!(changed.body["settings"]["products"][1]["code"], "home");

    let back = patch(
        &app,
        json!({ "pass_query": null, "aliases": { "product": { "A": "auto" } } }),
    )
    .await;
    assert_eq!(back.body["settings"]["pass_query"], json!([]));
    assert_eq!(
        back.body["settings"]["aliases"]["product"],
        json!({ "A": "auto" })
    );
    // Nothing changed, nothing counted.
    assert_eq!(patch(&app, json!({})).await.headers["etag"], "\"3\"");
    let (_, audit) = app.get("/v1/audit?limit=1").await;
    assert_eq!(
        audit["items"][0]["before"]["settings"]["pass_query"],
        json!(["utm_*"])
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_wrong_with_settings_is_told_at_once_with_its_place(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    for (wrong, expected) in [
        (
            json!({ "hosts": ["go.acme.example", "Go.acme.example"] }),
            ("/hosts/1", "host_invalid"),
        ),
        (
            json!({ "languages": ["english"] }),
            ("/languages/0", "language_invalid"),
        ),
        (
            json!({ "languages": ["es"] }),
            ("/default_language", "language_unknown"),
        ),
        (
            json!({ "origins": ["http://acme.example"] }),
            ("/origins/0", "origin_invalid"),
        ),
        (
            json!({ "destinations": ["quotes.acme.example", "go.acme.example"] }),
            ("/destinations/1", "destination_loops"),
        ),
        (
            json!({ "pass_query": ["a b"] }),
            ("/pass_query/0", "pass_query_invalid"),
        ),
        (
            json!({ "fallback_url": "http://quotes.acme.example/" }),
            ("/fallback_url", "url_not_https"),
        ),
        (
            json!({ "fallback_url": "https://quotes.acme.example/{agent}" }),
            ("/fallback_url", "placeholder_unknown"),
        ),
        (
            json!({ "destinations": ["other.example"] }),
            ("/fallback_url", "url_host_not_allowed"),
        ),
        (json!({ "products": [] }), ("/products", "products_missing")),
        (json!({ "colour": "red" }), ("", "settings")),
        (json!("nonsense"), ("", "settings")),
    ] {
        let refused = patch(&app, wrong.clone()).await;
        assert_eq!(errors(&refused).first(), Some(&expected), "{wrong}: {refused:?}");
    }
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(brand["draft"]["version"], 1);

    // With an attribute rule the variable is known.
    let csv = "kind,rule,vars\r\nattribute,1,agent=1\r\n";
    assert_eq!(import_csv(&app, "acme", csv).await.status, StatusCode::OK);
    let known = patch(
        &app,
        json!({ "fallback_url": "https://quotes.acme.example/{agent}" }),
    )
    .await;
    assert_eq!(known.status, StatusCode::OK, "{known:?}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_unfinished_brand_is_finished_step_by_step(db: PgPool) {
    let app = TestApp::new(db).await;
    let (status, _) = app
        .post("/v1/brands", json!({ "code": "acme", "name": "Acme" }))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let missing = |answer: &Answer| {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let findings = answer.body["findings"].as_array().unwrap().iter();
        findings
            .map(|finding| finding["code"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };

    let first = patch(&app, json!({ "hosts": ["go.acme.example"] })).await;
    assert_eq!(missing(&first), ["language_unknown", "products_missing"]);
    let second = patch(&app, json!({ "languages": ["en"], "default_language": "en" })).await;
    assert_eq!(missing(&second), ["products_missing"]);
    let third = edit(
        &app,
        Method::PUT,
        "/v1/brands/acme/draft/products/auto",
        "*",
        json!({}),
    )
    .await;
    assert_eq!(third.status, StatusCode::CREATED);
    assert_eq!(missing(&patch(&app, json!({})).await), Vec::<String>::new());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_admins_at_once_one_wins_and_the_other_is_told_who_and_when(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    let (first, second) = tokio::join!(
        edit(
            &app,
            Method::PATCH,
            SETTINGS,
            "\"1\"",
            json!({ "pass_query": ["a"] })
        ),
        edit(
            &app,
            Method::PATCH,
            SETTINGS,
            "\"1\"",
            json!({ "pass_query": ["b"] })
        ),
    );
    let (won, lost) = if first.status == StatusCode::OK {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(won.status, StatusCode::OK, "{won:?}");
    assert_eq!(
        (
            lost.status,
            &lost.body["code"],
            &lost.body["edited_by"],
            &lost.body["current"]
        ),
        (
            StatusCode::PRECONDITION_FAILED,
            &json!("draft_changed"),
            &json!("test"),
            &json!(2)
        ),
        "{lost:?}"
    );
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(lost.body["edited_at"], brand["draft"]["edited_at"]);
    let (_, now) = app.get(SETTINGS).await;
    assert_eq!(now["pass_query"], won.body["settings"]["pass_query"]);
}
