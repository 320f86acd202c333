//! What one person asks for and another approves.

use axum::http::StatusCode;
use marquee_core::access::Permission;
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::accounts::{grants, staff_key, staff_member};

use super::{at_the_edge, create, freeze, import_csv, live, one_rule, post_any, post_as, set_policy};

const PERSON: [Permission; 4] = [
    Permission::RulesRead,
    Permission::RulesEdit,
    Permission::RulesPublish,
    Permission::RulesApprove,
];

/// Live with `a`, and a draft that sends everybody to `b`, under a policy by which that takes two.
async fn much_changes(app: &TestApp) {
    live(app, "acme", "a").await;
    set_policy(app, "acme", json!({})).await;
    let imported = import_csv(app, "acme", &one_rule("acme", "b")).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
}

/// Asks with the full key, and returns the request.
async fn ask(app: &TestApp, body: Value) -> Value {
    let asked = post_any(app, "/v1/brands/acme/requests", body).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{asked:?}");
    let location = asked.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(app.get(&location).await.1, asked.body);
    asked.body
}

async fn decide(app: &TestApp, key: &str, request: &Value, decision: &str) -> Answer {
    let id = request["id"].as_str().unwrap();
    let body = if decision == "reject" {
        json!({ "reason": "not today" })
    } else {
        json!({})
    };
    let path = format!("/v1/brands/acme/requests/{id}/{decision}");
    post_as(app, key, &path, body).await
}

async fn now(app: &TestApp, request: &Value) -> Value {
    let id = request["id"].as_str().unwrap();
    app.get(&format!("/v1/brands/acme/requests/{id}")).await.1
}

