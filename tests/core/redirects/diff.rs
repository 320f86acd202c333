//! Two versions of a brand's rules: what changes, and who gets something else.

use axum::http::StatusCode;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{create, import_csv, live, next, one_rule};

async fn diff(app: &TestApp, query: &str) -> Value {
    let (status, body) = app.get(&format!("/v1/brands/acme/diff{query}")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

async fn import(app: &TestApp, csv: &str) {
    let imported = import_csv(app, "acme", csv).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_draft_like_what_is_live_decides_alike(db: PgPool) {
    let app = TestApp::new(db).await;
    let revision = live(&app, "acme", "first").await;

    let view = diff(&app, "").await;
    assert_eq!(
        (&view["decides_alike"], &view["rules"], &view["settings"]),
        (
            &json!(true),
            &json!({ "added": 0, "changed": 0, "removed": 0, "first": [] }),
            &json!([])
        )
    );
    assert_eq!(
        view["from"],
        json!({ "of": "live", "version": null, "revision": revision, "rules": 1 })
    );
    assert_eq!(
        (&view["to"]["version"], &view["to"]["revision"]),
        (&json!(2), &Value::Null)
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_gets_something_else_is_told_by_state_and_by_rules_with_a_visitor(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "first").await;
    let delaware = "kind,rule,product,state,url\r
route,1,,,https://quotes.acme.example/first?zip={zip}\r
route,2,auto,DE,https://quotes.acme.example/delaware\r
";
    import(&app, delaware).await;

    let view = diff(&app, "?from=live&to=draft").await;
    assert_eq!(view["decides_alike"], false);
    let rules = &view["rules"];
    assert_eq!(
        (&rules["added"], &rules["changed"], &rules["removed"]),
        (&json!(1), &json!(0), &json!(0))
    );
    assert_eq!(
        (&rules["first"][0]["rule"], &rules["first"][0]["before"]),
        (&json!(2), &Value::Null)
    );
    assert_eq!(rules["first"][0]["after"]["when"]["state"], json!(["DE"]));

    let found = &view["destinations"];
    let zips = found["zips"].as_u64().unwrap();
    assert!(zips > 50, "{found}");
    assert_eq!(
        found["states"],
        // One product of two; two languages, three devices and one channel make six cells.
        json!([{ "state": "DE", "zips": zips, "of": zips, "cells": 6 * zips, "percent": 50.0, "later_cells": 0 }])
    );
    let pair = &found["pairs"][0];
    assert_eq!(
        pair["from"],
        json!({ "answer": "rule", "rule": 1, "gives": "https://quotes.acme.example/first?zip={zip}" })
    );
    assert_eq!(
        pair["to"],
        json!({ "answer": "rule", "rule": 2, "gives": "https://quotes.acme.example/delaware" })
    );
    assert_eq!(
        (&pair["cells"], &pair["example"]["product"]),
        (&json!(6 * zips), &json!("auto"))
    );
    assert_eq!(found["pairs_found"], 1);
    assert_eq!(view["variables"], json!([]));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn another_rule_that_sends_to_the_same_place_changes_for_nobody(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "first").await;
    import(&app, &one_rule("acme", "first").replace("route,1", "route,9")).await;

    let view = diff(&app, "").await;
    assert_eq!(
        (&view["rules"]["added"], &view["rules"]["removed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(view["decides_alike"], true, "{view}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_begins_later_is_told_as_such(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "first").await;
    let later = "kind,rule,product,from,url\r
route,1,,,https://quotes.acme.example/first?zip={zip}\r
route,2,auto,2100-01-01T00:00:00Z,https://quotes.acme.example/later\r
";
    import(&app, later).await;

    let now = &diff(&app, "").await["destinations"];
    assert_eq!(
        (&now["cells"], &now["later_at"]),
        (&json!(0), &json!("2100-01-01T00:00:00Z"))
    );
    let then = &diff(&app, "?at=2100-01-01T00:00:00Z").await["destinations"];
    assert_eq!(
        (&then["cells"], &then["later_cells"]),
        (&now["later_cells"], &json!(0))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_variable_that_changes_is_told_apart_from_destinations(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "first").await;
    let phone = "kind,rule,url,vars\r
route,1,https://quotes.acme.example/first?zip={zip},\r
attribute,2,,phone=555\r
";
    import(&app, phone).await;

    let view = diff(&app, "").await;
    assert_eq!(
        (&view["decides_alike"], &view["destinations"]["cells"]),
        (&json!(false), &json!(0))
    );
    let variable = &view["variables"][0];
    assert_eq!(variable["variable"], "phone");
    assert_eq!(
        variable["pairs"][0]["to"],
        json!({ "answer": "rule", "rule": 2, "gives": "555" })
    );
    assert_eq!(variable["percent"], 100.0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn any_two_versions_can_be_compared_and_nothing_too(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import(&app, &one_rule("acme", "zeroth")).await;
    let (status, problem) = app.get("/v1/brands/acme/diff").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("not_live"))
    );
    let first = diff(&app, "?from=nothing").await;
    assert_eq!(
        (&first["from"]["rules"], &first["destinations"]["percent"]),
        (&json!(0), &json!(100.0))
    );
    let pair = &first["destinations"]["pairs"][0];
    assert_eq!(
        pair["from"],
        json!({ "answer": "none", "rule": null, "gives": null })
    );

    let old = next(&app, "acme", "first").await;
    let new = next(&app, "acme", "second").await;
    app.run_jobs().await;
    let back = diff(&app, &format!("?from={new}&to={old}")).await;
    assert_eq!(back["rules"]["first"][0]["change"], "changed");
    assert_eq!(
        back["destinations"]["pairs"][0]["to"]["gives"],
        "https://quotes.acme.example/first?zip={zip}"
    );
    let (status, problem) = app.get("/v1/brands/acme/diff?to=99").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("revision_unknown"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_side_with_errors_is_refused_with_all_of_them(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "first").await;
    import(
        &app,
        &one_rule("acme", "x").replace("quotes.acme.example", "elsewhere.example"),
    )
    .await;

    let (status, problem) = app.get("/v1/brands/acme/diff").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("rules_refused"))
    );
    assert_eq!(problem["errors"][0]["code"], "url_host_not_allowed", "{problem}");
    assert!(
        problem["detail"].as_str().unwrap().starts_with("`to` has errors"),
        "{problem}"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn rules_that_change_come_in_pages(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "first").await;
    let several = "kind,rule,product,url\r
route,2,auto,https://quotes.acme.example/2\r
route,3,home,https://quotes.acme.example/3\r
";
    import(&app, several).await;

    let (status, page) = app.get("/v1/brands/acme/diff/rules?limit=2").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let changes = |page: &Value| -> Vec<(u64, String)> {
        let items = page["items"].as_array().unwrap().iter();
        let change = |item: &Value| {
            (
                item["rule"].as_u64().unwrap(),
                item["change"].as_str().unwrap().to_owned(),
            )
        };
        items.map(change).collect()
    };
    assert_eq!(
        changes(&page),
        [(1, "removed".to_owned()), (2, "added".to_owned())]
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, last) = app
        .get(&format!("/v1/brands/acme/diff/rules?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(changes(&last), [(3, "added".to_owned())]);
    assert_eq!(last["next_cursor"], Value::Null);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn settings_that_change_are_told_by_key(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import(&app, &one_rule("acme", "x")).await;

    let view = diff(&app, "?from=nothing").await;
    let settings = view["settings"].as_array().unwrap();
    let languages = settings
        .iter()
        .find(|setting| setting["key"] == "languages")
        .unwrap();
    assert_eq!(
        (&languages["before"], &languages["after"]),
        (&json!([]), &json!(["en", "es"]))
    );
}
