//! Lists of single hits and of lost ZIPs, page by page.

use marquee_shared::hit::Hit;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{like, lost, ok, pages, with};

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
async fn a_limit_beyond_measure_is_capped(db: PgPool) {
    let hits: Vec<Hit> = (0..130).map(|n| like(n, |_| {})).collect();
    let test = with(db, &hits).await;

    let page = ok(&test, "/v1/hits/recent?limit=1000000000").await;

    assert_eq!(page["items"].as_array().unwrap().len(), 100);
    assert!(page["next_cursor"].is_string());
}
