use axum::http::{Method, StatusCode};
use marquee_core::access::Permission::{self, HitsRead, KeysManage, RulesEdit, RulesRead};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{grants, staff_key, staff_member};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn everybody_who_is_known_may_ask_who_they_are(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = staff_member(&app, "ana@acme.example", grants(&[RulesRead], Some(&["acme"]))).await;
    let hers = staff_key(&app, &ana, &[RulesRead]).await;
    let nobodys = app.api_key_on(&[], &["acme"]).await;

    let (_, me) = app.call_as(&hers, Method::GET, "/v1/me", None).await;
    assert_eq!(
        me,
        json!({
            "id": format!("staff:{ana}"), "name": "ana (laptop)", "staff_id": ana, "expires_at": null,
            "grants": [{ "permission": "rules.read", "brands": ["acme"] }], "person": null,
        })
    );
    let (status, me) = app.call_as(&nobodys, Method::GET, "/v1/me", None).await;
    assert_eq!((status, &me["grants"]), (StatusCode::OK, &json!([])));
    assert!(me["id"].as_str().unwrap().starts_with("key:"), "{me}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_key_permits_what_both_it_and_its_owner_may(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = staff_member(
        &app,
        "ana@acme.example",
        grants(&[RulesRead, HitsRead], Some(&["a", "b"])),
    )
    .await;
    let body = json!({
        "name": "feed", "permissions": ["hits.read", "rules.edit"], "brands": ["b", "c"], "staff_id": ana,
    });
    let (status, key) = app.post("/v1/keys", body).await;
    assert_eq!(status, StatusCode::CREATED, "{key}");
    assert_eq!(
        (&key["brands"], &key["staff_id"]),
        (&json!(["b", "c"]), &json!(ana))
    );

    let (_, me) = app
        .call_as(key["token"].as_str().unwrap(), Method::GET, "/v1/me", None)
        .await;
    assert_eq!(
        me["grants"],
        json!([{ "permission": "hits.read", "brands": ["b"] }])
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_person_sees_makes_and_revokes_their_own_keys_only(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = staff_member(&app, "ana@acme.example", grants(&[RulesRead], Some(&["acme"]))).await;
    let bob = staff_member(&app, "bob@acme.example", grants(&[RulesRead], None)).await;
    let (hers, _) = (
        staff_key(&app, &ana, &[RulesRead]).await,
        staff_key(&app, &bob, &[RulesRead]).await,
    );
    let as_ana = async |method, path: &str, body: Option<Value>| app.call_as(&hers, method, path, body).await;
    let owners = async |path: &str| {
        let (status, list) = as_ana(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|key| key["staff_id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };

    assert_eq!(owners("/v1/keys").await, std::slice::from_ref(&ana));
    assert_eq!(owners(&format!("/v1/keys?staff_id={bob}")).await, [""; 0]);
    let (_, bobs) = app.get(&format!("/v1/keys?staff_id={bob}")).await;
    assert_eq!(bobs["items"].as_array().unwrap().len(), 1);
    let bobs = format!("/v1/keys/{}", bobs["items"][0]["id"].as_str().unwrap());
    for method in [Method::GET, Method::DELETE] {
        let (status, problem) = as_ana(method, &bobs, None).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!("key_unknown"))
        );
    }

    let key = |owner: Value, permissions: &[Permission], brands: Value| json!({ "name": "new", "permissions": permissions, "brands": brands, "staff_id": owner });
    for body in [
        key(json!(bob), &[RulesRead], json!(["acme"])),
        key(Value::Null, &[RulesRead], json!(["acme"])),
        key(json!(ana), &[RulesEdit], json!(["acme"])),
        key(json!(ana), &[RulesRead], Value::Null),
    ] {
        let (status, problem) = as_ana(Method::POST, "/v1/keys", Some(body.clone())).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::FORBIDDEN, &json!("forbidden")),
            "{body}"
        );
    }
    let body = key(json!(ana), &[RulesRead], json!(["acme"]));
    let (status, made) = as_ana(Method::POST, "/v1/keys", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
    assert_eq!(
        as_ana(Method::DELETE, &path, None).await.0,
        StatusCode::NO_CONTENT
    );
    assert!(as_ana(Method::GET, &path, None).await.1["revoked_at"].is_string());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn no_key_outlives_the_one_that_made_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let body = json!({
        "name": "short", "permissions": ["keys.manage"], "expires_at": "2026-07-02T12:00:00Z",
    });
    let (_, short) = app.post("/v1/keys", body).await;
    let short = short["token"].as_str().unwrap();

    for (expires_at, status) in [
        (Value::Null, StatusCode::UNPROCESSABLE_ENTITY),
        (json!("2026-07-02T12:00:01Z"), StatusCode::UNPROCESSABLE_ENTITY),
        (json!("2026-07-02T12:00:00Z"), StatusCode::CREATED),
    ] {
        let body = json!({ "name": "next", "permissions": [KeysManage], "expires_at": expires_at });
        let (answered, problem) = app.call_as(short, Method::POST, "/v1/keys", Some(body)).await;
        assert_eq!(answered, status, "{problem}");
        if answered != StatusCode::CREATED {
            assert_eq!(problem["code"], "key_outlives_maker");
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_key_of_nobody_there_or_for_no_brand_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    let nobody = "00000000-0000-0000-0000-000000000000";
    for (more, code) in [
        (json!({ "staff_id": nobody }), "staff_unknown"),
        (json!({ "brands": [] }), "brands_invalid"),
        (json!({ "brands": ["No code"] }), "brands_invalid"),
    ] {
        let mut body = json!({ "name": "x", "permissions": [] });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let (status, problem) = app.post("/v1/keys", body).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(code))
        );
    }
}
