use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::{create, import_csv, live, one_rule, post_any, publish_draft, settings};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_brand_is_made_shown_and_listed(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    create(&app, "bolt").await;

    let (status, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&brand["code"], &brand["name"]), (&json!("acme"), &json!("ACME")));
    assert_eq!(
        (&brand["draft"]["version"], &brand["draft"]["rules"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(brand["live"], json!(null));
    assert_eq!(brand["draft"]["editor_name"], "test", "by the key that made it");

    let (_, first) = app.get("/v1/brands?limit=1").await;
    assert_eq!(first["items"][0]["code"], "acme");
    let (_, second) = app
        .get(&format!(
            "/v1/brands?limit=1&cursor={}",
            first["next_cursor"].as_str().unwrap()
        ))
        .await;
    assert_eq!(
        (&second["items"][0]["code"], &second["next_cursor"]),
        (&json!("bolt"), &json!(null))
    );

    let (status, problem) = app.get("/v1/brands/nobody").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("brand_unknown"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_brand_that_makes_no_sense_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    for (body, status, code) in [
        (
            json!({ "code": "acme", "name": "Again" }),
            StatusCode::CONFLICT,
            "brand_exists",
        ),
        (
            json!({ "code": "Acme", "name": "Acme" }),
            StatusCode::UNPROCESSABLE_ENTITY,
            "body_invalid",
        ),
        (
            json!({ "code": "-", "name": "Acme" }),
            StatusCode::UNPROCESSABLE_ENTITY,
            "body_invalid",
        ),
        (
            json!({ "code": "bolt", "name": " " }),
            StatusCode::UNPROCESSABLE_ENTITY,
            "body_invalid",
        ),
        (
            json!({ "code": "bolt", "name": "Bolt", "role": "admin" }),
            StatusCode::UNPROCESSABLE_ENTITY,
            "body_invalid",
        ),
        (
            json!({ "code": "bolt", "name": "Bolt", "settings": { "hosts": ["Go.Bolt.example"] } }),
            StatusCode::UNPROCESSABLE_ENTITY,
            "settings_invalid",
        ),
    ] {
        let (got, problem) = app.post("/v1/brands", body.clone()).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{body}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_host_belongs_to_one_brand(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    create(&app, "bolt").await;

    let mut wanted = settings("bolt");
    wanted["hosts"] = json!(["go.acme.example"]);
    let put = |settings: &serde_json::Value| {
        let request = app
            .request(Method::PUT, "/v1/brands/bolt/draft/settings")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, "*");
        app.send(request.body(Body::from(settings.to_string())).unwrap())
    };
    let taken = put(&wanted).await;
    assert_eq!(
        (taken.status, &taken.body["code"]),
        (StatusCode::CONFLICT, &json!("host_taken"))
    );
    assert!(taken.body["detail"].as_str().unwrap().contains("go.acme.example"));

    wanted["hosts"] = json!(["www.bolt.example"]);
    assert_eq!(put(&wanted).await.status, StatusCode::OK);

    // The one it let go of is free again.
    let body = json!({ "code": "corp", "name": "Corp", "settings": { "hosts": ["go.bolt.example"] } });
    let (status, _) = app.post("/v1/brands", body).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_host_that_is_live_stays_the_brands_whatever_its_draft_says(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;

    let mut other = settings("acme");
    other["hosts"] = json!([]);
    let request = app
        .request(Method::PUT, "/v1/brands/acme/draft/settings")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, "*");
    let changed = app
        .send(request.body(Body::from(other.to_string())).unwrap())
        .await;
    assert_eq!(changed.status, StatusCode::OK);

    let body = json!({ "code": "bolt", "name": "Bolt", "settings": { "hosts": ["go.acme.example"] } });
    let (status, problem) = app.post("/v1/brands", body.clone()).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("host_taken"))
    );

    let published = publish_draft(&app, "acme").await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    app.run_jobs().await;
    let (status, _) = app.post("/v1/brands", body).await;
    assert_eq!(status, StatusCode::CREATED);

    // Rolling back to the revision that had it must not take it back.
    let back = post_any(&app, "/v1/brands/acme/rollback", json!({ "revision": 1 })).await;
    assert_eq!(
        (back.status, &back.body["code"]),
        (StatusCode::CONFLICT, &json!("host_taken"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_draft_changes_only_for_whoever_has_seen_it(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let put = |etag: Option<&str>| {
        let mut request = app
            .request(Method::PUT, "/v1/brands/acme/draft/rules")
            .header(header::CONTENT_TYPE, "text/csv");
        if let Some(etag) = etag {
            request = request.header(header::IF_MATCH, etag);
        }
        let csv = format!(
            "{}route,2,https://quotes.acme.example/{}\r\n",
            one_rule("acme", "a"),
            etag.is_some()
        );
        app.send(request.body(Body::from(csv)).unwrap())
    };

    let blind = put(None).await;
    assert_eq!(
        (blind.status, &blind.body["code"]),
        (StatusCode::PRECONDITION_REQUIRED, &json!("if_match_required"))
    );

    let (first, second) = (put(Some("\"1\"")).await, put(Some("\"1\"")).await);
    assert_eq!(
        (first.status, &first.headers["etag"]),
        (StatusCode::OK, &"\"2\"".parse().unwrap())
    );
    assert_eq!(
        (second.status, &second.body["code"]),
        (StatusCode::PRECONDITION_FAILED, &json!("draft_changed"))
    );

    let nonsense = put(Some("W/\"abc\"")).await;
    assert_eq!(nonsense.status, StatusCode::PRECONDITION_FAILED);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_draft_whole_goes_out_and_comes_back(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import_csv(&app, "acme", &one_rule("acme", "a")).await;

    let out = app
        .send(
            app.request(Method::GET, "/v1/brands/acme/draft")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(out.headers["etag"], "\"2\"");
    let back = app
        .request(Method::PUT, "/v1/brands/acme/draft")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, "\"2\"");
    let back = app.send(back.body(Body::from(out.text.clone())).unwrap()).await;

    assert_eq!(back.status, StatusCode::OK, "{back:?}");
    assert_eq!(
        (&back.body["unchanged"], &back.body["version"]),
        (&json!(1), &json!(2))
    );

    let mut other = out.body;
    other["brand"] = json!("bolt");
    let wrong = app
        .request(Method::PUT, "/v1/brands/acme/draft")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, "*");
    let wrong = app.send(wrong.body(Body::from(other.to_string())).unwrap()).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        wrong.body["report"]["problems"]["items"][0]["code"],
        "other_brand"
    );
}
