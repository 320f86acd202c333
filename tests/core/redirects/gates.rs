use axum::http::StatusCode;
use marquee_core::access::Permission;
use marquee_tests::{Answer, TestApp};
use serde_json::json;
use sqlx::PgPool;

use super::{at_the_edge, create, import_csv, live, one_rule, post_any, post_as, publish_draft, set_policy};

fn codes(answer: &Answer) -> Vec<&str> {
    answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k13_an_empty_rule_set_is_not_published(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    let refused = publish_draft(&app, "acme").await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("rules_refused"))
    );
    assert!(codes(&refused).contains(&"no_rules"));
    assert_eq!(at_the_edge(&app, "acme"), None);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k13_ten_times_the_rules_need_another_person(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    set_policy(&app, "acme", json!({})).await;
    let mut csv = one_rule("acme", "a")
        .replace("rule,url", "rule,zip,url")
        .replace("route,1,", "route,1,,");
    for zip in 10001..=10010 {
        csv += &format!(
            "route,{},{zip},https://quotes.acme.example/a?zip={{zip}}&n\r\n",
            zip - 10000 + 1
        );
    }
    let imported = import_csv(&app, "acme", &csv).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");

    let refused = post_any(&app, "/v1/brands/acme/publish", json!({})).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("approval_required"))
    );
    assert_eq!(codes(&refused), ["rule_count_jumps"]);

    let asked = post_any(&app, "/v1/brands/acme/requests", json!({ "action": "publish" })).await;
    let request = asked.body["id"].as_str().unwrap();
    let another = app.api_key(&[Permission::RulesApprove]).await;
    let approve = format!("/v1/brands/acme/requests/{request}/approve");
    let approved = post_as(&app, &another, &approve, json!({})).await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn sending_most_visitors_elsewhere_needs_another_person(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    set_policy(&app, "acme", json!({})).await;
    import_csv(&app, "acme", &one_rule("acme", "b")).await;

    let refused = post_any(&app, "/v1/brands/acme/publish", json!({})).await;
    assert_eq!(refused.body["code"], "approval_required");
    assert_eq!(codes(&refused), ["changes_too_much"]);
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));

    // The same, for one state only: few enough.
    let csv = "kind,rule,state,url\r\n\
        route,1,,https://quotes.acme.example/a?zip={zip}\r\n\
        route,2,WY,https://quotes.acme.example/b?zip={zip}\r\n";
    import_csv(&app, "acme", csv).await;
    let published = post_any(&app, "/v1/brands/acme/publish", json!({})).await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_brand_that_fails_a_gate_keeps_its_table_and_blocks_nobody(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    create(&app, "bolt").await;
    // A host that is not on the allow-list: imported with a finding, and never signed.
    let imported = import_csv(
        &app,
        "acme",
        "kind,rule,url\r\nroute,1,https://elsewhere.example/\r\n",
    )
    .await;
    assert_eq!(imported.status, StatusCode::OK);
    assert_eq!(imported.body["findings"]["items"][0]["line"], 2);

    let refused = publish_draft(&app, "acme").await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("rules_refused"))
    );
    import_csv(&app, "bolt", &one_rule("bolt", "b")).await;
    publish_draft(&app, "bolt").await;
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 2)));
    assert_eq!(at_the_edge(&app, "bolt"), Some((1, 2)));
}
