use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::access::Principal;
use marquee_core::platform::audit;
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::{Executor, PgPool};
use time::Duration;

/// Ten entries, a minute apart, for two brands.
async fn log(app: &TestApp) {
    let mut conn = app.app.db.acquire().await.unwrap();
    for n in 0..10 {
        let (subject, before) = (format!("brand/{}", n % 2), json!({ "n": n }));
        let now = app.app.now();
        let by = Principal::system();
        audit::record(&mut conn, now, &by, "test.change", &subject, Some(before), None)
            .await
            .unwrap();
        app.advance(Duration::MINUTE);
    }
}

fn numbers(list: &Value) -> Vec<i64> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["before"]["n"].as_i64().unwrap())
        .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_audit_log_is_read_newest_first_page_by_page(db: PgPool) {
    let app = TestApp::new(db).await;
    log(&app).await;

    let (_, first) = app.get("/v1/audit?action=test.change&limit=6").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = app
        .get(&format!("/v1/audit?action=test.change&limit=6&cursor={cursor}"))
        .await;

    assert_eq!(numbers(&first), [9, 8, 7, 6, 5, 4]);
    assert_eq!(numbers(&second), [3, 2, 1, 0]);
    assert_eq!(second["next_cursor"], Value::Null);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_audit_log_is_filtered_by_subject_principal_and_time(db: PgPool) {
    let app = TestApp::new(db).await;
    log(&app).await;

    assert_eq!(
        numbers(&app.get("/v1/audit?subject=brand/1&principal=system").await.1),
        [9, 7, 5, 3, 1]
    );
    let (_, hour) = app
        .get("/v1/audit?from=2026-07-01T12:02:00Z&to=2026-07-01T12:05:00Z")
        .await;
    assert_eq!(numbers(&hour), [4, 3, 2]);
    assert_eq!(
        numbers(&app.get("/v1/audit?principal=key:nobody").await.1),
        [0_i64; 0]
    );
}

/// One of each: who, what, about what, and what was before and after.
async fn varied(app: &TestApp) {
    let mut conn = app.app.db.acquire().await.unwrap();
    let (operator, system) = (Principal::operator(), Principal::system());
    for (by, action, subject, before, after) in [
        (
            &operator,
            "redirects.publish",
            "brand/acme",
            json!({ "n": 1, "url": "https://Quotes.example" }),
            None,
        ),
        (
            &system,
            "redirects.abort",
            "brand/acme/canary",
            json!({ "n": 2 }),
            Some(json!({ "note": "50 % \"off\"" })),
        ),
        (
            &operator,
            "redirects.publish",
            "brand/acme-2",
            json!({ "n": 3 }),
            None,
        ),
        (
            &operator,
            "redirectsx.publish",
            "staff/1",
            json!({ "n": 4 }),
            Some(json!({ "name": "Ána" })),
        ),
    ] {
        audit::record(&mut conn, app.app.now(), by, action, subject, Some(before), after)
            .await
            .unwrap();
        app.advance(Duration::MINUTE);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_audit_log_is_searched_by_brand_kind_of_action_and_text(db: PgPool) {
    let app = TestApp::new(db).await;
    varied(&app).await;
    let found = async |query: &str| {
        let (status, list) = app
            .get(&format!("/v1/audit?from=2026-07-01T12:00:00Z&{query}"))
            .await;
        assert_eq!(status, StatusCode::OK, "{query}: {list}");
        let made = |entry: &&Value| entry["action"] != "accounts.create_key";
        let items = list["items"].as_array().unwrap().iter().filter(made);
        items
            .map(|entry| entry["before"]["n"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };

    assert_eq!(found("").await, [4, 3, 2, 1]);
    assert_eq!(found("action=redirects.").await, [3, 2, 1]);
    assert_eq!(found("action=redirects").await, [0; 0]);
    assert_eq!(found("brand=acme").await, [2, 1]);
    assert_eq!(found("q=quotes.EXAMPLE").await, [1]);
    assert_eq!(found("q=%C3%A1na").await, [4]);
    assert_eq!(
        found("q=50%20%25").await,
        [2],
        "nothing of the text is a wildcard"
    );
    assert_eq!(found("q=_").await, [0; 0]);
    assert_eq!(
        found("brand=acme&principal=operator&action=redirects.publish").await,
        [1]
    );
}

async fn file(app: &TestApp, query: &str, accept: &str) -> Answer {
    let request = app
        .request(Method::GET, &format!("/v1/audit?{query}"))
        .header(header::ACCEPT, accept);
    app.send(request.body(Body::empty()).unwrap()).await
}

/// Ids are as random as they are ordered.
fn without_ids(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(',') {
        Some((id, rest)) if id.len() == 36 => format!("<id>,{rest}"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_audit_log_is_exported_as_csv(db: PgPool) {
    let app = TestApp::new(db).await;
    varied(&app).await;
    let body = json!({ "name": "=HYPERLINK(\"evil\")", "permissions": ["keys.manage"] });
    let token = app.post("/v1/keys", body).await.1["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({ "name": "x", "permissions": [], "brands": ["acme"] });
    assert_eq!(
        app.call_as(&token, Method::POST, "/v1/keys", Some(body)).await.0,
        StatusCode::CREATED
    );

    let csv = file(&app, "from=2026-07-01T12:00:30Z&format=csv", "application/json").await;

    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert!(!csv.headers.contains_key("x-next-cursor"));
    let mut told = without_ids(&csv.text);
    for id in told
        .clone()
        .split(['/', ':', ','])
        .filter(|part| part.len() == 36 && part.contains('-'))
    {
        told = told.replace(id, "<id>");
    }
    insta::assert_snapshot!(told, @r#"
    id,at,principal_id,principal_name,action,subject,before,after
    <id>,2026-07-01T12:04:00Z,key:<id>,"'=HYPERLINK(""evil"")",accounts.create_key,key/<id>,,"{""brands"":[""acme""],""name"":""x"",""permissions"":[],""staff_id"":null}"
    <id>,2026-07-01T12:04:00Z,key:<id>,test,accounts.create_key,key/<id>,,"{""brands"":null,""name"":""=HYPERLINK(\""evil\"")"",""permissions"":[""keys.manage""],""staff_id"":null}"
    <id>,2026-07-01T12:03:00Z,operator,operator,redirectsx.publish,staff/1,"{""n"":4}","{""name"":""Ána""}"
    <id>,2026-07-01T12:02:00Z,operator,operator,redirects.publish,brand/acme-2,"{""n"":3}",
    <id>,2026-07-01T12:01:00Z,system,system,redirects.abort,brand/acme/canary,"{""n"":2}","{""note"":""50 % \""off\""""}"
    "#);
    let accepted = file(&app, "from=2026-07-01T12:00:30Z", "text/html, text/csv;q=0.9").await;
    assert_eq!(accepted.text, csv.text);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_audit_log_is_exported_as_json_lines_part_by_part(db: PgPool) {
    let app = TestApp::new(db).await;
    log(&app).await;
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let query = format!("action=test.&limit=4{cursor}");
        let part = file(&app, &query, "application/x-ndjson").await;
        assert_eq!(part.headers["content-type"], "application/x-ndjson");
        let entries = part
            .text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        seen.extend(entries.map(|entry| entry["before"]["n"].as_i64().unwrap()));
        match part.headers.get("x-next-cursor") {
            Some(next) => cursor = format!("&cursor={}", next.to_str().unwrap()),
            None => break,
        }
    }
    assert_eq!(seen, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);

    let odd = file(&app, "format=xlsx", "*/*").await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    let (_, list) = app.get("/v1/audit?limit=2&format=json").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_export_that_is_longer_than_a_page_is_one_file(db: PgPool) {
    let app = TestApp::new(db).await;
    let many = "insert into platform.audit (id, at, principal_id, principal_name, action, subject)
        select gen_random_uuid(), now(), 'system', 'system', 'test.many', 'x' from generate_series(1, 10001)";
    app.app.db.execute(many).await.unwrap();

    let first = file(&app, "action=test.many&format=csv", "*/*").await;
    assert_eq!(first.text.lines().count(), 10_001, "10,000 and the heading");
    let cursor = first.headers["x-next-cursor"].to_str().unwrap();
    let rest = file(
        &app,
        &format!("action=test.many&format=csv&cursor={cursor}"),
        "*/*",
    )
    .await;
    assert_eq!(rest.text.lines().count(), 2);
    assert!(!rest.headers.contains_key("x-next-cursor"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a03_tampered_cursors_and_odd_limits_do_no_harm(db: PgPool) {
    let app = TestApp::new(db).await;
    log(&app).await;

    let (status, problem) = app.get("/v1/audit?cursor=1%27%20or%201=1").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("cursor_invalid"))
    );
    let (status, list) = app.get("/v1/audit?limit=1000000000").await;
    assert_eq!(
        (status, list["items"].as_array().unwrap().len()),
        (StatusCode::OK, 11)
    );
    assert_eq!(
        app.get("/v1/audit?limit=0").await.1["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(app.get("/v1/audit?limit=-1").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(app.get("/v1/audit?colour=red").await.0, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_changes_what_the_audit_log_says(db: PgPool) {
    let app = TestApp::new(db).await;
    log(&app).await;

    for change in [
        "update platform.audit set subject = 'x'",
        "delete from platform.audit",
        "truncate platform.audit",
    ] {
        let error = app.app.db.execute(change).await.unwrap_err();
        assert!(error.to_string().contains("append only"), "{change}: {error}");
    }
}
