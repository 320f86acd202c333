//! Trying rules out: one visitor with the trace, a file of them, and saved test cases.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{create, import_csv, live, post_any, publish_draft};

const RULES: &str = "kind,rule,priority,product,media,state,zip,from,split,variant,weight,url,vars\r
route,1,,,,,,,,,,https://quotes.acme.example/any?zip={zip},\r
route,2,,auto,,NY,,,,,,https://quotes.acme.example/ny,\r
route,3,,auto,google,,,,sticky,a,3,https://quotes.acme.example/a,\r
route,3,,auto,google,,,,sticky,b,1,https://quotes.acme.example/b,\r
route,4,5,home,,,,2030-01-01T00:00:00Z,,,,https://quotes.acme.example/later,\r
attribute,5,,,,NY,,,,,,,phone=%2B1555\r
";

async fn brand(app: &TestApp) {
    create(app, "acme").await;
    let imported = import_csv(app, "acme", RULES).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
}

async fn simulate(app: &TestApp, body: Value) -> (StatusCode, Value) {
    app.post("/v1/brands/acme/simulate", body).await
}

async fn save(app: &TestApp, name: &str, test: &Value) -> Answer {
    let request = app
        .request(Method::PUT, &format!("/v1/brands/acme/draft/tests/{name}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, "*");
    app.send(request.body(Body::from(test.to_string())).unwrap())
        .await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_visitor_is_told_where_they_go_and_why_not_elsewhere(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;

    let visitor = json!({ "zip": "10001", "product": "auto", "media": "google", "device": "mobile" });
    let (status, simulated) =
        simulate(&app, json!({ "visitor": visitor, "at": "2026-07-01T12:00:00Z" })).await;

    assert_eq!(status, StatusCode::OK, "{simulated}");
    assert_eq!(
        simulated,
        json!({
            "of": "draft", "version": 2, "revision": null, "at": "2026-07-01T12:00:00Z",
            "visitor": {
                "zip": "10001", "zip_known": true, "state": "NY", "alternatives": [],
                "product": "auto", "language": "en", "device": "mobile", "media": "google",
            },
            "answer": {
                "outcome": "redirect", "lost": null,
                "location": "https://quotes.acme.example/ny", "url": "https://quotes.acme.example/ny",
                "system": null, "rule": 2, "variant": "a",
                "split": [{ "variant": "a", "percent": 100.0, "sticky": true, "url": "https://quotes.acme.example/ny" }],
                "city": null, "attributes": [{ "name": "phone", "value": "+1555" }],
            },
            "trace": {
                "matching": [
                    { "rule": 2, "priority": 0, "place": "state", "fixed": ["product"], "windowed": false, "loses_by": null },
                    { "rule": 3, "priority": 0, "place": "any", "fixed": ["product", "media"], "windowed": false, "loses_by": "place" },
                    { "rule": 1, "priority": 0, "place": "any", "fixed": [], "windowed": false, "loses_by": "place" },
                ],
                "matching_rules": 3,
                "failing": { "product": 1, "not_yet": 1 },
                "near_misses": [{ "rule": 4, "fails": ["product", "not_yet"] }],
            },
        })
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn another_day_another_answer(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;

    let visitor = json!({ "zip": "90210", "product": "home" });
    let (_, today) = simulate(&app, json!({ "visitor": visitor })).await;
    let (_, later) = simulate(&app, json!({ "visitor": visitor, "at": "2030-01-01T00:00:00Z" })).await;

    assert_eq!(
        (&today["answer"]["rule"], &later["answer"]["rule"]),
        (&json!(1), &json!(4))
    );
    assert_eq!(
        today["answer"]["location"],
        "https://quotes.acme.example/any?zip=90210"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_variable_can_be_traced_and_a_rule_asked_for(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;

    let visitor = json!({ "zip": "90210", "product": "auto" });
    let body = json!({ "visitor": visitor, "trace_variable": "phone", "about": [1, 5, 77] });
    let (_, simulated) = simulate(&app, body).await;

    assert_eq!(
        simulated["trace"]["near_misses"],
        json!([
            { "rule": 1, "fails": ["other_kind"] },
            { "rule": 5, "fails": ["place"] },
            { "rule": 77, "fails": ["no_such_rule"] },
        ])
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_live_answers_beside_the_draft(db: PgPool) {
    let app = TestApp::new(db).await;
    let revision = live(&app, "acme", "live").await;
    let imported = import_csv(&app, "acme", RULES).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");

    let visitor = json!({ "zip": "10001", "product": "auto" });
    for of in ["live".to_owned(), revision.to_string()] {
        let (status, simulated) = simulate(&app, json!({ "visitor": visitor, "of": of })).await;
        assert_eq!(status, StatusCode::OK, "{simulated}");
        assert_eq!(
            simulated["answer"]["location"],
            "https://quotes.acme.example/live?zip=10001"
        );
        assert_eq!(simulated["revision"], revision);
    }
    for (of, status, code) in [
        ("canary", 409, "no_canary"),
        ("99", 404, "revision_unknown"),
        ("yesterday", 400, "rule_set_unknown"),
    ] {
        let (answered, problem) = simulate(&app, json!({ "visitor": visitor, "of": of })).await;
        assert_eq!(
            (answered.as_u16(), &problem["code"]),
            (status, &json!(code)),
            "{of}: {problem}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_kill_switch_is_seen_in_what_is_live(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "live").await;
    let (status, _) = app
        .put("/v1/brands/acme/mode", json!({ "mode": "fallback" }))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    app.run_jobs().await;

    let visitor = json!({ "zip": "10001", "product": "auto" });
    let (_, simulated) = simulate(&app, json!({ "visitor": visitor, "of": "live" })).await;

    assert_eq!(simulated["answer"]["outcome"], "killed");
    assert_eq!(simulated["answer"]["location"], "https://quotes.acme.example/");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_visitor_that_makes_no_sense_is_refused_with_what_would(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;

    let visitor =
        json!({ "zip": "123", "product": "boat", "language": "fr", "device": "tv", "media": "No!" });
    let (status, problem) = simulate(&app, json!({ "visitor": visitor })).await;

    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (422, &json!("visitor_invalid")),
        "{problem}"
    );
    let errors = problem["errors"].as_array().unwrap().iter();
    let pointers: Vec<_> = errors.map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(
        pointers,
        [
            "/visitor/zip",
            "/visitor/product",
            "/visitor/language",
            "/visitor/device",
            "/visitor/media"
        ]
    );
    assert!(
        problem["errors"][1]["detail"]
            .as_str()
            .unwrap()
            .ends_with("known: auto, home"),
        "{problem}"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_file_of_visitors_comes_back_with_answers_and_reasons(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;

    let file = "\u{feff}product,zip,device\r\nauto,10001,\r\nhome,90210,tablet\r\nboat,1,\r\n";
    let request = app
        .request(Method::POST, "/v1/brands/acme/simulate/file")
        .header(header::CONTENT_TYPE, "text/csv");
    let answer = app.send(request.body(Body::from(file)).unwrap()).await;

    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    insta::assert_snapshot!(answer.text, @r#"
    product,zip,device,outcome,rule,variant,location,state,zip_known,error
    auto,10001,,redirect,2,a,https://quotes.acme.example/ny,NY,true,
    home,90210,tablet,redirect,1,a,https://quotes.acme.example/any?zip=90210,CA,true,
    boat,1,,,,,,,,"a ZIP has five digits, or nine as in 12345-6789; there is no product `boat` here; known: auto, home"
    "#);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_file_that_cannot_be_understood_is_refused_whole(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;

    for (file, code) in [
        ("", "column_missing"),
        ("zip\r\n10001\r\n", "column_missing"),
        ("zip,product,colour\r\n10001,auto,red\r\n", "column_unknown"),
        ("zip,product\r\n10001\r\n", "csv"),
    ] {
        let request = app.request(Method::POST, "/v1/brands/acme/simulate/file");
        let answer = app.send(request.body(Body::from(file)).unwrap()).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{file}: {answer:?}"
        );
        assert_eq!(answer.body["errors"][0]["code"], code, "{file}: {answer:?}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_failing_test_blocks_publishing_until_it_passes(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;
    let visitor = json!({ "zip": "10001", "product": "auto" });
    let wrong = json!({ "visitor": visitor, "expect": { "rule": 1, "location": "https://quotes.acme.example/any*" } });
    assert_eq!(save(&app, "new-york", &wrong).await.status, StatusCode::OK);

    let refused = publish_draft(&app, "acme").await;
    let (_, validated) = app.get("/v1/brands/acme/validate").await;
    let (_, run) = app.get("/v1/brands/acme/test-run").await;

    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert_eq!(refused.body["errors"][0]["code"], "test_failed");
    let found = &validated["findings"][0];
    assert_eq!(
        (&found["code"], &found["severity"]),
        (&json!("test_failed"), &json!("error")),
        "{validated}"
    );
    assert_eq!(
        found["detail"],
        "the test `new-york` fails: rule is 2, expected 1; location is https://quotes.acme.example/ny, expected \
         https://quotes.acme.example/any*"
    );
    assert_eq!((&run["passed"], &run["failed"]), (&json!(0), &json!(1)));

    let right = json!({ "visitor": visitor, "expect": { "outcome": "redirect", "rule": 2 } });
    assert_eq!(save(&app, "new-york", &right).await.status, StatusCode::OK);
    let published = publish_draft(&app, "acme").await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn tests_are_saved_listed_and_removed_under_the_drafts_etag(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;
    let test =
        json!({ "visitor": { "zip": "10001", "product": "auto" }, "expect": { "outcome": "redirect" } });

    let saved = save(&app, "any", &test).await;
    assert_eq!(saved.headers[header::ETAG], "\"3\"", "{saved:?}");
    let (_, list) = app.get("/v1/brands/acme/draft/tests").await;
    assert_eq!(list["items"][0]["name"], "any", "{list}");

    let remove = |etag: &str| {
        let request = app
            .request(Method::DELETE, "/v1/brands/acme/draft/tests/any")
            .header(header::IF_MATCH, etag.to_owned());
        app.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(remove("\"2\"").await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(remove("\"3\"").await.status, StatusCode::NO_CONTENT);
    assert_eq!(remove("\"4\"").await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_test_that_can_never_be_run_says_so(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;
    let test = json!({ "visitor": { "zip": "10001", "product": "boat" }, "expect": {} });
    assert_eq!(save(&app, "boat", &test).await.status, StatusCode::OK);

    let (_, run) = app.get("/v1/brands/acme/test-run").await;

    assert_eq!(
        run["tests"][0]["failures"],
        json!(["there is no product `boat` here; known: auto, home"]),
        "{run}"
    );
    let refused = post_any(&app, "/v1/brands/acme/revisions", json!({})).await;
    assert_eq!(refused.body["errors"][0]["code"], "test_failed", "{refused:?}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_revision_whose_tests_fail_by_now_is_not_published(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;
    let test = json!({ "visitor": { "zip": "90210", "product": "home" }, "expect": { "rule": 1 } });
    assert_eq!(save(&app, "home", &test).await.status, StatusCode::OK);
    let revision = super::freeze(&app, "acme").await;

    // Until rule 4 begins.
    app.advance(time::Duration::days(4 * 365));
    let publish = json!({ "revision": revision });
    let (status, problem) = app.post("/v1/brands/acme/publish", publish).await;

    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert_eq!(problem["errors"][0]["code"], "test_failed", "{problem}");
    let (_, shown) = app.get("/v1/brands/acme").await;
    assert_eq!(shown["live"], json!(null));
}
