//! What a talent sees and changes of themselves.

use axum::http::{Method, StatusCode};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{found, price, talent, talent_in};
use crate::accounts::person;

async fn change(app: &TestApp, token: &str, body: Value) -> (StatusCode, Value) {
    app.call_as(token, Method::PATCH, "/v1/me/talent", Some(body))
        .await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talent_sees_all_of_their_own_profile(db: PgPool) {
    let app = TestApp::new(db).await;
    let terms = json!({ "price": price(15_000), "available": true, "categories": ["musicians", "actors"] });
    let (id, token) = talent_in(&app, "ana@acme.example", terms).await;

    let (status, profile) = app.call_as(&token, Method::GET, "/v1/me/talent", None).await;

    assert_eq!(status, StatusCode::OK);
    assert_eq!(profile["id"], json!(id));
    let mut shown = profile.clone();
    for id in ["id", "person_id"] {
        shown[id] = json!("[id]");
    }
    insta::assert_json_snapshot!(shown);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_is_no_talent_is_told_so(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "bob@acme.example").await;

    for (method, body) in [
        (Method::GET, None),
        (Method::PATCH, Some(json!({ "available": true }))),
    ] {
        let (status, problem) = app.call_as(&token, method, "/v1/me/talent", body).await;
        assert_eq!(
            (status.as_u16(), &problem["code"]),
            (404, &json!("talent_unknown"))
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talent_changes_their_terms_and_nobody_elses(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = talent_in(&app, "ana@acme.example", json!({})).await;
    let other = talent(&app, "bia@acme.example", "Bia", json!({ "price": price(100) })).await;
    assert_eq!(found(&app, "").await, ["Bia"], "without a price nobody sees one");

    let body = json!({
        "name": "Ana L.", "description": "I sing.\r\nAnd dance.", "price": price(15_000), "available": true,
        "weekly_capacity": 20, "delivery_days": 3, "network": "tiktok", "handle": "@ana.lima",
        "followers": 7, "phone": "+1 (212) 555-0100",
    });
    let (status, profile) = change(&app, &token, body).await;

    assert_eq!(status, StatusCode::OK, "{profile}");
    let expected = json!({
        "name": "Ana L.", "description": "I sing.\nAnd dance.", "price": price(15_000), "available": true,
        "weekly_capacity": 20, "delivery_days": 3, "network": "tiktok", "handle": "ana.lima",
        "followers": 7, "phone": "+12125550100", "listed": true,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&profile[name], value, "{name}");
    }
    assert_eq!(found(&app, "").await, ["Bia", "Ana L."]);
    let (_, profile) = change(&app, &token, json!({ "weekly_capacity": null })).await;
    assert_eq!(profile["weekly_capacity"], Value::Null);
    let (_, bia) = app.get(&format!("/v1/catalogue/talents/{other}")).await;
    assert_eq!((&bia["name"], &bia["price"]), (&json!("Bia"), &price(100)));
}

/// Viggio's defect 34.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn categories_that_are_left_out_stay_and_an_empty_list_leaves_none(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = talent_in(&app, "ana@acme.example", json!({ "categories": ["actors"] })).await;
    let after = async |body: Value| change(&app, &token, body).await.1["categories"].clone();

    assert_eq!(after(json!({ "available": true })).await, json!(["actors"]));
    let more = json!({ "categories": ["musicians", "actors", "musicians"] });
    assert_eq!(after(more).await, json!(["actors", "musicians"]));
    assert_eq!(
        after(json!({ "categories": ["musicians"] })).await,
        json!(["musicians"])
    );
    assert_eq!(after(json!({ "categories": [] })).await, json!([]));
}

/// Viggio's defects 29 and 34: what is wrong is refused, field by field, and nothing changes.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_makes_no_sense_is_refused_and_changes_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = talent_in(&app, "ana@acme.example", json!({ "price": price(100) })).await;
    let before = app.call_as(&token, Method::GET, "/v1/me/talent", None).await.1;

    for (body, pointer) in [
        (json!({ "name": "" }), "/name"),
        (json!({ "name": "x".repeat(101) }), "/name"),
        (json!({ "description": "x".repeat(5001) }), "/description"),
        (
            json!({ "price": { "amount_minor": 1, "currency": "USD" } }),
            "/price/currency",
        ),
        (json!({ "weekly_capacity": 0 }), "/weekly_capacity"),
        (json!({ "delivery_days": 15 }), "/delivery_days"),
        (json!({ "handle": "ana lima" }), "/handle"),
        (json!({ "followers": -1 }), "/followers"),
        (json!({ "phone": "99999-0000" }), "/phone"),
        (json!({ "categories": ["actors", "chefs"] }), "/categories/1"),
    ] {
        let (status, problem) = change(&app, &token, body).await;
        let answered = (
            status.as_u16(),
            &problem["code"],
            &problem["errors"][0]["pointer"],
        );
        assert_eq!(
            answered,
            (422, &json!("body_invalid"), &json!(pointer)),
            "{problem}"
        );
    }
    for body in [
        json!({ "price": price(-100) }),
        json!({ "price": price(0) }),
        json!({ "price": { "amount_minor": 1.5, "currency": "BRL" } }),
        json!({ "price": 100 }),
        json!({ "email": "eve@evil.example" }),
        json!({ "share": 10_000 }),
        json!({ "network": "orkut" }),
    ] {
        let (status, problem) = change(&app, &token, body.clone()).await;
        assert_eq!(
            (status.as_u16(), &problem["code"]),
            (422, &json!("body_invalid")),
            "{body}"
        );
    }
    let after = app.call_as(&token, Method::GET, "/v1/me/talent", None).await.1;
    assert_eq!(after, before);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_price_is_kept_with_who_set_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, token) = talent_in(&app, "ana@acme.example", json!({ "price": price(100) })).await;
    change(&app, &token, json!({ "price": price(200) })).await;
    change(&app, &token, json!({ "price": price(200), "available": true })).await;

    let (status, prices) = app
        .call_as(&token, Method::GET, "/v1/me/talent/prices", None)
        .await;

    assert_eq!(status, StatusCode::OK);
    let told: Vec<_> = prices["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["before"].clone(),
                one["price"].clone(),
                one["by_name"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (price(100), price(200), json!("Ana Lima")),
            (Value::Null, price(100), json!("test"))
        ],
        "the same price again is no change"
    );
    let (_, page) = app
        .get(&format!("/v1/catalogue/talents/{id}/prices?limit=1"))
        .await;
    assert_eq!(page["items"][0], prices["items"][0]);
    assert_eq!(page["next_cursor"], prices["items"][0]["id"]);
    let (_, log) = app.get(&format!("/v1/audit?subject=talent/{id}&limit=1")).await;
    assert_eq!(log["items"][0]["action"], "catalogue.change_talent");
    assert_eq!(
        log["items"][0]["after"],
        json!({ "available": true }),
        "only what changed"
    );
}
