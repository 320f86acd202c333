use axum::http::{Method, StatusCode};
use marquee_core::access::Permission::{PeopleManage, RulesRead, StaffManage};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{PASSWORD, grants, is_in, mailed_link, person, sign_in, staff_member};

async fn post_as(app: &TestApp, token: &str, path: &str) -> (StatusCode, Value) {
    app.call_as(token, Method::POST, path, Some(json!({}))).await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn people_are_found_by_a_part_of_what_they_are_called(db: PgPool) {
    let app = TestApp::new(db).await;
    person(&app, "ana@acme.example").await;
    person(&app, "b_b@globex.example").await;
    staff_member(&app, "cyd@acme.example", grants(&[RulesRead], None)).await;
    let found = async |query: &str| {
        let (status, list) = app.get(&format!("/v1/people?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        let items = list["items"].as_array().unwrap().clone();
        let emails = items.iter().map(|one| one["email"].as_str().unwrap().to_owned());
        emails.collect::<Vec<_>>()
    };

    assert_eq!(found("text=ACME").await, ["cyd@acme.example", "ana@acme.example"]);
    assert_eq!(
        found("text=LIMA").await,
        ["b_b@globex.example", "ana@acme.example"]
    );
    assert_eq!(
        found("text=_").await,
        ["b_b@globex.example"],
        "no sign stands for any"
    );
    assert_eq!(found("text=%25").await, [""; 0]);
    assert_eq!(found("staff=true").await, ["cyd@acme.example"]);
    assert_eq!(found("suspended=true").await, [""; 0]);
    let (_, page) = app.get("/v1/people?limit=1").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(found(&format!("cursor={cursor}&limit=2")).await.len(), 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a04_who_is_suspended_is_out_at_once_and_stays_out(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, token) = person(&app, "ana@acme.example").await;
    let desk = app.api_key(&[PeopleManage]).await;
    let reset = post_as(&app, &desk, &format!("/v1/people/{id}/password-reset")).await;
    assert_eq!(reset.0, StatusCode::ACCEPTED);
    let link = mailed_link(&app, "ana@acme.example").await;

    for _ in 0..2 {
        let (status, shown) = app.post(&format!("/v1/people/{id}/suspend"), json!({})).await;
        assert_eq!(
            (status, &shown["suspended_at"]),
            (StatusCode::OK, &json!("2026-07-01T12:00:00Z"))
        );
    }

    assert!(!is_in(&app, &token).await);
    let (status, problem) = sign_in(&app, "ana@acme.example", PASSWORD).await;
    assert_eq!((status.as_u16(), &problem["code"]), (403, &json!("suspended")));
    assert_eq!(
        sign_in(&app, "ana@acme.example", "wrong").await.1["code"],
        "credentials_invalid"
    );
    let body = json!({ "token": link, "password": "gravel teapot monsoon" });
    let (_, problem) = super::anonymously(&app, "/v1/password-resets/complete", body).await;
    assert_eq!(
        problem["code"], "link_invalid",
        "a link that was on its way is void"
    );
    let (status, _) = app
        .post(&format!("/v1/people/{id}/password-reset"), json!({}))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);

    app.post(&format!("/v1/people/{id}/reactivate"), json!({})).await;
    assert!(!is_in(&app, &token).await, "they sign in anew");
    assert_eq!(
        sign_in(&app, "ana@acme.example", PASSWORD).await.0,
        StatusCode::CREATED
    );
    let (_, log) = app.get(&format!("/v1/audit?subject=person/{id}")).await;
    let actions: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["action"])
        .collect();
    assert_eq!(
        actions,
        [
            "accounts.reactivate",
            "accounts.suspend",
            "accounts.start_reset",
            "accounts.sign_up"
        ]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_are_for_those_who_manage_staff(db: PgPool) {
    let app = TestApp::new(db).await;
    let bob = staff_member(&app, "bob@acme.example", grants(&[RulesRead], None)).await;
    let desk = app.api_key(&[PeopleManage]).await;
    let head = app.api_key(&[PeopleManage, StaffManage, RulesRead]).await;

    for action in ["suspend", "reactivate", "password-reset"] {
        let path = format!("/v1/people/{bob}/{action}");
        let (status, problem) = post_as(&app, &desk, &path).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert_eq!(problem["detail"], "this needs the permission staff.manage");
        assert!(post_as(&app, &head, &path).await.0.is_success());
    }
    app.run_jobs().await;
    let nobody = "/v1/people/00000000-0000-0000-0000-000000000000";
    assert_eq!(app.get(nobody).await.1["code"], "person_unknown");
    assert_eq!(
        post_as(&app, &desk, &format!("{nobody}/suspend")).await.1["code"],
        "person_unknown"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_key_of_the_staff_ends_with_its_owner_whichever_route_suspends_them(db: PgPool) {
    let app = TestApp::new(db).await;
    let bob = staff_member(&app, "bob@acme.example", grants(&[RulesRead], None)).await;
    let key = super::staff_key(&app, &bob, &[RulesRead]).await;
    assert!(is_in(&app, &key).await);

    app.post(&format!("/v1/people/{bob}/suspend"), json!({})).await;
    assert!(!is_in(&app, &key).await);
    let (_, staff) = app.get(&format!("/v1/staff/{bob}")).await;
    assert_eq!(staff["suspended_at"], "2026-07-01T12:00:00Z");
    app.post(&format!("/v1/staff/{bob}/reactivate"), json!({})).await;
    assert!(is_in(&app, &key).await);
}
