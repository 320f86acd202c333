use axum::body::Body;
use axum::http::{Method, StatusCode};
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{create, import_csv, post_any};

async fn bulk(app: &TestApp, body: Value) -> Answer {
    post_any(app, "/v1/brands/acme/draft/rules/bulk", body).await
}

async fn draft(app: &TestApp) -> String {
    let (_, rules) = app.get("/v1/brands/acme/draft/rules").await;
    rules.to_string()
}

async fn with_rules(app: &TestApp) {
    create(app, "acme").await;
    let csv = "kind,rule,priority,media,state,url\r\n\
        route,1,1,tv,NY,https://quotes.acme.example/a?zip={zip}\r\n\
        route,2,2,radio|tv,,https://forms.acme.example/b?back=quotes.acme.example\r\n\
        route,3,3,,MA,https://quotes.acme.example/c\r\n\
        route,4,4,,,fallback\r\n";
    assert_eq!(import_csv(app, "acme", csv).await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_destination_host_is_swapped_everywhere(db: PgPool) {
    let app = TestApp::new(db).await;
    with_rules(&app).await;
    let action = json!({ "do": "replace_host", "from": "quotes.acme.example", "to": "new.acme.example" });

    let dry = bulk(&app, json!({ "action": action, "dry_run": true })).await;
    assert_eq!(dry.status, StatusCode::OK, "{dry:?}");
    assert_eq!(
        (&dry.body["matched"], &dry.body["changed"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(
        dry.body["changes"][1]["after"]["target"]["variants"][0]["url"],
        "https://new.acme.example/c"
    );
    assert_eq!(dry.body["findings"][0]["code"], "url_host_not_allowed");
    assert_eq!(dry.headers["etag"], "\"2\"");
    assert!(!draft(&app).await.contains("new.acme.example"));

    let done = bulk(&app, json!({ "action": action })).await;
    assert_eq!(
        (done.status, &done.headers["etag"]),
        (StatusCode::OK, &"\"3\"".parse().unwrap())
    );
    let after = draft(&app).await;
    assert!(after.contains("https://new.acme.example/a?zip={zip}"));
    assert!(after.contains("https://forms.acme.example/b?back=quotes.acme.example"));
    let (_, audit) = app.get("/v1/audit?limit=1").await;
    let entry = &audit["items"][0];
    assert_eq!(
        (&entry["action"], &entry["after"]["action"]),
        (&json!("redirects.change_rules"), &action)
    );
    assert_eq!(entry["after"]["changed"], json!({ "count": 2, "rules": [1, 3] }));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn many_rules_change_in_one_go(db: PgPool) {
    let app = TestApp::new(db).await;
    with_rules(&app).await;
    for (filter, action, changed) in [
        (
            json!({ "state": "NY" }),
            json!({ "do": "set_enabled", "enabled": false }),
            vec![1],
        ),
        (
            json!({ "media": "tv" }),
            json!({ "do": "replace_value", "dimension": "media", "from": "tv", "to": "web" }),
            vec![1, 2],
        ),
        (
            json!({}),
            json!({ "do": "add_priority", "by": -10 }),
            vec![1, 2, 3, 4],
        ),
        (
            json!({ "priority": -8 }),
            json!({ "do": "set_priority", "priority": 5 }),
            vec![2],
        ),
        (
            json!({ "number_from": 3 }),
            json!({ "do": "set_window", "until": "2027-01-01T00:00:00+01:00" }),
            vec![3, 4],
        ),
        (
            json!({ "kind": "route" }),
            json!({ "do": "set_system", "system": "rater" }),
            vec![1, 2, 3],
        ),
        (json!({ "enabled": false }), json!({ "do": "delete" }), vec![1]),
        (json!({ "media": "nothing" }), json!({ "do": "delete" }), vec![]),
    ] {
        let done = bulk(&app, json!({ "filter": filter, "action": action })).await;
        assert_eq!(done.status, StatusCode::OK, "{done:?}");
        let pairs = done.body["changes"].as_array().unwrap().iter();
        let numbers: Vec<_> = pairs.map(|pair| &pair["before"]["rule"]).collect();
        assert_eq!(numbers, changed, "{action}");
    }
    let get = app.request(Method::GET, "/v1/brands/acme/draft/rules?format=csv");
    let csv = app.send(get.body(Body::empty()).unwrap()).await.text;
    insta::assert_snapshot!(csv.replace('\r', ""), @r"
    kind,rule,enabled,priority,product,language,device,media,state,zip,from,until,split,variant,weight,url,system,vars,note
    route,2,true,5,,,,radio|web,,,,,sticky,a,1,https://forms.acme.example/b?back=quotes.acme.example,rater,,
    route,3,true,-7,,,,,MA,,,2026-12-31T23:00:00Z,sticky,a,1,https://quotes.acme.example/c,rater,,
    route,4,true,-6,,,,,,,,2026-12-31T23:00:00Z,,,,fallback,,,
    ");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_bulk_edit_that_makes_no_sense_changes_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    with_rules(&app).await;
    for (body, pointer) in [
        (json!({ "action": { "do": "delete" } }), "/filter"),
        (
            json!({ "filter": { "state": "XX" }, "action": { "do": "delete" } }),
            "/filter/state",
        ),
        (
            json!({ "action": { "do": "replace_host", "from": "a.example", "to": "b example" } }),
            "/action/to",
        ),
        (
            json!({ "action": { "do": "replace_value", "dimension": "zip", "from": "10001", "to": "1" } }),
            "/action/to",
        ),
    ] {
        let refused = bulk(&app, body).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["pointer"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(pointer)),
            "{refused:?}"
        );
    }
    for body in [
        json!({ "action": { "do": "explode" } }),
        json!({ "action": { "do": "set_enabled", "enabled": true, "priority": 1 } }),
        json!({ "filter": { "colour": "red" }, "action": { "do": "set_enabled", "enabled": true } }),
    ] {
        assert_eq!(bulk(&app, body).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(app.get("/v1/brands/acme").await.1["draft"]["version"], 2);
}
