use axum::http::{Method, StatusCode};
use marquee_shared::manifest::{Mode, table_key};
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::{
    at_the_edge, create, freeze, import_csv, live, manifest, next, one_rule, post_any, publish_draft,
    settings,
};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_published_draft_reaches_the_edge(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import_csv(&app, "acme", &one_rule("acme", "a")).await;

    let published = publish_draft(&app, "acme").await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    assert_eq!(
        published.body,
        json!({ "brand": "acme", "revision": 1, "sequence": 1 })
    );
    let (_, pending) = app.get("/v1/publishing").await;
    assert_eq!(
        (&pending["status"], &pending["edge_sequence"]),
        (&json!("pending"), &json!(null))
    );

    app.run_jobs().await;
    let manifest = manifest(&app).unwrap();
    let brand = &manifest.brands[0];
    assert_eq!(
        (brand.code.as_str(), brand.revision, manifest.sequence),
        ("acme", 1, 1)
    );
    assert_eq!(brand.hosts, ["go.acme.example"]);
    let table = app.edge_kv.value(&table_key(&brand.table.sha256)).unwrap();
    assert_eq!(table.len(), brand.table.size as usize);

    let (_, synced) = app.get("/v1/publishing").await;
    assert_eq!(
        (&synced["status"], &synced["edge_sequence"]),
        (&json!("synced"), &json!(1))
    );
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(
        (&brand["live"]["revision"], &brand["live"]["mode"]),
        (&json!(1), &json!("rules"))
    );
    let (_, revisions) = app.get("/v1/brands/acme/revisions").await;
    assert_eq!(
        (&revisions["items"][0]["number"], &revisions["items"][0]["status"]),
        (&json!(1), &json!("live"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn freezing_twice_makes_one_revision(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import_csv(&app, "acme", &one_rule("acme", "a")).await;

    let first = post_any(&app, "/v1/brands/acme/revisions", json!({ "note": "first" })).await;
    let second = post_any(&app, "/v1/brands/acme/revisions", json!({ "note": "again" })).await;
    assert_eq!(
        (first.status, second.status),
        (StatusCode::CREATED, StatusCode::OK)
    );
    assert_eq!(first.headers["location"], "/v1/brands/acme/revisions/1");
    assert_eq!(
        (&second.body["number"], &second.body["note"]),
        (&json!(1), &json!("first"))
    );

    import_csv(&app, "acme", &one_rule("acme", "b")).await;
    assert_eq!(freeze(&app, "acme").await, 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn rolling_back_publishes_an_old_revision_under_a_new_sequence(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    next(&app, "acme", "b").await;
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));

    let back = post_any(
        &app,
        "/v1/brands/acme/rollback",
        json!({ "revision": 1, "note": "b is broken" }),
    )
    .await;
    assert_eq!(
        (back.status, &back.body["sequence"]),
        (StatusCode::CREATED, &json!(3)),
        "{back:?}"
    );
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 3)));

    for (revision, code) in [(1, "already_live"), (9, "revision_unknown")] {
        let refused = post_any(&app, "/v1/brands/acme/rollback", json!({ "revision": revision })).await;
        assert_eq!(refused.body["code"], code);
    }
    import_csv(&app, "acme", &one_rule("acme", "c")).await;
    let never = freeze(&app, "acme").await;
    let refused = post_any(&app, "/v1/brands/acme/rollback", json!({ "revision": never })).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::CONFLICT, &json!("never_live"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_canary_is_shown_promoted_or_aborted(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    // The same decisions in other words.
    let csv = "kind,rule,priority,url\r\n\
        route,1,9,https://quotes.acme.example/a?zip={zip}\r\n\
        route,2,0,https://quotes.acme.example/b\r\n";
    let answer = import_csv(&app, "acme", csv).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let revision = freeze(&app, "acme").await;

    let canary = post_any(
        &app,
        "/v1/brands/acme/canary",
        json!({ "revision": revision, "percent": 5 }),
    )
    .await;
    assert_eq!(canary.status, StatusCode::CREATED, "{canary:?}");
    app.run_jobs().await;
    let shown = manifest(&app).unwrap().brands[0].canary.clone().unwrap();
    assert_eq!((i64::from(shown.revision), shown.percent), (revision, 5));
    assert!(app.edge_kv.value(&table_key(&shown.table.sha256)).is_some());
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(
        brand["live"]["canary"],
        json!({ "revision": revision, "percent": 5 })
    );

    let refused = publish_draft(&app, "acme").await;
    assert_eq!(refused.body["code"], "canary_running");

    // More visitors, and those who saw it go on seeing it.
    post_any(
        &app,
        "/v1/brands/acme/canary",
        json!({ "revision": revision, "percent": 50 }),
    )
    .await;
    app.run_jobs().await;
    let wider = manifest(&app).unwrap().brands[0].canary.clone().unwrap();
    assert_eq!((wider.percent, &wider.salt), (50, &shown.salt));

    post_any(&app, "/v1/brands/acme/abort", json!({})).await;
    app.run_jobs().await;
    assert_eq!(
        (
            manifest(&app).unwrap().brands[0].canary.clone(),
            at_the_edge(&app, "acme")
        ),
        (None, Some((1, 4)))
    );
    let nothing = post_any(&app, "/v1/brands/acme/promote", json!({})).await;
    assert_eq!(nothing.body["code"], "no_canary");

    post_any(
        &app,
        "/v1/brands/acme/canary",
        json!({ "revision": revision, "percent": 1 }),
    )
    .await;
    post_any(&app, "/v1/brands/acme/promote", json!({})).await;
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((revision, 6)));
    assert_eq!(manifest(&app).unwrap().brands[0].canary, None);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_canary_may_not_change_settings(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    let mut other = settings("acme");
    other["fallback_url"] = json!("https://quotes.acme.example/other");
    let rules = json!([{ "kind": "route", "rule": 1, "target": { "variants": [
        { "name": "a", "url": "https://quotes.acme.example/b" }
    ] } }]);
    let request = app
        .request(Method::PUT, "/v1/brands/acme/draft")
        .header("content-type", "application/json")
        .header("if-match", "*");
    let body = json!({ "brand": "acme", "settings": other, "rules": rules });
    let put = app.send(request.body(body.to_string().into()).unwrap()).await;
    assert_eq!(put.status, StatusCode::OK, "{put:?}");
    let revision = freeze(&app, "acme").await;

    let refused = post_any(
        &app,
        "/v1/brands/acme/canary",
        json!({ "revision": revision, "percent": 5 }),
    )
    .await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::CONFLICT, &json!("canary_changes_settings"))
    );
    let too_many = post_any(
        &app,
        "/v1/brands/acme/canary",
        json!({ "revision": revision, "percent": 100 }),
    )
    .await;
    assert_eq!(too_many.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_kill_switch_survives_publishing_and_rolling_back(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;

    let (status, killed) = app
        .put("/v1/brands/acme/mode", json!({ "mode": "fallback" }))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{killed}");
    next(&app, "acme", "b").await;
    app.run_jobs().await;
    assert_eq!(
        (manifest(&app).unwrap().brands[0].mode, at_the_edge(&app, "acme")),
        (Mode::Fallback, Some((2, 3)))
    );
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(brand["live"]["mode"], "fallback");

    let (status, problem) = app
        .put("/v1/brands/acme/mode", json!({ "mode": "fallback" }))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("mode_is_set"))
    );
    app.put("/v1/brands/acme/mode", json!({ "mode": "rules" })).await;
    app.run_jobs().await;
    assert_eq!(manifest(&app).unwrap().brands[0].mode, Mode::Rules);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn one_brand_never_touches_another(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    live(&app, "bolt", "b").await;
    let before = manifest(&app).unwrap();

    next(&app, "acme", "c").await;
    app.run_jobs().await;
    let after = manifest(&app).unwrap();
    assert_eq!(before.brands[1], after.brands[1]);
    assert_eq!((after.brands[0].revision, after.sequence), (2, 3));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_needs_something_live_says_so(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    let (status, problem) = app
        .put("/v1/brands/acme/mode", json!({ "mode": "fallback" }))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("not_live"))
    );
    for path in ["promote", "abort"] {
        let refused = post_any(&app, &format!("/v1/brands/acme/{path}"), json!({})).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (StatusCode::CONFLICT, &json!("not_live"))
        );
    }
    let blind = app.post("/v1/brands/acme/publish", json!({})).await;
    assert_eq!(
        (blind.0, &blind.1["code"]),
        (StatusCode::PRECONDITION_REQUIRED, &json!("if_match_required"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_change_is_in_the_audit_log(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    live(&app, "acme", "a").await;
    next(&app, "acme", "b").await;
    post_any(
        &app,
        "/v1/brands/acme/rollback",
        json!({ "revision": 1, "note": "b is broken" }),
    )
    .await;
    app.run_jobs().await;

    let log = sqlx::query_scalar::<_, String>(
        "select action from platform.audit where subject = 'brand/acme' order by id",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let expected = [
        "create_brand",
        "set_policy",
        "import",
        "freeze",
        "publish",
        "import",
        "freeze",
        "publish",
        "rollback",
    ];
    assert_eq!(log, expected.map(|action| format!("redirects.{action}")));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_publish_during_an_import_is_of_the_whole_draft_that_was_meant_or_of_none(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    for round in 0..6 {
        import_csv(&app, "acme", &one_rule("acme", &format!("old{round}"))).await;
        let (_, brand) = app.get("/v1/brands/acme").await;
        let request = app
            .request(Method::POST, "/v1/brands/acme/publish")
            .header("content-type", "application/json")
            .header("if-match", format!("\"{}\"", brand["draft"]["version"]));
        let (new, publish) = (
            one_rule("acme", &format!("new{round}")),
            request.body("{}".into()).unwrap(),
        );

        let (imported, published) = tokio::join!(import_csv(&app, "acme", &new), app.send(publish));

        assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
        if published.status == StatusCode::CREATED {
            let revision = &published.body["revision"];
            let (_, rules) = app
                .get(&format!("/v1/brands/acme/revisions/{revision}/rules"))
                .await;
            assert!(rules.to_string().contains(&format!("/old{round}?")), "{rules}");
        } else {
            assert_eq!(published.body["code"], "draft_changed", "{published:?}");
        }
    }
    app.run_jobs().await;
}
