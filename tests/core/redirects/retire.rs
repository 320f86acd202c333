use axum::http::{Method, StatusCode};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{at_the_edge, create, edit, import_csv, live, manifest, one_rule, post_any, publish_draft};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_brand_gets_another_name_and_keeps_its_code(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    let (status, brand) = app
        .patch("/v1/brands/acme", json!({ "name": " Acme Group " }))
        .await;
    assert_eq!((status, &brand["name"]), (StatusCode::OK, &json!("Acme Group")));

    for name in ["", "two\nlines", "nul\0"] {
        let (status, problem) = app.patch("/v1/brands/acme", json!({ "name": name })).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("body_invalid"))
        );
    }
    let (status, _) = app.patch("/v1/brands/nobody", json!({ "name": "Nobody" })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, audit) = app.get("/v1/audit?limit=1").await;
    assert_eq!(audit["items"][0]["action"], "redirects.rename_brand");
    assert_eq!(audit["items"][0]["before"], json!({ "name": "ACME" }));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_retired_brand_leaves_the_edge_and_frees_its_hosts(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    live(&app, "bolt", "b").await;
    let (_, before) = at_the_edge(&app, "bolt").unwrap();

    let (status, retired) = app
        .post("/v1/brands/acme/retire", json!({ "note": "sold" }))
        .await;
    assert_eq!(status, StatusCode::OK, "{retired}");
    assert_eq!(
        (&retired["live"], retired["retired_at"].is_string()),
        (&Value::Null, true)
    );
    assert_eq!(retired["sequence"], json!(before + 1));
    app.run_jobs().await;

    assert_eq!(at_the_edge(&app, "acme"), None);
    assert_eq!(at_the_edge(&app, "bolt"), Some((1, before + 1)));
    assert_eq!(manifest(&app).unwrap().sequence, before + 1);
    let body = json!({ "code": "corp", "name": "Corp", "settings": { "hosts": ["go.acme.example"] } });
    assert_eq!(app.post("/v1/brands", body).await.0, StatusCode::CREATED);
    // What was frozen stays to be read.
    let (status, revision) = app.get("/v1/brands/acme/revisions/1").await;
    assert_eq!(
        (status, &revision["status"]),
        (StatusCode::OK, &json!("was_live"))
    );
    let (_, again) = app.post("/v1/brands/acme/retire", json!({})).await;
    assert_eq!(again["code"], "brand_retired");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_retired_brand_is_neither_changed_nor_published(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    app.post("/v1/brands/acme/retire", json!({})).await;
    app.run_jobs().await;

    let rule = json!({ "kind": "route", "target": { "fallback": true } });
    let refused = [
        import_csv(&app, "acme", &one_rule("acme", "b")).await,
        publish_draft(&app, "acme").await,
        post_any(&app, "/v1/brands/acme/revisions", json!({})).await,
        post_any(&app, "/v1/brands/acme/draft/rules", rule.clone()).await,
        edit(
            &app,
            Method::PATCH,
            "/v1/brands/acme/draft/settings",
            "*",
            json!({}),
        )
        .await,
        edit(
            &app,
            Method::PUT,
            "/v1/brands/acme/draft/products/home",
            "*",
            json!({}),
        )
        .await,
        edit(
            &app,
            Method::DELETE,
            "/v1/brands/acme/draft/rules/1",
            "*",
            json!(null),
        )
        .await,
        post_any(&app, "/v1/brands/acme/rollback", json!({ "revision": 1 })).await,
        post_any(&app, "/v1/brands/acme/publish", json!({ "revision": 1 })).await,
        edit(
            &app,
            Method::PATCH,
            "/v1/brands/acme",
            "*",
            json!({ "name": "Other" }),
        )
        .await,
    ];
    for answer in refused {
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (StatusCode::CONFLICT, &json!("brand_retired")),
            "{answer:?}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_reinstated_brand_is_editable_with_nothing_live(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    let (status, early) = app.post("/v1/brands/acme/reinstate", json!(null)).await;
    assert_eq!(
        (status, &early["code"]),
        (StatusCode::CONFLICT, &json!("brand_not_retired"))
    );
    app.post("/v1/brands/acme/retire", json!({})).await;

    let (status, back) = app.post("/v1/brands/acme/reinstate", json!(null)).await;
    assert_eq!(status, StatusCode::OK, "{back}");
    assert_eq!(
        (&back["live"], &back["retired_at"], &back["lost_hosts"]),
        (&json!(null), &json!(null), &json!([]))
    );
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), None);

    let published = publish_draft(&app, "acme").await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme").map(|(revision, _)| revision), Some(1));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_host_that_was_taken_meanwhile_stays_where_it_is(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let (_, retired) = app.post("/v1/brands/acme/retire", json!({})).await;
    assert_eq!(retired["sequence"], json!(null));
    let body = json!({ "code": "bolt", "name": "Bolt", "settings": { "hosts": ["go.acme.example"] } });
    assert_eq!(app.post("/v1/brands", body).await.0, StatusCode::CREATED);

    let (status, back) = app.post("/v1/brands/acme/reinstate", json!(null)).await;
    assert_eq!(
        (status, &back["lost_hosts"]),
        (StatusCode::OK, &json!(["go.acme.example"]))
    );
    let (_, settings) = app.get("/v1/brands/acme/draft/settings").await;
    assert_eq!(settings["hosts"], json!([]));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn brands_are_found_by_code_name_or_host_and_retired_ones_apart(db: PgPool) {
    let app = TestApp::new(db).await;
    for brand in ["acme", "bolt", "corp"] {
        create(&app, brand).await;
    }
    app.patch("/v1/brands/bolt", json!({ "name": "Thunder 100%" }))
        .await;
    app.post("/v1/brands/corp/retire", json!({})).await;
    let found = async |query: &str| {
        let (status, page) = app.get(&format!("/v1/brands{query}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let codes = page["items"].as_array().unwrap().iter();
        codes
            .map(|brand| brand["code"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };

    assert_eq!(found("").await, ["acme", "bolt"]);
    assert_eq!(found("?q=thunder").await, ["bolt"]);
    assert_eq!(found("?q=100%25").await, ["bolt"]);
    assert_eq!(found("?q=GO.ACME").await, ["acme"]);
    assert_eq!(found("?q=olt").await, ["bolt"]);
    assert_eq!(found("?q=corp").await, Vec::<String>::new());
    assert_eq!(found("?retired=true").await, ["corp"]);
    assert_eq!(found("?retired=true&q=go.corp").await, ["corp"]);
}
