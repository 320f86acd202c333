use axum::http::StatusCode;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;
use time::macros::datetime;

use super::{create, freeze, import_csv, live, one_rule};

const RULES: &str = "kind,rule,enabled,priority,product,language,device,media,state,zip,from,until,variant,url,system,vars,note\r\n\
    route,1,,,auto,,,,,,,,a,https://quotes.acme.example/a,rater,,Spring campaign\r\n\
    route,2,false,,home,es,mobile,tv,NY,,,,a,https://forms.acme.example/b,,,\r\n\
    route,3,,10,,,,,MA,021*|10001-10099,,,a,https://quotes.acme.example/c,,,\r\n\
    route,4,,-5,,,,,,02108,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,a,fallback,,,50% off_season\r\n\
    route,5,,,,,,,,,2027-01-01T00:00:00Z,,a,https://quotes.acme.example/e,,,\r\n\
    attribute,6,,,auto,,,,,,,2026-01-01T00:00:00.5Z,,,,phone=800-555-0100|media_code=A1,\r\n";

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn rules_are_found_by_any_of_what_they_say(db: PgPool) {
    let app = TestApp::new(db).await;
    app.clock.set(datetime!(2026-06-01 00:00 UTC));
    create(&app, "acme").await;
    let csv = RULES.replace(",a,fallback,", ",,fallback,");
    let imported = import_csv(&app, "acme", &csv).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");

    for (query, numbers) in [
        ("", vec![1, 2, 3, 4, 5, 6]),
        ("kind=attribute", vec![6]),
        ("enabled=false", vec![2]),
        ("priority=-5", vec![4]),
        ("product=auto", vec![1, 6]),
        ("product=auto&match=possible", vec![1, 3, 4, 5, 6]),
        ("product=auto&kind=route", vec![1]),
        ("language=es", vec![2]),
        ("device=mobile", vec![2]),
        ("media=tv", vec![2]),
        ("state=NY", vec![2]),
        ("state=ny&match=possible", vec![1, 2, 3, 5, 6]),
        ("state=MA&match=possible", vec![1, 3, 4, 5, 6]),
        ("zip=02108", vec![3, 4]),
        ("zip=10050", vec![3]),
        ("zip=10100", vec![]),
        ("zip=10100&match=possible", vec![1, 2, 5, 6]),
        ("zip=02108&match=possible", vec![1, 3, 4, 5, 6]),
        ("url=FORMS.acme.example", vec![2]),
        ("url=/c", vec![3]),
        ("system=rater", vec![1]),
        ("note=spring", vec![1]),
        ("note=50%25%20off_", vec![4]),
        ("variable=phone", vec![6]),
        ("value=800-555", vec![6]),
        ("variable=colour", vec![]),
        ("window=current", vec![1, 2, 3, 4]),
        ("window=future", vec![5]),
        ("window=ended", vec![6]),
        ("window=ended&at=2026-01-01T00:00:00Z", vec![]),
        ("window=current&at=2027-01-01T01:00:00%2B01:00", vec![1, 2, 3, 5]),
        ("number_from=2&number_to=4", vec![2, 3, 4]),
    ] {
        let (status, page) = app
            .get(&format!("/v1/brands/acme/draft/rules/search?{query}"))
            .await;
        assert_eq!(status, StatusCode::OK, "{query}: {page}");
        let found: Vec<_> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| &rule["rule"])
            .collect();
        assert_eq!(found, numbers, "{query}");
        assert_eq!(page["version"], 2);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn rules_are_found_in_pages_by_number(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import_csv(&app, "acme", &RULES.replace(",a,fallback,", ",,fallback,")).await;
    let search = "/v1/brands/acme/draft/rules/search?match=possible&product=home&limit=2";

    let (_, first) = app.get(search).await;
    assert_eq!(
        (&first["items"][1]["rule"], &first["next_cursor"]),
        (&json!(3), &json!("3"))
    );
    let (_, second) = app.get(&format!("{search}&cursor=3")).await;
    assert_eq!(
        (&second["items"][1]["rule"], &second["next_cursor"]),
        (&json!(5), &json!(null))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_revisions_rules_are_found_as_the_drafts_are(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    let csv = "kind,rule,state,url,note\r\n\
        route,1,,https://quotes.acme.example/a,\r\n\
        route,2,NY,https://quotes.acme.example/b,\r\n\
        route,3,NY,https://quotes.acme.example/c,late\r\n";
    import_csv(&app, "acme", &csv.replace("route,3,NY", "route,3,CA")).await;
    let revision = freeze(&app, "acme").await;
    // The draft goes on, and the revision stays.
    import_csv(&app, "acme", &one_rule("acme", "z")).await;
    let search = format!("/v1/brands/acme/revisions/{revision}/rules/search");

    for (query, numbers) in [
        ("", vec![1, 2, 3]),
        ("state=NY", vec![2]),
        ("state=NY&match=possible", vec![1, 2]),
        ("zip=90210&match=possible", vec![1, 3]),
        ("url=/C", vec![3]),
        ("note=late&number_from=2", vec![3]),
        ("note=nothing", vec![]),
    ] {
        let (status, page) = app.get(&format!("{search}?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {page}");
        let items = page["items"].as_array().unwrap();
        let found: Vec<_> = items.iter().map(|rule| &rule["rule"]).collect();
        assert_eq!(found, numbers, "{query}");
    }
    let (_, first) = app.get(&format!("{search}?limit=2")).await;
    assert_eq!(first["next_cursor"], "2");
    let (_, second) = app.get(&format!("{search}?limit=2&cursor=2")).await;
    assert_eq!(
        (&second["items"][0]["rule"], &second["next_cursor"]),
        (&json!(3), &json!(null))
    );

    let unknown = app.get("/v1/brands/acme/revisions/77/rules/search").await;
    assert_eq!(
        (unknown.0, &unknown.1["code"]),
        (StatusCode::NOT_FOUND, &json!("revision_unknown"))
    );
    assert_eq!(
        app.get(&format!("{search}?state=XX")).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_search_that_makes_no_sense_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    for (query, status) in [
        ("colour=red", StatusCode::BAD_REQUEST),
        ("cursor=x", StatusCode::BAD_REQUEST),
        ("priority=high", StatusCode::BAD_REQUEST),
        ("at=tomorrow", StatusCode::BAD_REQUEST),
        ("state=XX", StatusCode::UNPROCESSABLE_ENTITY),
        ("zip=2108", StatusCode::UNPROCESSABLE_ENTITY),
        ("note=%00", StatusCode::BAD_REQUEST),
    ] {
        let (answered, problem) = app
            .get(&format!("/v1/brands/acme/draft/rules/search?{query}"))
            .await;
        assert_eq!(answered, status, "{query}: {problem}");
    }
    let (status, _) = app.get("/v1/brands/nobody/draft/rules/search").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
