//! Whatever happens on the way, each hit counts once.

use std::time::Duration;

use futures::future::join_all;
use marquee_core::hits;
use marquee_core::platform::database;
use marquee_shared::hit::{Hit, Outcome};
use marquee_tests::hits::{hit, pack};
use marquee_tests::{ManualClock, TestApp};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use sqlx::PgPool;

/// What happens to the hits of one brand.
#[derive(Clone, Debug)]
struct Journey {
    /// For each hit: seconds before now, rule, whether a bot made it, whether it was lost.
    hits: Vec<(u32, u8, bool, bool)>,
    /// Messages, each a choice of hits; a hit may be in none, in several, or twice in one.
    messages: Vec<Vec<prop::sample::Index>>,
    /// Deliveries in order: which message, to which of three ingesters.
    deliveries: Vec<(prop::sample::Index, usize)>,
    /// How many messages each ingester takes into one transaction.
    batch: usize,
    /// After how many microseconds an ingester is killed, per transaction, in turn; 0 lets it live.
    kills: Vec<u64>,
}

fn journey() -> impl Strategy<Value = Journey> {
    let hit = (0..200_000_u32, 0..6_u8, any::<bool>(), any::<bool>());
    let message = prop::collection::vec(any::<prop::sample::Index>(), 0..30);
    let delivery = (any::<prop::sample::Index>(), 0..3_usize);
    let kill = prop_oneof![Just(0), 200..20_000_u64];
    (
        prop::collection::vec(hit, 1..120),
        prop::collection::vec(message, 1..12),
        prop::collection::vec(delivery, 0..30),
        1..6_usize,
        prop::collection::vec(kill, 1..8),
    )
        .prop_map(|(hits, messages, deliveries, batch, kills)| Journey {
            hits,
            messages,
            deliveries,
            batch,
            kills,
        })
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_hit_counts_once_however_it_is_split_doubled_reordered_and_interrupted(db: PgPool) {
    // The production pool: it survives transactions that are dropped half-way.
    let pool = database::pool_options(8)
        .connect_with((*db.connect_options()).clone())
        .await
        .unwrap();
    let test = TestApp::with(db, |parts| parts.db = pool).await;
    let mut runner = TestRunner::deterministic();
    for case in 0..24 {
        let journey = journey().new_tree(&mut runner).unwrap().current();
        let brand = format!("brand-{case}");
        let expected = travel(&test, &brand, &journey).await;
        for grain in ["minute", "hour", "day"] {
            let path = format!(
                "/v1/hits?brand={brand}&bots=include&grain={grain}&from=2026-06-29T12:00:00Z&to=2026-07-01T12:01:00Z\
                 &group_by=rule,outcome&limit=100"
            );
            let (status, totals) = test.get(&path).await;
            assert_eq!(status, 200, "{totals}");
            let groups = totals["groups"].as_array().unwrap().iter();
            let told: i64 = groups.map(|group| group["hits"].as_i64().unwrap()).sum();
            let hits = totals["hits"].as_i64().unwrap();
            assert_eq!(
                (hits, told),
                (expected.all, expected.all),
                "{grain} of case {case}: {journey:?}"
            );
        }
        let (_, lost) = test
            .get(&format!("/v1/lost-zips?brand={brand}&bots=include"))
            .await;
        let lost = lost["items"][0]["hits"].as_i64().unwrap_or(0);
        assert_eq!(lost, expected.lost, "cells of case {case}: {journey:?}");
        let stored: i64 = sqlx::query_scalar("select count(*) from hits.hit where brand = $1")
            .bind(&brand)
            .fetch_one(&test.app.db)
            .await
            .unwrap();
        assert_eq!(stored, expected.all, "rows of case {case}: {journey:?}");
    }
}

struct Expected {
    all: i64,
    lost: i64,
}

/// Takes the hits through the journey, then delivers every message once more, as the queue would.
async fn travel(test: &TestApp, brand: &str, journey: &Journey) -> Expected {
    let made: Vec<Hit> = journey
        .hits
        .iter()
        .enumerate()
        .map(|(n, kind)| make(brand, n, *kind))
        .collect();
    let chosen: Vec<Vec<usize>> = journey
        .messages
        .iter()
        .map(|message| message.iter().map(|index| index.index(made.len())).collect())
        .collect();
    let messages: Vec<Vec<u8>> = chosen
        .iter()
        .map(|message| pack(&message.iter().map(|n| made[*n].clone()).collect::<Vec<_>>()))
        .collect();

    let mut queues: [Vec<Vec<u8>>; 3] = Default::default();
    for (index, ingester) in &journey.deliveries {
        queues[*ingester].push(messages[index.index(messages.len())].clone());
    }
    let all_again = [messages.clone(), messages.iter().rev().cloned().collect(), vec![]];
    for (queues, killing) in [(queues, true), (all_again, false)] {
        let ingesters = queues.iter().map(|queue| async {
            for (batch, kill) in queue.chunks(journey.batch).zip(journey.kills.iter().cycle()) {
                let accepting = hits::accept(&test.app, batch.iter().map(Vec::as_slice));
                if killing && *kill > 0 {
                    // Before, within or after the commit: who knows.
                    let _ = tokio::time::timeout(Duration::from_micros(*kill), accepting).await;
                } else {
                    accepting.await.expect("hits are accepted");
                }
            }
        });
        join_all(ingesters).await;
    }

    let mut sent: Vec<usize> = chosen.concat();
    sent.sort_unstable();
    sent.dedup();
    let lost = sent.iter().filter(|n| made[**n].outcome == Outcome::Lost).count();
    Expected {
        all: sent.len() as i64,
        lost: lost as i64,
    }
}

fn make(brand: &str, n: usize, (age, rule, bot, lost): (u32, u8, bool, bool)) -> Hit {
    // Within the 48 hours of which minutes are kept.
    let at = ManualClock::START - time::Duration::milliseconds(i64::from(age) * 850);
    Hit {
        brand: brand.to_owned(),
        rule: (!lost).then_some(rule.into()),
        bot,
        outcome: if lost { Outcome::Lost } else { Outcome::Redirect },
        ..hit(at, n as u64)
    }
}
