use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::access::Permission::{self, BrandsManage, RulesEdit, RulesRead, StaffManage};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{grants, staff_key, staff_member};

async fn me(app: &TestApp, token: &str) -> (StatusCode, Value) {
    app.call_as(token, Method::GET, "/v1/me", None).await
}

/// With the full key unless another is given.
async fn change(
    app: &TestApp,
    token: Option<&str>,
    path: &str,
    seen: &str,
    body: Value,
) -> (StatusCode, Value) {
    let request = match token {
        Some(token) => app
            .anonymous(Method::PATCH, path)
            .header(header::AUTHORIZATION, format!("Bearer {token}")),
        None => app.request(Method::PATCH, path),
    };
    let request = request
        .header(header::IF_MATCH, seen)
        .header(header::CONTENT_TYPE, "application/json");
    let answer = app
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await;
    (answer.status, answer.body)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_person_is_added_found_and_changed(db: PgPool) {
    let app = TestApp::new(db).await;

    let body = json!({
        "email": "Ana@acme.example", "name": "Ana Lima",
        "grants": [
            { "permission": "rules.read" },
            { "permission": "rules.edit", "brands": ["globex"] },
            { "permission": "rules.edit", "brands": ["acme"] },
        ],
    });
    let (status, ana) = app.post("/v1/staff", body).await;
    assert_eq!(status, StatusCode::CREATED, "{ana}");
    app.run_jobs().await;
    let path = format!("/v1/staff/{}", ana["id"].as_str().unwrap());
    assert_eq!(
        ana["grants"],
        json!([
            { "permission": "rules.read", "brands": null },
            { "permission": "rules.edit", "brands": ["acme", "globex"] },
        ])
    );
    assert_eq!(app.get(&path).await, (StatusCode::OK, ana.clone()));

    let (_, changed) = change(&app, None, &path, "*", json!({ "name": "Ana Souza" })).await;
    assert_eq!(
        (&changed["name"], &changed["grants"]),
        (&json!("Ana Souza"), &ana["grants"])
    );
    let (_, changed) = change(&app, None, &path, "*", json!({ "grants": [] })).await;
    assert_eq!(
        (&changed["name"], &changed["grants"]),
        (&json!("Ana Souza"), &json!([]))
    );
    let (_, log) = app.get("/v1/audit?action=accounts.change_staff&limit=1").await;
    assert_eq!(log["items"][0]["before"]["grants"], ana["grants"]);
    assert_eq!(
        log["items"][0]["after"],
        json!({ "name": "Ana Souza", "grants": [] })
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn people_are_listed_by_address_suspension_and_brand(db: PgPool) {
    let app = TestApp::new(db).await;
    staff_member(&app, "ana@acme.example", grants(&[RulesRead], None)).await;
    staff_member(&app, "bob@acme.example", grants(&[RulesRead], Some(&["acme"]))).await;
    let cyd = staff_member(&app, "cyd@acme.example", grants(&[RulesRead], Some(&["globex"]))).await;
    app.post(&format!("/v1/staff/{cyd}/suspend"), json!({})).await;
    let names = async |query: &str| {
        let (status, list) = app.get(&format!("/v1/staff{query}")).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        let names = list["items"].as_array().unwrap().iter();
        names
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };

    assert_eq!(names("").await, ["cyd", "bob", "ana"]);
    assert_eq!(names("?email=BOB@acme.example").await, ["bob"]);
    assert_eq!(names("?suspended=true").await, ["cyd"]);
    assert_eq!(names("?suspended=false").await, ["bob", "ana"]);
    assert_eq!(names("?brand=acme").await, ["bob", "ana"]);
    let (_, first) = app.get("/v1/staff?limit=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(names(&format!("?limit=2&cursor={cursor}")).await, ["ana"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a02_bad_people_are_refused_with_a_reason_and_change_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    staff_member(&app, "ana@acme.example", json!([])).await;

    let grant = |brands: Value| json!([{ "permission": "rules.edit", "brands": brands }]);
    for (email, name, grants, status, code) in [
        ("ANA@ACME.example", "Ana", json!([]), 409, "email_taken"),
        ("ana", "Ana", json!([]), 422, "email_invalid"),
        ("b@acme.example", " ", json!([]), 422, "name_invalid"),
        ("b@acme.example", "B", grant(json!([])), 422, "brands_invalid"),
        (
            "b@acme.example",
            "B",
            grant(json!(["No code"])),
            422,
            "brands_invalid",
        ),
        (
            "b@acme.example",
            "B",
            json!([{ "permission": "everything" }]),
            422,
            "body_invalid",
        ),
        (
            "b@acme.example",
            "B",
            json!([{ "permission": "rules.edit", "brand": "a" }]),
            422,
            "body_invalid",
        ),
    ] {
        let body = json!({ "email": email, "name": name, "grants": grants });
        let (answered, problem) = app.post("/v1/staff", body.clone()).await;
        let answered = (answered.as_u16(), problem["code"].as_str());
        assert_eq!(answered, (status, Some(code)), "{body}: {problem}");
    }
    assert_eq!(app.get("/v1/staff").await.1["items"].as_array().unwrap().len(), 1);
    let nobody = "/v1/staff/00000000-0000-0000-0000-000000000000";
    assert_eq!(app.get(nobody).await.1["code"], "staff_unknown");
    assert_eq!(
        change(&app, None, nobody, "*", json!({})).await.1["code"],
        "staff_unknown"
    );
    let (_, problem) = app.post(&format!("{nobody}/suspend"), json!({})).await;
    assert_eq!(problem["code"], "staff_unknown");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a04_suspension_refuses_every_key_of_a_person_at_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = staff_member(&app, "ana@acme.example", grants(&[RulesRead], None)).await;
    let keys = [
        staff_key(&app, &ana, &[RulesRead]).await,
        staff_key(&app, &ana, &[RulesRead]).await,
    ];
    let bystander = app.api_key(&[RulesRead]).await;

    for _ in 0..2 {
        let (status, shown) = app.post(&format!("/v1/staff/{ana}/suspend"), json!({})).await;
        assert_eq!(
            (status, &shown["suspended_at"]),
            (StatusCode::OK, &json!("2026-07-01T12:00:00Z"))
        );
    }
    for key in &keys {
        assert_eq!(me(&app, key).await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(me(&app, &bystander).await.0, StatusCode::OK);
    let body = json!({ "name": "new", "permissions": [], "staff_id": ana });
    assert_eq!(app.post("/v1/keys", body).await.1["code"], "staff_suspended");

    let (_, shown) = app.post(&format!("/v1/staff/{ana}/reactivate"), json!({})).await;
    assert_eq!(shown["suspended_at"], Value::Null);
    for key in &keys {
        assert_eq!(me(&app, key).await.0, StatusCode::OK);
    }
    let (_, log) = app.get(&format!("/v1/audit?subject=staff/{ana}")).await;
    let actions: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["action"])
        .collect();
    assert_eq!(
        actions,
        ["accounts.reactivate", "accounts.suspend", "accounts.create_staff"],
        "once more is not news"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn grants_that_are_taken_back_are_gone_at_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = staff_member(
        &app,
        "ana@acme.example",
        grants(&[RulesRead, RulesEdit], Some(&["acme"])),
    )
    .await;
    let key = staff_key(&app, &ana, &[RulesRead, RulesEdit]).await;
    assert_eq!(
        me(&app, &key).await.1["grants"],
        grants(&[RulesRead, RulesEdit], Some(&["acme"])),
        "the key permits more, its owner does not"
    );

    let less = json!({ "grants": grants(&[RulesRead], Some(&["acme", "globex"])) });
    assert_eq!(
        change(&app, None, &format!("/v1/staff/{ana}"), "*", less).await.0,
        StatusCode::OK
    );

    assert_eq!(
        me(&app, &key).await.1["grants"],
        grants(&[RulesRead], Some(&["acme", "globex"]))
    );
    let (status, problem) = app
        .call_as(&key, Method::POST, "/v1/brands/acme/revisions", Some(json!({})))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("forbidden"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_hands_out_what_they_do_not_have_there(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mine = grants(&[StaffManage], None);
    mine.as_array_mut()
        .unwrap()
        .extend(grants(&[RulesEdit], Some(&["acme"])).as_array().unwrap().clone());
    let boss = staff_member(&app, "boss@acme.example", mine).await;
    let boss = staff_key(&app, &boss, &Permission::ALL).await;
    let bob = staff_member(&app, "bob@acme.example", grants(&[RulesEdit], Some(&["globex"]))).await;
    let path = format!("/v1/staff/{bob}");
    let change = async |wanted: Value| {
        let body = json!({ "grants": wanted });
        change(&app, Some(&boss), &path, "*", body).await
    };

    for (more, detail) in [
        (
            grants(&[BrandsManage], Some(&["acme"])),
            "this needs the permission brands.manage on `acme`",
        ),
        (
            grants(&[RulesEdit], Some(&["acme", "initech"])),
            "this needs the permission rules.edit on `initech`",
        ),
        (
            grants(&[RulesEdit], None),
            "this needs the permission rules.edit on every brand",
        ),
    ] {
        let (status, problem) = change(more.clone()).await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::FORBIDDEN, &json!(detail))
        );
        let body = json!({ "email": "new@acme.example", "name": "New", "grants": more });
        let (status, problem) = app.call_as(&boss, Method::POST, "/v1/staff", Some(body)).await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::FORBIDDEN, &json!(detail))
        );
    }
    let both = grants(&[RulesEdit], Some(&["acme", "globex"]));
    let (status, shown) = change(both.clone()).await;
    assert_eq!(
        (status, &shown["grants"]),
        (StatusCode::OK, &both),
        "what he had he may keep"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_changes_their_own_grants_or_suspends_themselves(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = staff_member(&app, "ana@acme.example", grants(&[StaffManage, RulesRead], None)).await;
    let key = staff_key(&app, &ana, &[StaffManage, RulesRead]).await;
    let path = format!("/v1/staff/{ana}");

    for wanted in [grants(&[StaffManage], None), grants(&Permission::ALL, None)] {
        let body = json!({ "grants": wanted });
        let (status, problem) = change(&app, Some(&key), &path, "*", body).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::FORBIDDEN, &json!("oneself"))
        );
    }
    let suspend = format!("{path}/suspend");
    let (status, problem) = app.call_as(&key, Method::POST, &suspend, Some(json!({}))).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("oneself"))
    );
    let body = json!({ "name": "Ana Souza" });
    assert_eq!(change(&app, Some(&key), &path, "*", body).await.0, StatusCode::OK);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_overwrites_a_change_that_they_have_not_seen(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = staff_member(&app, "ana@acme.example", grants(&[RulesRead], None)).await;
    let path = format!("/v1/staff/{ana}");
    let get = app.request(Method::GET, &path).body(Body::empty()).unwrap();
    let seen = app.send(get).await.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(seen, "\"1\"");

    let (status, changed) = change(&app, None, &path, &seen, json!({ "grants": [] })).await;
    assert_eq!((status, &changed["version"]), (StatusCode::OK, &json!(2)));
    let more = json!({ "grants": grants(&[RulesRead], None) });
    let (status, problem) = change(&app, None, &path, &seen, more.clone()).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (412, &json!("staff_changed"))
    );
    assert_eq!(app.get(&path).await.1, changed, "nothing changed");
    let (status, problem) = app.patch(&path, more.clone()).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (428, &json!("if_match_required"))
    );
    let (first, second) = tokio::join!(
        change(&app, None, &path, "\"2\"", more),
        change(&app, None, &path, "\"2\"", json!({ "name": "Ana Souza" })),
    );
    let mut statuses = [first.0.as_u16(), second.0.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}
