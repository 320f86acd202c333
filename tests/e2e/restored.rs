//! The database is lost, and comes back as it was some publishes ago, by the commands of `docs/restore.md`.

use marquee_tests::Restore;
use marquee_tests::e2e::Platform;
use serde_json::json;

use super::SOON;
use super::brand::Brand;
use super::convergence::converged;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_edge_goes_on_until_it_is_made_to_follow_a_restored_database() {
    let mut platform = Platform::start("restored").await;
    let api = platform.core.api();
    let brand = Brand::live(&api, &platform.edge, "restored").await;
    let kept = converged(&platform, &api).await;
    let restore = Restore::of(platform.database.url(), platform.folder());
    restore.follow("take");
    brand.draft("second").await.unwrap();
    let lost = brand.publish().await.unwrap().unwrap();
    brand.answers_by(&platform.edge, lost.revision).await;
    converged(&platform, &api).await;

    platform.core.terminate(SOON).await;
    restore.follow("restore");
    platform.core.set("DATABASE_URL", restore.restored.url().as_str());
    platform.core.start().await;

    let proven = platform.core.shell(&restore.script("prove"));
    assert_eq!(proven.code, Some(0), "{proven:?}");
    let api = platform.core.api();
    let brand = brand.through(&api);
    assert_eq!(brand.live_revision().await, Some(kept.brands[0].revision));
    // What the database has live is no news to it, so publishing it again says nothing to the edge.
    let (_, again) = api
        .post(
            "/v1/brands/restored/publish",
            json!({ "revision": kept.brands[0].revision }),
        )
        .await;
    assert_eq!(again["code"], "already_live", "{again}");
    brand.answers_by(&platform.edge, lost.revision).await;

    let taken = platform.core.shell(&restore.script_there("take over"));

    assert_eq!(taken.code, Some(0), "{taken:?}");
    let manifest = converged(&platform, &api).await;
    assert!(manifest.sequence > lost.sequence, "{manifest:?}");
    assert_eq!(manifest.brands, kept.brands);
    brand.answers_by(&platform.edge, kept.brands[0].revision).await;
    let nothing = platform.core.cli(&["rules", "take-over"]);
    assert_ne!(nothing.code, Some(0), "{nothing:?}");
    assert!(nothing.errors.contains("nothing to take over"), "{nothing:?}");
    let reconciled = platform.core.shell(&restore.script_there("reconcile"));
    assert_eq!(reconciled.code, Some(0), "{reconciled:?}");
    platform.core.terminate(SOON).await;
}
