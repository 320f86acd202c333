//! Splits, as they came out and as they are meant.

use axum::http::StatusCode;
use marquee_shared::hit::Hit;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{like, ok, pages, with};
use crate::redirects::{create, import_csv, post_any};

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
    // Nothing of the brand is live.
    let meant = |of: &Value| (of["compatible"].clone(), of["intended"].clone());
    assert_eq!(meant(&variants[0]), (Value::Null, Value::Null));
    assert_eq!(
        (&splits[0]["compatible"], &splits[0]["live_since"]),
        (&Value::Null, &Value::Null)
    );
}

/// By variant: hits, what is intended, and whether that may be.
fn told(split: &Value) -> Value {
    let variants = split["variants"].as_array().unwrap().iter();
    variants
        .map(|variant| {
            json!([
                variant["variant"],
                variant["hits"],
                variant["intended"],
                variant["compatible"]
            ])
        })
        .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_split_that_does_not_come_out_as_it_is_meant_is_told(db: PgPool) {
    let drawn = |from: u64, count: u64, rule: u32, variant: &str| -> Vec<Hit> {
        let hits = from..from + count;
        hits.map(|n| {
            like(n, |hit| {
                (hit.rule, hit.variant) = (Some(rule), Some(variant.into()))
            })
        })
        .collect()
    };
    let hits = [
        drawn(0, 62, 1, "a"),
        drawn(100, 38, 1, "b"),
        drawn(200, 52, 2, "a"),
        drawn(300, 48, 2, "b"),
        drawn(400, 60, 3, "a"),
        drawn(500, 9, 4, "old"),
    ];
    let test = with(db, &hits.concat()).await;
    create(&test, "acme").await;
    let mut csv = "kind,rule,state,split,variant,weight,url\r\n".to_owned();
    for (rule, state, variants) in [
        (1, "NY", &[("a", 1), ("b", 1)][..]),
        (2, "CA", &[("a", 2), ("b", 2), ("paused", 0)]),
        (3, "TX", &[("a", 3), ("b", 1)]),
        (4, "FL", &[("new", 1)]),
    ] {
        for (variant, weight) in variants {
            csv += &format!(
                "route,{rule},{state},sticky,{variant},{weight},https://quotes.acme.example/{rule}{variant}\r\n"
            );
        }
    }
    let imported = import_csv(&test, "acme", &csv).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    let published = post_any(&test, "/v1/brands/acme/publish", json!({})).await;
    assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
    test.leave_jobs();

    let splits = ok(&test, "/v1/hits/splits?brand=acme").await;

    let splits = splits["items"].as_array().unwrap();
    let verdicts: Vec<_> = splits.iter().map(|split| &split["compatible"]).collect();
    assert_eq!(json!(verdicts), json!([false, true, false, false]));
    assert_eq!(
        told(&splits[0]),
        json!([["a", 62, 0.5, false], ["b", 38, 0.5, false]])
    );
    assert_eq!(
        told(&splits[1]),
        json!([["a", 52, 0.5, true], ["b", 48, 0.5, true]]),
        "nobody misses what is paused"
    );
    assert_eq!(
        told(&splits[2]),
        json!([["a", 60, 0.75, false], ["b", 0, 0.25, false]]),
        "a variant that nobody gets is missed"
    );
    assert_eq!(
        told(&splits[3]),
        json!([["new", 0, 1.0, false], ["old", 9, null, null]])
    );
    assert_eq!(splits[0]["live_since"], "2026-07-01T12:00:00Z");
}
