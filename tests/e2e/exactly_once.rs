//! Whatever happens between an answer and its count: every answered decision is counted, and none twice.

mod traffic;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use marquee_tests::e2e::{Api, Fault, Platform};
use marquee_tests::{Dice, Seed, eventually};
use serde_json::Value;

use self::traffic::{Decided, Traffic};
use super::SOON;
use super::brand::Brand;
use super::convergence::converged;

const REQUESTS: usize = 10_000;
const AT_ONCE: usize = 32;
/// While this goes on nothing new goes wrong, and everything that did must be made good.
const RECOVERY: Duration = Duration::from_secs(150);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l02_l03_l05_l10_ten_thousand_requests_in_a_storm_are_counted_exactly_once() {
    let seed = Seed::choose();
    println!("{seed}");
    let mut dice = Dice::from(seed);
    let mut platform = Platform::start("exactly-once").await;
    let api = platform.core.api();
    for code in ["north", "south"] {
        let brand = Brand::create(&api, code).await;
        brand.draft("form").await.unwrap();
        brand.publish().await.unwrap().unwrap();
    }
    converged(&platform, &api).await;
    let traffic = Traffic::start(
        platform.edge.url(),
        Dice::from(Seed(dice.throw())),
        REQUESTS,
        AT_ONCE,
    );

    let weather = platform.sqs_proxy.weather.clone();
    traffic.admit(1_000);
    traffic.reached(1_000).await;

    weather.storm(Dice::from(Seed(dice.throw())), 25);
    traffic.admit(4_000);
    traffic.reached(2_500).await;
    platform.core.kill();
    // It comes back, and dies between the commit and the deletion; then before the commit.
    for point in ["hits.after_commit", "hits.before_commit"] {
        platform.core.set("MARQUEE_FAULT", &format!("{point}:1"));
        platform.core.launch();
        platform.core.crashed(SOON).await;
    }
    platform.core.set("MARQUEE_FAULT", "");
    platform.core.start().await;
    traffic.reached(5_000).await;

    weather.down();
    let refused = || weather.struck().get(&Fault::Refused).copied().unwrap_or_default();
    let before = refused();
    traffic.admit(2_000);
    traffic.reached(7_000).await;
    eventually("the outage is felt", SOON, async || match refused() - before {
        20.. => Ok(()),
        times => Err(times),
    })
    .await;
    weather.storm(Dice::from(Seed(dice.throw())), 25);
    traffic.admit(3_000);
    traffic.reached(8_000).await;
    let stopped = platform.core.terminate(SOON).await;
    assert!(stopped.success(), "{seed}: {stopped}");
    platform.core.start().await;
    let decided = traffic.ended().await;
    weather.calm();

    // Each hit once: nothing that we know of is missing, and nothing is there that we do not know of.
    let ids: BTreeSet<_> = decided.iter().map(|decided| decided.hit.clone()).collect();
    assert_eq!(ids.len(), decided.len(), "{seed}: no two answers share a hit");
    eventually("every decision is counted", RECOVERY, async || {
        let counted = api.get("/v1/hits?bots=include").await["hits"].as_u64().unwrap();
        let expected = ids.len() as u64;
        if counted == expected {
            Ok(())
        } else {
            Err(format!("{seed}: {counted} of {expected}"))
        }
    })
    .await;
    let stored = counted(&api).await;
    assert_eq!(stored.keys().cloned().collect::<BTreeSet<_>>(), ids, "{seed}");
    for Decided { hit, outcome } in &decided {
        assert_eq!(&stored[hit], outcome, "{seed}: {hit}");
    }
    roll_ups_agree(&api, &stored).await;

    let health = platform.edge.get("/healthz").await.json();
    assert_eq!(
        (
            health["hits"]["waiting"].as_u64(),
            health["hits"]["dropped"].as_u64()
        ),
        (Some(0), Some(0))
    );
    assert_eq!(
        api.list("/v1/hits/quarantine").await,
        Vec::<Value>::new(),
        "{seed}"
    );
    assert_eq!(platform.sqs.dead().await, 0, "{seed}: nothing was given up");
    eventually("the queue is empty", SOON, async || {
        match platform.sqs.waiting().await {
            0 => Ok(()),
            waiting => Err(waiting),
        }
    })
    .await;
    let struck = weather.struck();
    println!("{} decisions, faults {struck:?}", decided.len());
    for fault in Fault::ALL {
        assert!(
            struck.contains_key(&fault),
            "{seed}: {fault:?} never struck: {struck:?}"
        );
    }
}

/// Every hit that the database holds, with its outcome.
async fn counted(api: &Api) -> BTreeMap<String, String> {
    let text = |hit: &Value, name: &str| hit[name].as_str().unwrap().to_owned();
    let hits = api.list("/v1/hits/recent?bots=include").await;
    let count = hits.len();
    let hits: BTreeMap<_, _> = hits
        .iter()
        .map(|hit| (text(hit, "id"), text(hit, "outcome")))
        .collect();
    assert_eq!(hits.len(), count, "no hit is stored twice");
    hits
}

/// Minutes, hours, days and groups all add up to the hits themselves.
async fn roll_ups_agree(api: &Api, hits: &BTreeMap<String, String>) {
    for grain in ["minute", "hour", "day"] {
        let totals = api.get(&format!("/v1/hits?bots=include&grain={grain}")).await;
        let series = totals["series"].as_array().unwrap().iter();
        let sum: u64 = series.map(|point| point["hits"].as_u64().unwrap()).sum();
        assert_eq!(
            (totals["hits"].as_u64(), sum),
            (Some(hits.len() as u64), hits.len() as u64),
            "{grain}"
        );
    }
    let mut outcomes = BTreeMap::<&str, u64>::new();
    for outcome in hits.values() {
        *outcomes.entry(outcome).or_default() += 1;
    }
    let totals = api.get("/v1/hits?bots=include&group_by=outcome").await;
    let groups = totals["groups"].as_array().unwrap().iter();
    let groups: BTreeMap<_, _> = groups
        .map(|group| {
            (
                group["by"]["outcome"].as_str().unwrap(),
                group["hits"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(groups, outcomes);
}