fn refused(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!(
        (answer.status, answer.body["code"].as_str()),
        (status, Some(code)),
        "{answer:?}"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_takes_two_is_live_once_another_person_approves(db: PgPool) {
    let app = TestApp::new(db).await;
    much_changes(&app).await;
    let alone = post_any(&app, "/v1/brands/acme/publish", json!({})).await;
    refused(&alone, StatusCode::UNPROCESSABLE_ENTITY, "approval_required");

    let request = ask(&app, json!({ "action": "publish", "note": "to b" })).await;
    assert_eq!(
        (&request["status"], &request["revision"], &request["note"]),
        (&json!("pending"), &json!(2), &json!("to b"))
    );
    assert_eq!(request["reasons"][0]["code"], "changes_too_much");
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));

    let another = app.api_key(&PERSON).await;
    let approved = decide(&app, &another, &request, "approve").await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    assert_eq!(
        (&approved.body["status"], &approved.body["sequence"]),
        (&json!("done"), &json!(2))
    );
    assert_ne!(approved.body["decided_by"], approved.body["requested_by"]);
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));

    let (_, log) = app.get("/v1/audit?action=redirects.publish").await;
    let entry = &log["items"][0];
    assert_eq!(entry["after"]["request"], request["id"]);
    assert_eq!(entry["principal_id"], approved.body["decided_by"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn neither_who_asked_nor_who_edited_last_approves(db: PgPool) {
    let app = TestApp::new(db).await;
    let (editor, asker, third) = (
        app.api_key(&PERSON).await,
        app.api_key(&PERSON).await,
        app.api_key(&PERSON).await,
    );
    live(&app, "acme", "a").await;
    set_policy(&app, "acme", json!({})).await;
    let request = app
        .anonymous(axum::http::Method::PUT, "/v1/brands/acme/draft/rules")
        .header("authorization", format!("Bearer {editor}"))
        .header("content-type", "text/csv")
        .header("if-match", "*");
    let edited = app
        .send(request.body(one_rule("acme", "b").into()).unwrap())
        .await;
    assert_eq!(edited.status, StatusCode::OK);
    let path = "/v1/brands/acme/requests";
    let request = post_as(&app, &asker, path, json!({ "action": "publish" }))
        .await
        .body;

    for one in [&editor, &asker] {
        let answer = decide(&app, one, &request, "approve").await;
        refused(
            &answer,
            StatusCode::UNPROCESSABLE_ENTITY,
            "second_person_required",
        );
    }
    assert_eq!(now(&app, &request).await["status"], "pending");
    // An edit of the draft as it is now is of no account: what was asked for is frozen.
    import_csv(&app, "acme", &one_rule("acme", "c")).await;
    let answer = decide(&app, &editor, &request, "approve").await;
    refused(
        &answer,
        StatusCode::UNPROCESSABLE_ENTITY,
        "second_person_required",
    );

    assert_eq!(
        decide(&app, &third, &request, "approve").await.status,
        StatusCode::OK
    );
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));
    let (_, rules) = app.get("/v1/brands/acme/revisions/2/rules").await;
    assert!(rules.to_string().contains("/b?"), "{rules}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn two_keys_of_one_person_are_one_person(db: PgPool) {
    let app = TestApp::new(db).await;
    app.leave_jobs();
    much_changes(&app).await;
    let ana = staff_member(&app, "ana@acme.example", grants(&PERSON, Some(&["acme"]))).await;
    let bob = staff_member(&app, "bob@acme.example", grants(&PERSON, Some(&["acme"]))).await;
    let laptop = staff_key(&app, &ana, &PERSON).await;
    let phone = staff_key(&app, &ana, &PERSON).await;
    let bobs = staff_key(&app, &bob, &PERSON).await;

    let body = json!({ "action": "publish" });
    let asked = post_as(&app, &laptop, "/v1/brands/acme/requests", body).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{asked:?}");
    assert_eq!(asked.body["requested_by"], format!("staff:{ana}"));

    let approved = decide(&app, &phone, &asked.body, "approve").await;
    refused(
        &approved,
        StatusCode::UNPROCESSABLE_ENTITY,
        "second_person_required",
    );
    let approved = decide(&app, &bobs, &asked.body, "approve").await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    let (_, log) = app.get("/v1/audit?action=redirects.approve&limit=1").await;
    assert_eq!(log["items"][0]["principal_id"], format!("staff:{bob}"));
    assert_eq!(log["items"][0]["principal_name"], "bob (laptop)");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_who_approve_at_once_one_does(db: PgPool) {
    let app = TestApp::new(db).await;
    much_changes(&app).await;
    let request = ask(&app, json!({ "action": "publish" })).await;
    let (one, two) = (app.api_key(&PERSON).await, app.api_key(&PERSON).await);

    let (one, two) = tokio::join!(
        decide(&app, &one, &request, "approve"),
        decide(&app, &two, &request, "approve")
    );

    let mut answers = [one, two];
    answers.sort_by_key(|answer| answer.status);
    assert_eq!(answers[0].status, StatusCode::OK, "{answers:?}");
    assert_eq!(answers[1].status, StatusCode::CONFLICT, "{answers:?}");
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn four_eyes_are_for_whatever_goes_live_and_never_for_emergencies(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    set_policy(
        &app,
        "acme",
        json!({ "four_eyes": true, "max_changed_percent": 100 }),
    )
    .await;
    import_csv(&app, "acme", &one_rule("acme", "a")).await;
    let another = app.api_key(&PERSON).await;

    let first = post_any(&app, "/v1/brands/acme/publish", json!({})).await;
    refused(&first, StatusCode::UNPROCESSABLE_ENTITY, "approval_required");
    assert_eq!(first.body["errors"][0]["code"], "four_eyes");
    let request = ask(&app, json!({ "action": "publish" })).await;
    decide(&app, &another, &request, "approve").await;

    import_csv(&app, "acme", &one_rule("acme", "b")).await;
    let revision = freeze(&app, "acme").await;
    let body = json!({ "revision": revision, "percent": 5 });
    let canary = post_any(&app, "/v1/brands/acme/canary", body).await;
    refused(&canary, StatusCode::UNPROCESSABLE_ENTITY, "approval_required");
    let body = json!({ "action": "canary", "revision": revision, "percent": 5 });
    let request = ask(&app, body).await;
    assert_eq!(
        decide(&app, &another, &request, "approve").await.status,
        StatusCode::OK
    );
    app.run_jobs().await;
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(
        brand["live"]["canary"],
        json!({ "revision": revision, "percent": 5 })
    );

    // More visitors take two again, fewer do not.
    let path = "/v1/brands/acme/canary";
    let more = post_any(&app, path, json!({ "revision": revision, "percent": 6 })).await;
    refused(&more, StatusCode::UNPROCESSABLE_ENTITY, "approval_required");
    let fewer = post_any(&app, path, json!({ "revision": revision, "percent": 1 })).await;
    assert_eq!(fewer.status, StatusCode::CREATED, "{fewer:?}");
    let promoted = post_any(&app, "/v1/brands/acme/promote", json!({})).await;
    assert_eq!(
        promoted.status,
        StatusCode::CREATED,
        "it was approved: {promoted:?}"
    );
    let back = post_any(&app, "/v1/brands/acme/rollback", json!({ "revision": 1 })).await;
    assert_eq!(back.status, StatusCode::CREATED, "{back:?}");
    let (status, _) = app
        .put("/v1/brands/acme/mode", json!({ "mode": "fallback" }))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn rejected_and_cancelled_are_final(db: PgPool) {
    let app = TestApp::new(db).await;
    much_changes(&app).await;
    let another = app.api_key(&PERSON).await;
    let rejected = ask(&app, json!({ "action": "publish" })).await;
    let cancelled = ask(&app, json!({ "action": "publish" })).await;

    let answer = decide(&app, &another, &rejected, "reject").await;
    assert_eq!(
        (&answer.body["status"], &answer.body["decision"]),
        (&json!("rejected"), &json!("not today"))
    );
    let answer = decide(&app, &another, &cancelled, "cancel").await;
    assert_eq!(answer.body["status"], "cancelled");

    for request in [&rejected, &cancelled] {
        for decision in ["approve", "reject", "cancel"] {
            let answer = decide(&app, &another, request, decision).await;
            refused(&answer, StatusCode::CONFLICT, "request_decided");
        }
    }
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_approval_is_of_the_way_from_what_was_live(db: PgPool) {
    let app = TestApp::new(db).await;
    much_changes(&app).await;
    let request = ask(&app, json!({ "action": "publish" })).await;
    // Something else goes live meanwhile, from which this is another change.
    set_policy(&app, "acme", json!({ "max_changed_percent": 100 })).await;
    super::next(&app, "acme", "c").await;
    set_policy(&app, "acme", json!({})).await;
    let another = app.api_key(&PERSON).await;

    let answer = decide(&app, &another, &request, "approve").await;

    refused(&answer, StatusCode::CONFLICT, "request_outdated");
    assert_eq!(
        now(&app, &request).await["status"],
        "pending",
        "nothing was changed"
    );
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((3, 2)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn requests_are_listed_newest_first_page_by_page_and_by_status(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let (_, none) = app.get("/v1/brands/acme/requests").await;
    assert_eq!(none, json!({ "items": [], "next_cursor": null }));
    import_csv(&app, "acme", &one_rule("acme", "a")).await;
    let mut ids = vec![];
    for note in ["one", "two", "three"] {
        let request = ask(&app, json!({ "action": "publish", "note": note })).await;
        ids.push(request["id"].clone());
    }

    let (_, first) = app.get("/v1/brands/acme/requests?limit=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = app
        .get(&format!("/v1/brands/acme/requests?limit=2&cursor={cursor}"))
        .await;
    let listed = [&first["items"][0], &first["items"][1], &second["items"][0]];
    assert_eq!(
        listed.map(|item| item["note"].as_str().unwrap()),
        ["three", "two", "one"]
    );
    assert_eq!(second["next_cursor"], Value::Null);

    let another = app.api_key(&PERSON).await;
    decide(&app, &another, &json!({ "id": ids[1] }), "reject").await;
    let (_, rejected) = app.get("/v1/brands/acme/requests?status=rejected").await;
    assert_eq!(rejected["items"].as_array().unwrap().len(), 1);
    assert_eq!(rejected["items"][0]["id"], ids[1]);
    let (status, _) = app.get("/v1/brands/nobody/requests").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_cannot_be_published_cannot_be_asked_for(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let path = "/v1/brands/acme/requests";

    let empty = post_any(&app, path, json!({ "action": "publish" })).await;
    refused(&empty, StatusCode::UNPROCESSABLE_ENTITY, "rules_refused");
    import_csv(&app, "acme", &one_rule("acme", "a")).await;
    let unknown = post_any(&app, path, json!({ "action": "publish", "revision": 9 })).await;
    refused(&unknown, StatusCode::NOT_FOUND, "revision_unknown");
    let canary = post_any(&app, path, json!({ "action": "canary", "percent": 5 })).await;
    refused(&canary, StatusCode::CONFLICT, "not_live");
    for body in [
        json!({ "action": "publish", "percent": 5 }),
        json!({ "action": "canary" }),
        json!({ "action": "publish", "run_at": "2026-07-01T12:00:00Z" }),
    ] {
        let answer = post_any(&app, path, body).await;
        refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "body_invalid");
    }
    let blind = app.post(path, json!({ "action": "publish" })).await;
    assert_eq!(blind.0, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(app.get(path).await.1["items"], json!([]));
}
