//! The core dies in the middle of a publish. Whenever that is, what visitors are answered by is whole, and what
//! the database says is what the edge ends with.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use marquee_tests::e2e::Platform;
use marquee_tests::process::root;
use marquee_tests::{Dice, Seed};

use super::SOON;
use super::brand::Brand;
use super::convergence::{checked, converged};

/// Every fault point that a publish passes, and whether the database has the new revision by then.
const POINTS: [(&str, bool); 10] = [
    ("redirects.freeze.after_compile", false),
    ("redirects.publish.after_compile", false),
    ("redirects.publish.after_freeze", false),
    ("redirects.publish.before_commit", false),
    ("redirects.publish.after_commit", true),
    ("redirects.sync.before_blob", true),
    ("redirects.sync.after_blob", true),
    ("redirects.sync.after_blobs", true),
    ("redirects.sync.before_manifest", true),
    ("redirects.sync.after_manifest", true),
];

#[test]
fn the_fault_points_of_a_publish_are_all_listed() {
    let mut found = BTreeSet::new();
    fault_points(&root().join("core/src/redirects"), &mut found);
    // Those of a request are in `tests/core/redirects/schedule.rs`.
    found.retain(|point| !point.starts_with("redirects.request."));
    let listed: BTreeSet<_> = POINTS.iter().map(|(point, _)| (*point).to_owned()).collect();
    assert_eq!(found, listed);
}

/// The names in every `faults.hit("…")` under `folder`.
fn fault_points(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fault_points(&path, found);
        } else {
            let source = fs::read_to_string(&path).unwrap();
            let calls = source.split("faults.hit(\"").skip(1);
            found.extend(calls.filter_map(|call| Some(call.split_once('"')?.0.to_owned())));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k15_a_core_killed_at_any_point_of_a_publish_leaves_kv_equal_to_the_database() {
    let mut platform = Platform::start("crash-points").await;
    let mut brand = Brand::live(&platform.core.api(), &platform.edge, "points").await;
    let mut revision = brand.live_revision().await.unwrap();

    for (round, (point, decided)) in POINTS.into_iter().enumerate() {
        brand.draft(&format!("form-{round}")).await.unwrap();
        platform.core.terminate(SOON).await;
        if point.starts_with("redirects.sync") {
            // Nobody works while it is published, so that the point is passed with something to do.
            platform.core.start_api().await;
            brand.publish().await.unwrap().unwrap();
            platform.core.terminate(SOON).await;
            platform.core.set("MARQUEE_FAULT", &format!("{point}:1"));
            platform.core.launch();
        } else {
            platform.core.set("MARQUEE_FAULT", &format!("{point}:1"));
            platform.core.start_api().await;
            if point.starts_with("redirects.freeze") {
                brand.freeze().await.unwrap_err();
            } else {
                brand.publish().await.unwrap_err();
            }
        }
        let status = platform.core.crashed(SOON).await;
        assert!(!status.success(), "{point}: aborted: {status}");
        checked(&platform.edge.kv().all().await).unwrap_or_else(|broken| panic!("{point}: {broken}"));
        let answer = platform.edge.get(&brand.probe()).await;
        assert!(
            answer.location().is_some(),
            "{point}: a visitor is answered meanwhile: {answer:?}"
        );

        platform.core.set("MARQUEE_FAULT", "");
        platform.database.pass_minutes(5).await;
        platform.core.start().await;
        let api = platform.core.api();
        brand = brand.through(&api);
        let live = brand.live_revision().await.unwrap();
        assert_eq!(
            live > revision,
            decided,
            "{point}: revision {live} is live after {revision}"
        );
        converged(&platform, &api).await;
        if !decided {
            // It never happened, and nothing stands in the way of doing it now.
            let published = brand.publish().await.unwrap();
            assert_eq!(published.unwrap().revision, revision + 1, "{point}");
        }
        revision += 1;
        let answer = brand.answers_by(&platform.edge, revision).await;
        assert!(
            answer.location().unwrap().contains(&format!("/form-{round}?")),
            "{point}: {answer:?}"
        );
        converged(&platform, &api).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k15_a_core_killed_at_random_moments_never_leaves_half_a_publish() {
    const ROUNDS: usize = 6;
    let seed = Seed::choose();
    println!("{seed}");
    let mut dice = Dice::from(seed);
    let mut platform = Platform::start("crash-moments").await;
    let mut brand = Brand::live(&platform.core.api(), &platform.edge, "moments").await;
    let mut promised = 0;

    for round in 0..ROUNDS {
        let publishing = tokio::spawn(publish_for_ever(brand.clone(), round));
        tokio::time::sleep(Duration::from_millis(dice.below(1_500))).await;
        platform.core.kill();
        promised = promised.max(publishing.await.unwrap());
        checked(&platform.edge.kv().all().await)
            .unwrap_or_else(|broken| panic!("{seed}, round {round}: {broken}"));
        let answer = platform.edge.get(&brand.probe()).await;
        assert!(answer.location().is_some(), "{seed}, round {round}: {answer:?}");

        platform.database.pass_minutes(5).await;
        platform.core.start().await;
        brand = brand.through(&platform.core.api());
        let live = brand.live_revision().await.unwrap();
        assert!(
            live >= promised,
            "{seed}, round {round}: revision {promised} was promised, {live} is live"
        );
    }
    let api = platform.core.api();
    converged(&platform, &api).await;
    brand.draft("last").await.unwrap();
    let last = brand.publish().await.unwrap().unwrap();
    let answer = brand.answers_by(&platform.edge, last.revision).await;
    assert!(answer.location().unwrap().contains("/last?"), "{answer:?}");
    assert_eq!(converged(&platform, &api).await.sequence, last.sequence);
}

/// Publishes one draft after the other until the core is gone; returns the last revision it promised.
async fn publish_for_ever(brand: Brand, round: usize) -> u32 {
    let mut promised = 0;
    for turn in 0.. {
        if brand.draft(&format!("form-{round}-{turn}")).await.is_err() {
            break;
        }
        match brand.publish().await {
            Ok(published) => promised = published.unwrap().revision,
            Err(_) => break,
        }
    }
    promised
}
