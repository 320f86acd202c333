//! The blast radius: real traffic against a draft.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_shared::hit::Hit;
use marquee_tests::hits::{hit, pack};
use marquee_tests::{ManualClock, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::accept;

pub(super) const LIVE: &str = "kind,rule,product,state,zip,split,variant,weight,url,vars\r
route,1,auto,NY,,,,,https://quotes.acme.example/ny,\r
route,2,auto,,,sticky,a,3,https://quotes.acme.example/a,\r
route,2,auto,,,sticky,b,1,https://quotes.acme.example/b,\r
attribute,3,,,,,,,,phone=1\r
";

pub(super) async fn publish(app: &TestApp) {
    let settings = json!({
        "languages": ["en"], "default_language": "en", "destinations": ["quotes.acme.example"],
        "products": [{ "code": "auto" }],
    });
    let body = json!({ "code": "acme", "name": "Acme", "settings": settings });
    assert_eq!(app.post("/v1/brands", body).await.0, StatusCode::CREATED);
    draft(app, LIVE).await;
    let request = app
        .request(Method::POST, "/v1/brands/acme/publish")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, "*");
    let published = app.send(request.body(Body::from("{}")).unwrap()).await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    app.run_jobs().await;
}

pub(super) async fn draft(app: &TestApp, rules: &str) {
    let request = app
        .request(Method::PUT, "/v1/brands/acme/draft/rules")
        .header(header::CONTENT_TYPE, "text/csv")
        .header(header::IF_MATCH, "*");
    let imported = app
        .send(request.body(Body::from(rules.to_owned())).unwrap())
        .await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
}

/// `count` hits from a ZIP, `days` ago.
pub(super) async fn traffic(app: &TestApp, zip: &str, count: u64, days: i64, change: impl Fn(&mut Hit)) {
    let at = ManualClock::START - Duration::days(days);
    let salt = zip.parse::<u64>().unwrap() * 1_000;
    let hits: Vec<Hit> = (0..count)
        .map(|n| {
            let mut hit = hit(at, salt + n);
            hit.zip = Some(zip.to_owned());
            change(&mut hit);
            hit
        })
        .collect();
    accept(app, &[pack(&hits)]).await;
}

async fn blast(app: &TestApp, query: &str) -> Value {
    let (status, view) = app.get(&format!("/v1/brands/acme/blast-radius{query}")).await;
    assert_eq!(status, StatusCode::OK, "{view}");
    view
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nothing_moves_while_the_draft_is_what_is_live(db: PgPool) {
    let app = TestApp::new(db).await;
    publish(&app).await;
    traffic(&app, "10001", 3, 0, |_| {}).await;

    let view = blast(&app, "").await;

    assert_eq!(view["hits"], 3, "{view}");
    assert_eq!(view["moved"], json!({ "hits": 0.0, "percent": 0.0 }));
    assert_eq!((&view["by_rule"], &view["newly_lost"]), (&json!([]), &json!([])));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn those_who_would_land_elsewhere_are_counted_by_state_rule_and_destination(db: PgPool) {
    let app = TestApp::new(db).await;
    publish(&app).await;
    traffic(&app, "10001", 6, 0, |_| {}).await;
    traffic(&app, "90210", 4, 1, |_| {}).await;
    // New York to another form, the split to even shares.
    draft(
        &app,
        &LIVE
            .replace("/ny", "/new")
            .replace("a,3,", "a,1,")
            .replace("phone=1", "phone=2"),
    )
    .await;

    let view = blast(&app, "").await;

    assert_eq!(view["moved"], json!({ "hits": 7.0, "percent": 70.0 }), "{view}");
    assert_eq!(view["variables_changed"]["hits"], 10.0);
    assert_eq!(
        view["by_state"],
        json!([
            { "name": "NY", "hits": 6, "moved_hits": 6.0, "moved_percent": 100.0 },
            { "name": "CA", "hits": 4, "moved_hits": 1.0, "moved_percent": 25.0 },
        ])
    );
    assert_eq!(
        view["by_rule"],
        json!([{ "from": 1, "to": 1, "moved_hits": 6.0 }, { "from": 2, "to": 2, "moved_hits": 1.0 }])
    );
    let shares: Vec<_> = view["by_destination"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| {
            (
                share["url"].as_str().unwrap(),
                share["before_percent"].as_f64(),
                share["after_percent"].as_f64(),
            )
        })
        .collect();
    assert_eq!(
        shares,
        [
            ("https://quotes.acme.example/new", Some(0.0), Some(60.0)),
            ("https://quotes.acme.example/ny", Some(60.0), Some(0.0)),
            ("https://quotes.acme.example/a", Some(30.0), Some(20.0)),
            ("https://quotes.acme.example/b", Some(10.0), Some(20.0)),
        ]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn zips_that_would_be_newly_lost_are_named(db: PgPool) {
    let app = TestApp::new(db).await;
    publish(&app).await;
    traffic(&app, "10001", 2, 0, |_| {}).await;
    traffic(&app, "90210", 5, 0, |_| {}).await;
    draft(
        &app,
        "kind,rule,product,state,url\r\nroute,1,auto,NY,https://quotes.acme.example/ny\r\n",
    )
    .await;

    let view = blast(&app, "").await;

    assert_eq!(view["newly_lost_hits"], 5);
    assert_eq!(
        view["newly_lost"],
        json!([{ "zip": "90210", "state": "CA", "hits": 5 }])
    );
    assert_eq!(blast(&app, "?from=draft&to=live").await["no_longer_lost_hits"], 5);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn bots_other_brands_and_older_days_are_left_out(db: PgPool) {
    let app = TestApp::new(db).await;
    publish(&app).await;
    traffic(&app, "10001", 1, 0, |_| {}).await;
    traffic(&app, "10002", 2, 0, |hit| hit.bot = true).await;
    traffic(&app, "10003", 4, 0, |hit| hit.brand = "other".into()).await;
    traffic(&app, "10004", 8, 7, |_| {}).await;
    traffic(&app, "10005", 16, 0, |hit| hit.product = "gone".into()).await;

    let week = blast(&app, "").await;
    assert_eq!((&week["hits"], &week["skipped_hits"]), (&json!(1), &json!(16)));
    assert_eq!(blast(&app, "?days=8").await["hits"], 9);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_question_that_has_no_answer_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    publish(&app).await;

    for (query, status, code) in [
        ("?days=0", 422, "days_invalid"),
        ("?days=36", 422, "days_invalid"),
        ("?to=77", 404, "revision_unknown"),
        ("?to=canary", 409, "no_canary"),
        ("?to=tomorrow", 400, "rule_set_unknown"),
    ] {
        let (answered, problem) = app.get(&format!("/v1/brands/acme/blast-radius{query}")).await;
        assert_eq!(
            (answered.as_u16(), &problem["code"]),
            (status, &json!(code)),
            "{query}: {problem}"
        );
    }
}
