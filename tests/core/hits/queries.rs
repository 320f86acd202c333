//! What can be asked, by those who may.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use marquee_core::access::Permission;
use marquee_shared::hit::{Hit, Outcome};
use marquee_tests::hits::{hit, pack};
use marquee_tests::{ManualClock, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::accept;

const NOW: time::OffsetDateTime = ManualClock::START;

/// Hit `n`, made that many seconds ago, with something else about it.
fn like(n: u64, change: impl FnOnce(&mut Hit)) -> Hit {
    let mut hit = hit(NOW - Duration::seconds(n as i64), n);
    change(&mut hit);
    hit
}

fn lost(n: u64, brand: &str, zip: &str) -> Hit {
    like(n, |hit| {
        hit.brand = brand.into();
        hit.zip = Some(zip.into());
        hit.outcome = Outcome::Lost;
        (hit.rule, hit.variant, hit.url_sha256) = (None, None, None);
    })
}

async fn with(db: PgPool, hits: &[Hit]) -> TestApp {
    let test = TestApp::new(db).await;
    for some in hits.chunks(100) {
        accept(&test, &[pack(some)]).await;
    }
    test
}

async fn ok(test: &TestApp, path: &str) -> Value {
    let (status, body) = test.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// Every item of a list, page by page.
async fn pages(test: &TestApp, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (vec![], String::new());
    loop {
        let page = ok(test, &format!("{path}{cursor}")).await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else {
            return items;
        };
        cursor = format!("&cursor={next}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn where_there_are_no_hits_there_are_empty_lists(db: PgPool) {
    let test = TestApp::new(db).await;

    let totals = ok(&test, "/v1/hits?group_by=state").await;

    assert_eq!(
        (&totals["hits"], &totals["series"], &totals["groups"]),
        (&json!(0), &json!([]), &json!([]))
    );
    for list in [
        "hits/recent",
        "lost-zips",
        "hits/rules?brand=acme",
        "hits/splits?brand=acme",
        "hits/quarantine",
    ] {
        assert_eq!(
            ok(&test, &format!("/v1/{list}")).await,
            json!({ "items": [], "next_cursor": null }),
            "{list}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn hits_are_counted_by_the_grain_that_was_asked_for(db: PgPool) {
    let hits = [0, 1, 70, 4_000, 4_001, 100_000].map(|age| like(age, |_| {}));
    let test = with(db, &hits).await;

    let by_minute = ok(&test, "/v1/hits?from=2026-07-01T11:58:00Z&grain=minute").await;
    let by_hour = ok(&test, "/v1/hits?from=2026-07-01T10:30:00Z&grain=hour").await;
    let by_day = ok(&test, "/v1/hits?from=2026-06-30T00:00:00Z&grain=day").await;

    assert_eq!(
        by_minute["series"],
        json!([
            { "at": "2026-07-01T11:58:00Z", "hits": 1 },
            { "at": "2026-07-01T11:59:00Z", "hits": 1 },
            { "at": "2026-07-01T12:00:00Z", "hits": 1 },
        ])
    );
    assert_eq!(by_hour["from"], "2026-07-01T10:00:00Z", "whole hours");
    assert_eq!(
        by_hour["series"],
        json!([
            { "at": "2026-07-01T10:00:00Z", "hits": 2 },
            { "at": "2026-07-01T11:00:00Z", "hits": 2 },
            { "at": "2026-07-01T12:00:00Z", "hits": 1 },
        ])
    );
    assert_eq!(
        by_day["series"],
        json!([{ "at": "2026-06-30T00:00:00Z", "hits": 1 }, { "at": "2026-07-01T00:00:00Z", "hits": 5 }])
    );
    assert_eq!(by_day["hits"], 6);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn filters_narrow_and_bots_are_left_out_unless_asked_for(db: PgPool) {
    let hits = [
        like(1, |_| {}),
        like(2, |hit| hit.brand = "other".into()),
        like(3, |hit| hit.product = "home".into()),
        like(4, |hit| hit.state = Some("CA".into())),
        like(5, |hit| hit.rule = Some(8)),
        like(6, |hit| hit.variant = Some("b".into())),
        like(7, |hit| hit.outcome = Outcome::ProductFallback),
        like(8, |hit| hit.bot = true),
    ];
    let test = with(db, &hits).await;

    for (query, expected) in [
        ("", 7),
        ("bots=include", 8),
        ("bots=only", 1),
        ("bots=exclude&brand=acme", 6),
        ("product=home", 1),
        ("state=CA", 1),
        ("state=NY", 6),
        ("rule=8", 1),
        ("variant=b", 1),
        ("outcome=product_fallback", 1),
        (
            "brand=acme&product=auto&state=NY&rule=7&variant=a&outcome=redirect",
            1,
        ),
        ("brand=nobody", 0),
    ] {
        let totals = ok(&test, &format!("/v1/hits?{query}")).await;
        assert_eq!(totals["hits"], expected, "{query}");
        let recent = ok(&test, &format!("/v1/hits/recent?{query}")).await;
        assert_eq!(recent["items"].as_array().unwrap().len(), expected, "{query}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn groups_come_with_their_shares_and_the_rest_is_told(db: PgPool) {
    let mut hits: Vec<Hit> = (0..60).map(|n| like(n, |_| {})).collect();
    hits.extend((60..90).map(|n| like(n, |hit| hit.outcome = Outcome::BrandFallback)));
    hits.extend((90..100).map(|n| lost(n, "acme", "00099")));
    let test = with(db, &hits).await;

    let outcomes = ok(
        &test,
        "/v1/hits?from=2026-07-01T11:00:00Z&group_by=outcome&limit=2",
    )
    .await;

    let groups = outcomes["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    assert_eq!(
        (&groups[0]["by"], &groups[0]["hits"]),
        (&json!({ "outcome": "redirect" }), &json!(60))
    );
    assert_eq!(groups[0]["share"], 0.6);
    // Wilson, 95 %: 60 of 100.
    assert!((groups[0]["low"].as_f64().unwrap() - 0.5020).abs() < 1e-3);
    assert!((groups[0]["high"].as_f64().unwrap() - 0.6906).abs() < 1e-3);
    assert_eq!(groups[0]["last_at"], "2026-07-01T12:00:00Z");
    assert_eq!(outcomes["other"], 10);

    let two = ok(&test, "/v1/hits?from=2026-07-01T11:00:00Z&group_by=rule,outcome").await;
    assert_eq!(two["groups"][2]["by"], json!({ "rule": null, "outcome": "lost" }));
    assert_eq!(two["other"], 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn recent_hits_are_paged_newest_first_without_gap_or_repeat(db: PgPool) {
    let hits: Vec<Hit> = (0..25).map(|n| like(n * 5_000, |_| {})).collect();
    let test = with(db, &hits).await;

    let seen = pages(&test, "/v1/hits/recent?from=2026-06-29T00:00:00Z&limit=7").await;

    let seen: Vec<&str> = seen.iter().map(|hit| hit["id"].as_str().unwrap()).collect();
    assert_eq!(seen, hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>());
    let some = pages(
        &test,
        "/v1/hits/recent?from=2026-07-01T00:00:00Z&to=2026-07-01T06:00:00Z&limit=3",
    )
    .await;
    // Made 25,000, 30,000, 35,000 and 40,000 seconds before noon.
    assert_eq!(some.len(), 4);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn lost_zips_come_newest_or_most_frequent_first(db: PgPool) {
    let mut hits = vec![
        lost(500, "acme", "90210"),
        lost(1, "acme", "00099"),
        lost(600, "other", "90210"),
    ];
    hits.extend((10..13).map(|n| lost(n, "acme", "10001")));
    hits.extend((13..18).map(|n| lost(n, "acme", "90210")));
    hits.push(Hit {
        bot: true,
        ..lost(0, "acme", "60601")
    });
    hits.push(like(0, |hit| hit.zip = Some("73301".into())));
    let test = with(db, &hits).await;

    let newest = pages(&test, "/v1/lost-zips?limit=1").await;
    let frequent = pages(&test, "/v1/lost-zips?order=frequent&limit=2").await;
    let acme = ok(&test, "/v1/lost-zips?brand=acme&order=frequent").await;

    let zips = |items: &[Value]| {
        items
            .iter()
            .map(|item| item["zip"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(zips(&newest), ["00099", "10001", "90210", "90210"]);
    assert_eq!(zips(&frequent), ["90210", "10001", "90210", "00099"]);
    assert_eq!(
        acme["items"][0],
        json!({ "brand": "acme", "zip": "90210", "state": "CA", "hits": 6, "last_at": "2026-07-01T11:59:47Z" })
    );
    assert_eq!(
        acme["items"][2]["state"],
        Value::Null,
        "nobody has the prefix 000"
    );
    assert_eq!(acme["items"].as_array().unwrap().len(), 3);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_rule_shows_its_last_hit_until_the_days_are_over(db: PgPool) {
    let day = 86_400;
    let hits = [
        like(5, |_| {}),
        like(6, |_| {}),
        like(2 * day, |hit| hit.rule = Some(8)),
        like(9 * day, |hit| hit.rule = Some(9)),
        like(7, |hit| (hit.brand, hit.rule) = ("other".into(), Some(1))),
        like(8, |hit| (hit.bot, hit.rule) = (true, Some(2))),
    ];
    let test = with(db, &hits).await;

    let month = pages(&test, "/v1/hits/rules?brand=acme&limit=2").await;
    let week = ok(&test, "/v1/hits/rules?brand=acme&days=7").await;

    assert_eq!(
        json!(month),
        json!([
            { "rule": 7, "hits": 2, "last_at": "2026-07-01T11:59:55Z" },
            { "rule": 8, "hits": 1, "last_at": "2026-06-29T12:00:00Z" },
            { "rule": 9, "hits": 1, "last_at": "2026-06-22T12:00:00Z" },
        ])
    );
    assert_eq!(week["items"].as_array().unwrap().len(), 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_split_shows_its_shares_with_their_confidence(db: PgPool) {
    let mut hits: Vec<Hit> = (0..75).map(|n| like(n, |_| {})).collect();
    hits.extend((75..100).map(|n| like(n, |hit| hit.variant = Some("b".into()))));
    hits.push(like(101, |hit| hit.rule = Some(9)));
    hits.push(like(102, |hit| (hit.rule, hit.variant) = (Some(5), None)));
    let test = with(db, &hits).await;

    let splits = pages(&test, "/v1/hits/splits?brand=acme&limit=1").await;

    assert_eq!(
        splits
            .iter()
            .map(|split| split["rule"].clone())
            .collect::<Vec<_>>(),
        [7, 9]
    );
    let variants = splits[0]["variants"].as_array().unwrap();
    assert_eq!(
        (
            &variants[0]["variant"],
            &variants[0]["hits"],
            &variants[0]["share"]
        ),
        (&json!("a"), &json!(75), &json!(0.75))
    );
    assert!((variants[0]["low"].as_f64().unwrap() - 0.6569).abs() < 1e-3);
    assert!((variants[0]["high"].as_f64().unwrap() - 0.8245).abs() < 1e-3);
    let one = ok(&test, "/v1/hits/splits?brand=acme&rule=9").await;
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_makes_no_sense_is_refused_with_a_code(db: PgPool) {
    let test = TestApp::new(db).await;
    for (path, status, code) in [
        ("hits?from=yesterday", 400, "query_invalid"),
        ("hits?rule=seven", 400, "query_invalid"),
        ("hits?rule=99999999999", 400, "query_invalid"),
        ("hits?outcome=won", 400, "query_invalid"),
        ("hits?bots=some", 400, "query_invalid"),
        ("hits?grain=week", 400, "query_invalid"),
        ("hits?brnad=acme", 400, "query_invalid"),
        ("hits?limit=-1", 400, "query_invalid"),
        ("hits?group_by=zip", 422, "filter_invalid"),
        ("hits?brand=Acme%00", 422, "filter_invalid"),
        ("hits?variant=%00", 422, "filter_invalid"),
        ("hits?state=XX", 422, "filter_invalid"),
        (
            "hits?from=2026-07-01T12:00:00Z&to=2026-07-01T12:00:00Z",
            422,
            "range_empty",
        ),
        (
            "hits?from=2026-06-01T00:00:00Z&grain=minute",
            422,
            "range_too_old",
        ),
        (
            "hits?from=2026-06-30T00:00:00Z&to=2027-06-30T00:00:00Z&grain=minute",
            422,
            "range_too_long",
        ),
        ("hits/recent?cursor=first", 400, "cursor_invalid"),
        (
            "hits/recent?cursor=7d444840-9dc0-41d1-b245-5ffdce74fad2",
            400,
            "cursor_invalid",
        ),
        (
            "hits/recent?from=2026-07-02T00:00:00Z&to=2026-07-01T00:00:00Z",
            422,
            "range_empty",
        ),
        ("hits/rules", 400, "query_invalid"),
        ("hits/rules?brand=", 422, "filter_invalid"),
        ("hits/rules?brand=acme&cursor=x", 400, "cursor_invalid"),
        ("hits/splits?brand=acme&cursor=x", 400, "cursor_invalid"),
        ("hits/quarantine?cursor=zz", 400, "cursor_invalid"),
        ("lost-zips?cursor=e30", 400, "cursor_invalid"),
        ("lost-zips?order=oldest", 400, "query_invalid"),
        // The cursor of another order: {"order":"newest","rank":1,"brand":"a","zip":"10001"}.
        (
            "lost-zips?order=frequent&cursor=eyJvcmRlciI6Im5ld2VzdCIsInJhbmsiOjEsImJyYW5kIjoiYSIsInppcCI6IjEwMDAxIn0",
            400,
            "cursor_invalid",
        ),
    ] {
        let (answered, problem) = test.get(&format!("/v1/{path}")).await;
        assert_eq!(
            (answered.as_u16(), problem["code"].as_str()),
            (status, Some(code)),
            "{path}: {problem}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_limit_beyond_measure_is_capped(db: PgPool) {
    let hits: Vec<Hit> = (0..130).map(|n| like(n, |_| {})).collect();
    let test = with(db, &hits).await;

    let page = ok(&test, "/v1/hits/recent?limit=1000000000").await;

    assert_eq!(page["items"].as_array().unwrap().len(), 100);
    assert!(page["next_cursor"].is_string());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_ends_of_the_calendar_are_answered(db: PgPool) {
    let test = TestApp::new(db).await;
    for path in [
        "hits?from=0000-01-01T00:00:00Z",
        "hits?to=9999-12-31T23:59:59Z&grain=day",
        "hits/recent?from=0000-01-01T00:00:00%2B23:59&to=9999-12-31T23:59:59-23:59",
        "hits/splits?brand=acme&from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z",
        "hits/rules?brand=acme&days=65535",
        "lost-zips?days=0",
    ] {
        let (status, body) = test.get(&format!("/v1/{path}")).await;
        assert!(status.as_u16() < 500, "{path}: {body}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn only_a_key_that_may_read_hits_is_answered(db: PgPool) {
    let test = TestApp::new(db).await;
    let paths = [
        "hits",
        "hits/recent",
        "hits/rules?brand=a",
        "hits/splits?brand=a",
        "hits/quarantine",
        "lost-zips",
    ];
    let others: Vec<Permission> = Permission::ALL
        .into_iter()
        .filter(|one| *one != Permission::HitsRead)
        .collect();
    let wrong = test.api_key(&others).await;
    let right = test.api_key(&[Permission::HitsRead]).await;
    for path in paths {
        let ask = |token: Option<String>| {
            let request = test.anonymous(Method::GET, &format!("/v1/{path}"));
            let request = token.iter().fold(request, |request, token| {
                request.header("authorization", format!("Bearer {token}"))
            });
            test.send(request.body(Body::empty()).unwrap())
        };
        assert_eq!(ask(None).await.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(
            ask(Some(wrong.clone())).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
        assert_eq!(ask(Some(right.clone())).await.status, StatusCode::OK, "{path}");
    }
}
