use axum::http::{Method, StatusCode};
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{create, edit, import_csv, post_any};

const RULES: &str = "/v1/brands/acme/draft/rules";

fn route(path: &str) -> Value {
    json!({
        "kind": "route", "when": { "state": ["NY"] },
        "target": { "variants": [{ "name": "a", "url": format!("https://quotes.acme.example/{path}") }] },
    })
}

fn refused(answer: &Answer) -> (u16, &str, &str) {
    assert!(answer.status.is_client_error(), "{answer:?}");
    (
        answer.status.as_u16(),
        answer.body["code"].as_str().unwrap(),
        answer.body["errors"][0]["pointer"].as_str().unwrap_or_default(),
    )
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_rule_is_made_shown_patched_replaced_and_removed(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    let made = edit(&app, Method::POST, RULES, "\"1\"", route("ny")).await;
    assert_eq!(
        (made.status, &made.headers["etag"]),
        (StatusCode::CREATED, &"\"2\"".parse().unwrap())
    );
    assert_eq!(made.headers["location"], format!("{RULES}/1"));
    assert_eq!(
        (&made.body["rule"]["rule"], &made.body["findings"]),
        (&json!(1), &json!([]))
    );
    let one = format!("{RULES}/1");
    let (status, shown) = app.get(&one).await;
    assert_eq!((status, &shown), (StatusCode::OK, &made.body));

    let patch =
        json!({ "priority": 7, "when": { "state": null, "zip": ["021*", "10001", "021*"] }, "note": "n" });
    let patched = edit(&app, Method::PATCH, &one, "\"2\"", patch).await;
    assert_eq!(
        (patched.status, &patched.headers["etag"]),
        (StatusCode::OK, &"\"3\"".parse().unwrap())
    );
    let rule = &patched.body["rule"];
    assert_eq!(
        (&rule["priority"], &rule["when"]),
        (&json!(7), &json!({ "zip": ["10001", "021*"] }))
    );
    assert_eq!(rule["target"], made.body["rule"]["target"]);
    let same = edit(&app, Method::PATCH, &one, "\"3\"", json!({})).await;
    assert_eq!(same.headers["etag"], "\"3\"");

    let replaced = edit(&app, Method::PUT, &one, "\"3\"", route("other")).await;
    assert_eq!(
        (replaced.status, &replaced.body["rule"]["priority"]),
        (StatusCode::OK, &json!(0))
    );

    let removed = edit(&app, Method::DELETE, &one, "\"4\"", json!(null)).await;
    assert_eq!(
        (removed.status, &removed.headers["etag"]),
        (StatusCode::NO_CONTENT, &"\"5\"".parse().unwrap())
    );
    assert_eq!(app.get(&one).await.0, StatusCode::NOT_FOUND);
    let again = post_any(&app, RULES, route("ny")).await;
    assert_eq!(again.body["rule"]["rule"], 2, "numbers are never given out twice");

    let (_, audit) = app.get("/v1/audit?limit=4").await;
    let actions: Vec<_> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["action"])
        .collect();
    assert_eq!(
        actions,
        [
            "redirects.create_rule",
            "redirects.remove_rule",
            "redirects.change_rule",
            "redirects.change_rule"
        ]
    );
    assert_eq!(audit["items"][1]["before"]["rule"]["rule"], 1);
    assert_eq!(audit["items"][1]["after"]["rule"], json!(null));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_no_rule_is_refused_with_its_place(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    post_any(&app, RULES, route("ny")).await;
    let one = format!("{RULES}/1");

    let mut with_zip = route("ny");
    with_zip["when"] = json!({ "zip": ["2108"] });
    let answer = post_any(&app, RULES, with_zip).await;
    assert_eq!(refused(&answer), (422, "rule_invalid", "/when/zip/0"));
    assert!(
        answer.body["errors"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("did you mean `02108`?")
    );
    for (method, path, body, expected) in [
        (Method::POST, RULES, json!([]), (422, "body_invalid", "")),
        (
            Method::POST,
            RULES,
            json!({ "kind": "route" }),
            (422, "rule_invalid", ""),
        ),
        (
            Method::POST,
            RULES,
            json!({ "kind": "attribute", "vars": { "a": "\0" } }),
            (422, "body_invalid", "/vars/a"),
        ),
        (
            Method::PATCH,
            &one,
            json!({ "when": { "product": ["A B"] } }),
            (422, "rule_invalid", "/when/product/0"),
        ),
        (
            Method::PATCH,
            &one,
            json!({ "rule": 9 }),
            (422, "rule_invalid", "/rule"),
        ),
        (
            Method::PATCH,
            &one,
            json!({ "rule": null, "kind": "x" }),
            (422, "rule_invalid", ""),
        ),
        (Method::PATCH, &one, json!(null), (422, "rule_invalid", "")),
        (
            Method::PATCH,
            &format!("{RULES}/9"),
            json!({}),
            (404, "rule_unknown", ""),
        ),
        (
            Method::DELETE,
            &format!("{RULES}/9"),
            json!(null),
            (404, "rule_unknown", ""),
        ),
        (
            Method::PUT,
            &format!("{RULES}/4000000000"),
            route("x"),
            (404, "rule_unknown", ""),
        ),
    ] {
        let answer = edit(&app, method, path, "*", body.clone()).await;
        assert_eq!(refused(&answer), expected, "{body}: {answer:?}");
    }
    let mut taken = route("ny");
    taken["rule"] = json!(1);
    assert_eq!(
        refused(&post_any(&app, RULES, taken).await),
        (409, "number_taken", "")
    );
    assert_eq!(app.get("/v1/brands/acme").await.1["draft"]["version"], 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_rule_that_cannot_be_published_is_kept_and_told(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import_csv(&app, "acme", "kind,rule,vars\r\nattribute,1,agent=1\r\n").await;

    let mut rule = route("ny?p={agent}&c={colour}");
    rule["when"] = json!({ "product": ["boat"] });
    let made = post_any(&app, RULES, rule).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let findings = made.body["findings"].as_array().unwrap();
    let told: Vec<_> = findings
        .iter()
        .map(|finding| (&finding["code"], &finding["pointer"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("product_unknown"), &json!("/when/product/0")),
            (&json!("placeholder_unknown"), &json!("/target/variants/0/url")),
        ]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_change_without_if_match_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    post_any(&app, RULES, route("ny")).await;
    for (method, path) in [
        (Method::POST, RULES.to_owned()),
        (Method::PATCH, format!("{RULES}/1")),
        (Method::PUT, format!("{RULES}/1")),
        (Method::DELETE, format!("{RULES}/1")),
        (Method::POST, format!("{RULES}/bulk")),
        (Method::PATCH, "/v1/brands/acme/draft/settings".to_owned()),
        (Method::PUT, "/v1/brands/acme/draft/products/auto".to_owned()),
        (Method::DELETE, "/v1/brands/acme/draft/products/auto".to_owned()),
    ] {
        let (status, problem) = app.call(method, &path, Some(json!({}))).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::PRECONDITION_REQUIRED, &json!("if_match_required"))
        );
    }
}
