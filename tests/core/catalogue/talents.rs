//! What the public sees of talents, and how staff take them in.

use axum::http::{Method, StatusCode, header};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{found, names, new_talent, price, publicly, talent};
use crate::accounts::person;

/// Viggio's defects 9 and 20: nothing that only the talent and staff may know.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_public_sees_a_talent_without_what_is_private(db: PgPool) {
    let app = TestApp::new(db).await;
    let terms = json!({
        "price": price(15_000), "available": true, "description": "I sing.", "weekly_capacity": 20,
        "categories": ["musicians", "actors"],
    });
    let id = talent(&app, "ana@acme.example", "Ana Lima", terms).await;

    let answer = publicly(&app, &format!("/v1/talents/{id}")).await;

    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "public, max-age=30");
    let mut shown = answer.body.clone();
    shown["id"] = json!("[id]");
    insta::assert_json_snapshot!(shown);
    let list = publicly(&app, "/v1/talents").await;
    assert_eq!(list.body["items"], json!([answer.body]));
    for text in [&answer.text, &list.text] {
        for private in ["ana@acme", "99999", "analima", "120000", "person"] {
            assert!(!text.contains(private), "{private}: {text}");
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_has_no_price_or_is_suspended_is_not_there_for_the_public(db: PgPool) {
    let app = TestApp::new(db).await;
    let unpriced = talent(&app, "ana@acme.example", "Ana", json!({ "available": true })).await;
    let shown = talent(&app, "bia@acme.example", "Bia", json!({ "price": price(100) })).await;
    let status = async |id: &str| publicly(&app, &format!("/v1/talents/{id}")).await.status;
    assert_eq!(status(&unpriced).await, StatusCode::NOT_FOUND);
    assert_eq!(status(&shown).await, StatusCode::OK);

    let (_, profile) = app.get(&format!("/v1/catalogue/talents/{shown}")).await;
    let person = profile["person_id"].as_str().unwrap();
    app.post(&format!("/v1/people/{person}/suspend"), json!({})).await;

    let answer = publicly(&app, &format!("/v1/talents/{shown}")).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (404, &json!("talent_unknown"))
    );
    assert_eq!(
        publicly(&app, &format!("/v1/talents/{shown}/related"))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(found(&app, "").await, [""; 0]);
    assert_eq!(found(&app, "q=bia").await, [""; 0]);
    let (_, profile) = app.get(&format!("/v1/catalogue/talents/{shown}")).await;
    assert_eq!(profile["listed"], false);
    app.post(&format!("/v1/people/{person}/reactivate"), json!({}))
        .await;
    assert_eq!(found(&app, "").await, ["Bia"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn related_talents_share_most_and_cost_alike(db: PgPool) {
    let app = TestApp::new(db).await;
    let one = async |name: &str, minor: i64, categories: &[&str], available: bool| {
        let terms = json!({ "price": price(minor), "categories": categories, "available": available });
        talent(&app, &format!("{name}@acme.example"), name, terms).await
    };
    let ana = one("Ana", 100, &["actors", "musicians"], true).await;
    one("Far", 900, &["actors"], true).await;
    one("Near", 110, &["musicians"], true).await;
    one("Both", 500, &["actors", "musicians"], true).await;
    one("Busy", 100, &["actors", "musicians"], false).await;
    one("Other", 100, &["athletes"], true).await;

    let answer = publicly(&app, &format!("/v1/talents/{ana}/related")).await;

    assert_eq!(names(&answer.body), ["Both", "Near", "Far", "Busy"]);
    let two = publicly(&app, &format!("/v1/talents/{ana}/related?limit=2")).await;
    assert_eq!(names(&two.body), ["Both", "Near"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_is_taken_in_twice(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, token) = person(&app, "ana@acme.example").await;

    let (status, profile) = app
        .post(
            "/v1/catalogue/talents",
            new_talent("ANA@acme.example", "Ana Star"),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(
        profile["person_id"],
        json!(id),
        "a customer becomes a talent, too"
    );
    let (status, problem) = app
        .post("/v1/catalogue/talents", new_talent("ana@acme.example", "Ana"))
        .await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (409, &json!("talent_exists"))
    );

    let (_, own) = app.call_as(&token, Method::GET, "/v1/me/talent", None).await;
    assert_eq!(own, profile);
    app.run_jobs().await;
    let mails = app.mail_transport.given();
    let welcome: Vec<_> = mails
        .iter()
        .filter(|mail| mail.subject.contains("Ana Star"))
        .collect();
    assert_eq!(welcome.len(), 1);
    assert!(!welcome[0].text.contains("password"), "who has one chooses none");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_find_talents_whom_the_public_does_not_see(db: PgPool) {
    let app = TestApp::new(db).await;
    talent(&app, "ana@acme.example", "Ana Müller", json!({})).await;
    talent(
        &app,
        "bia@acme.example",
        "Bia_50%",
        json!({ "price": price(1), "categories": ["actors"] }),
    )
    .await;
    let seen = async |query: &str| {
        let (status, list) = app.get(&format!("/v1/catalogue/talents?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        names(&list)
    };

    assert_eq!(seen("").await, ["Bia_50%", "Ana Müller"]);
    assert_eq!(seen("listed=false").await, ["Ana Müller"]);
    assert_eq!(seen("category=actors").await, ["Bia_50%"]);
    assert_eq!(seen("text=MULL").await, ["Ana Müller"]);
    assert_eq!(seen("text=BIA@acme.example").await, ["Bia_50%"]);
    assert_eq!(seen("text=0%25").await, ["Bia_50%"]);
    assert_eq!(seen("text=_").await, ["Bia_50%"], "no sign stands for any");
    let (_, page) = app.get("/v1/catalogue/talents?limit=1").await;
    assert_eq!(names(&page), ["Bia_50%"]);
    assert_ne!(page["next_cursor"], Value::Null);
}
