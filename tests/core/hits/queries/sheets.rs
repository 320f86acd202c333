//! Every list as a file for a spreadsheet.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_shared::hit::Hit;
use marquee_tests::{Answer, TestApp};
use serde_json::json;
use sqlx::PgPool;

use super::{accept, like, lost, with};
use crate::redirects::{create, import_csv, post_any};

async fn get(test: &TestApp, path: &str, accept: &str) -> Answer {
    let request = test.request(Method::GET, &format!("/v1/{path}"));
    let request = request.header(header::ACCEPT, accept).body(Body::empty());
    test.send(request.unwrap()).await
}

/// What a spreadsheet gets, with Unix line ends.
async fn csv(test: &TestApp, path: &str) -> String {
    let answer = get(test, path, "text/csv").await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    assert_eq!(
        answer.headers["content-type"], "text/csv; charset=utf-8",
        "{path}"
    );
    assert!(
        answer.headers["content-disposition"]
            .to_str()
            .unwrap()
            .ends_with(".csv\""),
        "{path}"
    );
    answer.text.replace("\r\n", "\n")
}

async fn some(db: PgPool) -> TestApp {
    let mut hits: Vec<Hit> = (0..3).map(|n| like(n, |_| {})).collect();
    hits.push(like(3, |hit| hit.variant = Some("b".into())));
    hits.push(like(4_000, |hit| {
        (hit.rule, hit.media) = (Some(8), Some("bing".into()));
    }));
    hits.push(lost(5, "acme", "00099"));
    hits.push(lost(6, "acme", "02108"));
    let test = with(db, &hits).await;
    accept(&test, &[b"=cmd|' /C calc'!A0".to_vec()]).await;
    test
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn totals_are_a_sheet_of_times_or_of_groups(db: PgPool) {
    let test = some(db).await;

    insta::assert_snapshot!(csv(&test, "hits").await, @r"
    at,hits
    2026-07-01T10:00:00Z,1
    2026-07-01T11:00:00Z,5
    2026-07-01T12:00:00Z,1
    ");
    insta::assert_snapshot!(csv(&test, "hits?group_by=outcome,rule").await, @r"
    outcome,rule,hits,share,low,high,last_at
    redirect,7,4,0.571429,0.250458,0.841780,2026-07-01T12:00:00Z
    lost,,2,0.285714,0.082219,0.641066,2026-07-01T11:59:55Z
    redirect,8,1,0.142857,0.025680,0.513128,2026-07-01T10:53:20Z
    ");
    insta::assert_snapshot!(csv(&test, "hits?group_by=rule,variant&limit=1").await, @r"
    rule,variant,hits,share,low,high,last_at
    7,a,3,0.428571,0.158220,0.749542,2026-07-01T12:00:00Z
    (others),,4,0.571429,0.250458,0.841780,
    ");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_list_of_hits_is_a_sheet(db: PgPool) {
    let test = some(db).await;

    insta::assert_snapshot!(csv(&test, "hits/rules?brand=acme").await, @r"
    rule,hits,last_at
    7,4,2026-07-01T12:00:00Z
    8,1,2026-07-01T10:53:20Z
    ");
    insta::assert_snapshot!(csv(&test, "hits/splits?brand=acme").await, @r"
    rule,variant,hits,share,low,high,intended,compatible
    7,a,3,0.750000,0.300642,0.954413,,
    7,b,1,0.250000,0.045587,0.699358,,
    8,a,1,1.000000,0.206549,1.000000,,
    ");
    insta::assert_snapshot!(csv(&test, "lost-zips").await, @r"
    brand,zip,state,hits,last_at
    acme,00099,,1,2026-07-01T11:59:55Z
    acme,02108,MA,1,2026-07-01T11:59:54Z
    ");
    let recent = csv(&test, "hits/recent?rule=8").await;
    let recent: Vec<_> = recent
        .lines()
        .map(|line| line.split_once(',').unwrap().1)
        .collect();
    insta::assert_snapshot!(recent.join("\n"), @r"
    at,brand,product,language,device,media,zip,zip_known,state,outcome,rule,variant,revision,canary,url_sha256,colo,country,bot,region_mismatch
    2026-07-01T10:53:20Z,acme,auto,en,mobile,bing,10001,true,NY,redirect,8,a,3,false,0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f,EWR,US,false,false
    ");
    let quarantine = csv(&test, "hits/quarantine").await;
    insta::assert_snapshot!(quarantine, @r"
    sha256,reason,detail,excerpt,size_bytes,seen,first_seen_at,last_seen_at
    b3c49727b6b706547ff2c935b594ce09ed7b5d68cd5b476617e317e975e27f58,unreadable,expected value at line 1 column 1,'=cmd|' /C calc'!A0,18,1,2026-07-01T12:00:00Z,2026-07-01T12:00:00Z
    ");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn unused_rules_are_a_sheet(db: PgPool) {
    let test = TestApp::new(db).await;
    create(&test, "acme").await;
    let rules = "kind,rule,state,from,url,note\r\n\
        route,1,NY,2026-07-01T00:00:00Z,https://quotes.acme.example/1,=HYPERLINK(\"x\")\r\n\
        route,2,CA,,fallback,\r\n";
    let imported = import_csv(&test, "acme", rules).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    let published = post_any(&test, "/v1/brands/acme/publish", json!({})).await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    test.leave_jobs();

    insta::assert_snapshot!(csv(&test, "brands/acme/hits/unused-rules").await, @r#"
    rule,kind,note,from,until,live_since
    1,route,"'=HYPERLINK(""x"")",2026-07-01T00:00:00Z,,2026-07-01T12:00:00Z
    2,fallback,,,,2026-07-01T12:00:00Z
    "#);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_sheet_is_longer_than_a_page_and_says_how_it_goes_on(db: PgPool) {
    let hits: Vec<Hit> = (0..130).map(|n| like(n, |_| {})).collect();
    let test = with(db, &hits).await;

    let whole = get(&test, "hits/recent?format=csv", "application/json").await;
    assert_eq!(whole.text.lines().count(), 131);
    assert!(!whole.headers.contains_key("x-next-cursor"));
    let part = get(&test, "hits/recent?limit=120", "text/html, text/csv;q=0.9").await;
    let cursor = part.headers["x-next-cursor"].to_str().unwrap();
    let rest = get(&test, &format!("hits/recent?cursor={cursor}"), "text/csv").await;
    let lines = part.text.lines().chain(rest.text.lines().skip(1));
    assert_eq!(lines.collect::<Vec<_>>(), whole.text.lines().collect::<Vec<_>>());

    let json = get(&test, "hits/recent?format=json", "text/csv").await;
    assert_eq!(
        json.body["items"].as_array().unwrap().len(),
        50,
        "the parameter wins"
    );
}
