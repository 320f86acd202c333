//! Totals, series, groups and rules.

use std::collections::BTreeMap;

use marquee_shared::hit::{Hit, Outcome};
use marquee_tests::TestApp;
use marquee_tests::hits::pack;
use serde_json::json;
use sqlx::PgPool;

use super::{accept, like, lost, ok, pages, with};

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
async fn a_range_begins_so_many_days_before_its_end(db: PgPool) {
    const DAY: u64 = 86_400;
    let hits = [1, DAY - 7_200, DAY + 7_200, 5 * DAY, 9 * DAY].map(|age| like(age, |_| {}));
    let test = with(db, &hits).await;
    for (query, hits) in [
        ("days=1", 2),
        ("days=2", 3),
        ("days=7", 4),
        ("days=30", 5),
        ("days=3&to=2026-06-28T00:00:00Z", 1),
    ] {
        let totals = ok(&test, &format!("/v1/hits?{query}")).await;
        assert_eq!(totals["hits"], hits, "{query}: {totals}");
    }
    let recent = ok(&test, "/v1/hits/recent?days=2").await;
    assert_eq!(recent["items"].as_array().unwrap().len(), 3, "{recent}");
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

/// Hits by a group's first dimension, whatever else tells groups apart.
async fn sums(test: &TestApp, query: &str, by: &str) -> BTreeMap<String, i64> {
    let totals = ok(test, &format!("/v1/hits?{query}&limit=100&group_by={by}")).await;
    assert_eq!(totals["other"], 0, "{query}");
    let first = by.split(',').next().unwrap();
    let mut sums = BTreeMap::new();
    for group in totals["groups"].as_array().unwrap() {
        *sums.entry(group["by"][first].to_string()).or_default() += group["hits"].as_i64().unwrap();
    }
    sums
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_question_has_one_answer_however_coarse_the_counts_it_is_asked_of(db: PgPool) {
    let mixed = |n: u64| {
        like(n * 700, |hit| {
            hit.brand = if n.is_multiple_of(3) { "acme" } else { "other" }.into();
            hit.product = if n.is_multiple_of(4) { "auto" } else { "home" }.into();
            hit.state = [Some("NY"), Some("CA"), None][n as usize % 3].map(str::to_owned);
            hit.rule = Some(7 + n as u32 % 2);
            hit.bot = n.is_multiple_of(7);
        })
    };
    let hits: Vec<Hit> = (0..90)
        .map(mixed)
        .chain((90..100).map(|n| lost(n, "acme", "00099")))
        .collect();
    let test = with(db, &hits).await;
    accept(&test, &[pack(&hits)]).await;

    for grain in ["hour", "day"] {
        for filter in [
            "",
            "bots=include",
            "brand=acme",
            "product=home&bots=only",
            "outcome=lost",
        ] {
            let query = format!("from=2026-06-30T00:00:00Z&grain={grain}&{filter}");
            for by in ["brand", "state", "rule", "product"] {
                let others: Vec<_> = ["state", "rule", "brand"]
                    .into_iter()
                    .filter(|other| *other != by)
                    .collect();
                let finest = format!("{by},{}", others.join(","));
                assert_eq!(
                    sums(&test, &query, by).await,
                    sums(&test, &query, &finest).await,
                    "{query} by {by}"
                );
            }
        }
    }
}
