//! Agencies, who acts for them, and who gets which share.

use axum::http::{Method, StatusCode};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{names, price, talent, talent_in};
use crate::accounts::person;

async fn agency(app: &TestApp, name: &str) -> String {
    let (status, agency) = app.post("/v1/agencies", json!({ "name": name })).await;
    assert_eq!(status, StatusCode::CREATED, "{agency}");
    agency["id"].as_str().unwrap().to_owned()
}

async fn join(app: &TestApp, agency: &str, talent: &str) -> (StatusCode, Value) {
    app.call(
        Method::PUT,
        &format!("/v1/agencies/{agency}/talents/{talent}"),
        None,
    )
    .await
}

async fn share(app: &TestApp, path: &str, share_bp: Value) -> (StatusCode, Value) {
    app.put(&format!("/v1/shares/{path}"), json!({ "share_bp": share_bp }))
        .await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_manager_sees_their_own_agency_and_its_talents_only(db: PgPool) {
    let app = TestApp::new(db).await;
    let (bia, bias) = person(&app, "bia@lima.example").await;
    let (_, eves) = person(&app, "eve@evil.example").await;
    let (ours, theirs) = (agency(&app, "Lima & Lima").await, agency(&app, "Others").await);
    let ana = talent(&app, "ana@acme.example", "Ana", json!({ "price": price(100) })).await;
    let cyd = talent(&app, "cyd@acme.example", "Cyd", json!({})).await;
    assert_eq!(join(&app, &ours, &ana).await.0, StatusCode::NO_CONTENT);
    assert_eq!(join(&app, &theirs, &cyd).await.0, StatusCode::NO_CONTENT);
    let managers = format!("/v1/agencies/{ours}/managers/{bia}");
    for _ in 0..2 {
        assert_eq!(
            app.call(Method::PUT, &managers, None).await.0,
            StatusCode::NO_CONTENT
        );
    }
    let as_one = async |token: &str, path: &str| app.call_as(token, Method::GET, path, None).await;

    let (status, own) = as_one(&bias, "/v1/me/agencies").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(names(&own), ["Lima & Lima"]);
    assert_eq!(own["items"][0]["managers"][0]["email"], "bia@lima.example");
    let (_, members) = as_one(&bias, &format!("/v1/me/agencies/{ours}/talents")).await;
    assert_eq!(names(&members), ["Ana"]);
    let shown: Vec<_> = members["items"][0].as_object().unwrap().keys().collect();
    assert_eq!(
        shown,
        [
            "available",
            "delivery_days",
            "id",
            "listed",
            "name",
            "price",
            "weekly_capacity"
        ],
        "neither telephone, address nor share"
    );

    for (token, agency) in [(&bias, &theirs), (&eves, &ours)] {
        let (status, problem) = as_one(token, &format!("/v1/me/agencies/{agency}/talents")).await;
        assert_eq!(
            (status.as_u16(), &problem["code"]),
            (404, &json!("agency_unknown"))
        );
    }
    assert_eq!(names(&as_one(&eves, "/v1/me/agencies").await.1), [""; 0]);
    assert_eq!(
        as_one(&bias, &format!("/v1/agencies/{ours}")).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(as_one(&bias, "/v1/me/talent").await.0, StatusCode::NOT_FOUND);

    app.delete(&managers).await;
    assert_eq!(
        as_one(&bias, &format!("/v1/me/agencies/{ours}/talents")).await.0,
        StatusCode::NOT_FOUND
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talent_is_a_member_of_one_agency_at_most(db: PgPool) {
    let app = TestApp::new(db).await;
    let (first, second) = (agency(&app, "First").await, agency(&app, "Second").await);
    let ana = talent(&app, "ana@acme.example", "Ana", json!({})).await;
    let members = async |agency: &str| {
        let (_, list) = app.get(&format!("/v1/agencies/{agency}/talents")).await;
        names(&list).len()
    };
    join(&app, &first, &ana).await;
    join(&app, &second, &ana).await;
    assert_eq!((members(&first).await, members(&second).await), (0, 1));

    let gone = app.delete(&format!("/v1/agencies/{first}/talents/{ana}")).await;
    assert_eq!(
        (gone.0.as_u16(), &gone.1["code"]),
        (404, &json!("talent_unknown"))
    );
    let gone = app.delete(&format!("/v1/agencies/{second}/talents/{ana}")).await;
    assert_eq!(gone.0, StatusCode::NO_CONTENT);
    assert_eq!(members(&second).await, 0);
    let (_, log) = app.get(&format!("/v1/audit?subject=talent/{ana}&limit=3")).await;
    let actions: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["action"])
        .collect();
    assert_eq!(
        actions,
        [
            "catalogue.leave_agency",
            "catalogue.join_agency",
            "catalogue.join_agency"
        ]
    );
    let nobody = "00000000-0000-0000-0000-000000000000";
    assert_eq!(join(&app, nobody, &ana).await.1["code"], "agency_unknown");
    assert_eq!(join(&app, &first, nobody).await.1["code"], "talent_unknown");
    let named = app
        .patch(&format!("/v1/agencies/{first}"), json!({ "name": "1st" }))
        .await
        .1;
    assert_eq!((&named["name"], &named["talents"]), (&json!("1st"), &json!(0)));
}

/// Viggio's defects 16 and 17: the agency's share is the agency's, and there is never more than everything to share.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talent_and_their_agency_never_have_more_than_everything(db: PgPool) {
    let app = TestApp::new(db).await;
    let lima = agency(&app, "Lima").await;
    let ana = talent(&app, "ana@acme.example", "Ana", json!({})).await;
    let of_ana = format!("talents/{ana}");
    let of_lima = format!("agencies/{lima}");
    let shares = async || app.get(&format!("/v1/shares/{of_ana}")).await.1;
    assert_eq!(
        shares().await,
        json!({ "talent_bp": 7500, "custom": false, "agency_id": null, "agency_bp": 0, "platform_bp": 2500 })
    );
    join(&app, &lima, &ana).await;
    assert_eq!(share(&app, &of_lima, json!(500)).await.0, StatusCode::OK);
    let (status, now) = share(&app, &of_ana, json!(8000)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        now,
        json!({ "talent_bp": 8000, "custom": true, "agency_id": lima, "agency_bp": 500, "platform_bp": 1500 })
    );

    for (path, share_bp) in [(&of_ana, 9501), (&of_lima, 2001)] {
        let (status, problem) = share(&app, path, json!(share_bp)).await;
        assert_eq!(
            (status.as_u16(), &problem["code"]),
            (409, &json!("shares_too_high")),
            "{path}"
        );
    }
    assert_eq!(shares().await, now, "nothing changed");
    assert_eq!(share(&app, &of_lima, json!(2000)).await.0, StatusCode::OK);
    assert_eq!(shares().await["platform_bp"], 0);
    assert_eq!(
        share(&app, "default", json!(9000)).await.0,
        StatusCode::OK,
        "she has one of her own"
    );
    let (status, problem) = share(&app, &of_ana, Value::Null).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (409, &json!("shares_too_high"))
    );
    let bea = talent(&app, "bea@acme.example", "Bea", json!({})).await;
    assert_eq!(join(&app, &lima, &bea).await.1["code"], "shares_too_high");
    for share_bp in [json!(-1), json!(10_001)] {
        for path in [&of_ana, &of_lima, &"default".to_owned()] {
            let (status, problem) = share(&app, path, share_bp.clone()).await;
            assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("body_invalid")));
        }
    }
    assert_eq!(
        share(&app, &of_lima, Value::Null).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_shares_set_at_once_that_are_too_much_one_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    let lima = agency(&app, "Lima").await;
    let ana = talent(&app, "ana@acme.example", "Ana", json!({})).await;
    join(&app, &lima, &ana).await;
    let (of_ana, of_lima) = (format!("talents/{ana}"), format!("agencies/{lima}"));

    let (first, second) = tokio::join!(
        share(&app, &of_ana, json!(9000)),
        share(&app, &of_lima, json!(2000)),
    );

    let mut statuses = [first.0.as_u16(), second.0.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_share_is_kept_and_a_talent_sees_their_own(db: PgPool) {
    let app = TestApp::new(db).await;
    let (ana, token) = talent_in(&app, "ana@acme.example", json!({})).await;
    let of_ana = format!("talents/{ana}");
    share(&app, &of_ana, json!(8000)).await;
    share(&app, &of_ana, json!(8000)).await;
    share(&app, &of_ana, Value::Null).await;

    let (_, history) = app.get(&format!("/v1/shares?subject={ana}")).await;
    let told: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["share_bp"])
        .collect();
    assert_eq!(told, [&Value::Null, &json!(8000)], "the same again is no change");
    assert_eq!(history["items"][0]["by_name"], "test");
    let (_, page) = app.get("/v1/shares?limit=2").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, rest) = app.get(&format!("/v1/shares?cursor={cursor}")).await;
    assert_eq!(rest["items"][0]["kind"], "default");
    assert_eq!(app.get("/v1/shares?cursor=x").await.1["code"], "cursor_invalid");

    let (status, own) = app
        .call_as(&token, Method::GET, "/v1/me/talent/shares", None)
        .await;
    assert_eq!((status, &own["talent_bp"]), (StatusCode::OK, &json!(7500)));
    let path = format!("/v1/shares/{of_ana}");
    let (status, _) = app.call_as(&token, Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
