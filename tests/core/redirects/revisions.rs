//! Finding an old revision again.

use axum::http::{Method, StatusCode};
use marquee_core::access::{Permission, Principal};
use marquee_core::accounts::{NewKey, create_key};
use marquee_tests::{Answer, TestApp};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{create, import_csv, one_rule, post_as};

/// Three revisions, an hour apart: two of Ana's, one of Bia's.
async fn three(app: &TestApp) {
    create(app, "acme").await;
    for (name, note) in [
        ("Ana Lima", "New York goes to the new form"),
        ("Bia Costa", "Texas, too"),
        ("Ana Lima", "back to the old 100 % form"),
    ] {
        let key = key(app, name).await;
        let imported = import_csv(app, "acme", &one_rule("acme", &note.len().to_string())).await;
        assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
        let frozen = post_as(app, &key, "/v1/brands/acme/revisions", json!({ "note": note })).await;
        assert_eq!(frozen.status, StatusCode::CREATED, "{frozen:?}");
        app.advance(Duration::HOUR);
    }
}

async fn key(app: &TestApp, name: &str) -> String {
    let key = NewKey {
        name: name.to_owned(),
        permissions: vec![Permission::RulesRead, Permission::RulesEdit],
        brands: None,
        staff_id: None,
        expires_at: None,
    };
    create_key(&app.app, &Principal::operator(), key)
        .await
        .unwrap()
        .reveal()
}

async fn list(app: &TestApp, query: &str) -> Answer {
    let path = format!("/v1/brands/acme/revisions?{query}");
    let request = app.request(Method::GET, &path).body(axum::body::Body::empty());
    app.send(request.unwrap()).await
}

async fn found(app: &TestApp, query: &str) -> Vec<i64> {
    let answer = list(app, query).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {answer:?}");
    let items = answer.body["items"].as_array().unwrap().iter();
    items
        .map(|revision| revision["number"].as_i64().unwrap())
        .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn revisions_are_found_by_note_author_and_time(db: PgPool) {
    let app = TestApp::new(db).await;
    three(&app).await;

    for (query, expected) in [
        ("", &[3, 2, 1][..]),
        ("q=FORM", &[3, 1]),
        ("q=100+%25", &[3]),
        ("q=%25", &[3]),
        ("q=california", &[]),
        ("from=2026-07-01T13:00:00Z", &[3, 2]),
        ("to=2026-07-01T13:00:00Z", &[1]),
        ("from=2026-07-01T13:00:00Z&to=2026-07-01T14:00:00Z&q=texas", &[2]),
    ] {
        assert_eq!(found(&app, query).await, expected, "{query}");
    }
    let first = list(&app, "q=new+form").await;
    let ana = first.body["items"][0]["author"].as_str().unwrap();
    assert!(ana.starts_with("key:"), "{first:?}");
    assert_eq!(found(&app, &format!("author={ana}")).await, [1]);
    // All of the rules in them were imported by one.
    let editor = first.body["items"][0]["edited_by"].as_str().unwrap();
    assert_eq!(found(&app, &format!("author={editor}&q=form")).await, [3, 1]);
    assert_eq!(found(&app, "author=operator").await, [0; 0]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_found_comes_in_pages_and_what_makes_no_sense_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    three(&app).await;

    let first = list(&app, "q=form&limit=1").await;
    assert_eq!(first.body["items"][0]["number"], 3, "{first:?}");
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let second = list(&app, &format!("q=form&limit=1&cursor={cursor}")).await;
    assert_eq!(
        (&second.body["items"][0]["number"], &second.body["next_cursor"]),
        (&json!(1), &json!(null))
    );

    for odd in ["from=yesterday", "autor=ana", "cursor=x"] {
        let refused = list(&app, odd).await;
        assert!(refused.status.is_client_error(), "{odd}: {refused:?}");
    }
}
