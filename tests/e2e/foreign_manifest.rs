//! Somebody else writes to KV. The readers refuse what is not signed by us for them, and the core puts it right.

use ed25519_dalek::SigningKey;
use marquee_shared::manifest::{self, FORMAT, Manifest};
use marquee_tests::e2e::{Platform, manifest_keys, signing_keys};
use marquee_tests::eventually;

use super::SOON;
use super::brand::Brand;
use super::convergence::converged;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k05_k08_k11_what_is_put_into_kv_by_others_is_refused_and_the_last_good_table_answers() {
    let mut platform = Platform::start("foreign-manifest").await;
    let api = platform.core.api();
    let brand = Brand::live(&api, &platform.edge, "foreign").await;
    brand.draft("second").await.unwrap();
    let published = brand.publish().await.unwrap().unwrap();
    let good = converged(&platform, &api).await;
    let kv = platform.edge.kv();
    let value = kv.get(manifest::KEY).await.unwrap();
    // Nobody repairs what we break.
    platform.core.terminate(SOON).await;

    for (refused, forged) in forgeries(&good, &value) {
        kv.put(manifest::KEY, forged).await;
        eventually(&format!("{refused} is refused"), SOON, async || {
            let answer = platform.edge.get(&brand.probe()).await;
            assert_eq!(
                answer.revision(),
                Some(published.revision),
                "{refused}: {answer:?}"
            );
            let health = platform.edge.health(&brand.code).await;
            assert_eq!(health["sequence"], published.sequence, "{refused}: {health}");
            if health["refused"] == refused {
                Ok(())
            } else {
                Err(health)
            }
        })
        .await;
        kv.put(manifest::KEY, value.clone()).await;
        eventually("the good one is taken again", SOON, async || {
            let health = platform.edge.health(&brand.code).await;
            if health["refused"].is_null() {
                Ok(())
            } else {
                Err(health)
            }
        })
        .await;
    }

    // A table that is not what its name says: the manifest is ours and newer, and yet the brand stays.
    let mut newer = good.clone();
    newer.sequence += 1;
    let table = &mut newer.brands[0].table;
    let mut bytes = kv.get(&manifest::table_key(&table.sha256)).await.unwrap();
    table.sha256 = "0".repeat(64);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    kv.put(&manifest::table_key(&table.sha256), bytes).await;
    kv.put(manifest::KEY, manifest::sign(&newer, &signing_keys()))
        .await;
    eventually("wrong_hash is refused", SOON, async || {
        let answer = platform.edge.get(&brand.probe()).await;
        assert_eq!(answer.revision(), Some(published.revision), "{answer:?}");
        let health = platform.edge.health(&brand.code).await;
        if health["refused"] == "wrong_hash" {
            Ok(())
        } else {
            Err(health)
        }
    })
    .await;
}

/// Manifests that no reader of ours may take, by the code of the refusal.
fn forgeries(good: &Manifest, value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let sign = |change: fn(&mut Manifest)| {
        let mut manifest = good.clone();
        manifest.sequence += 1_000;
        change(&mut manifest);
        manifest::sign(&manifest, &signing_keys())
    };
    let stranger = vec![(signing_keys()[0].0.clone(), SigningKey::from_bytes(&[9; 32]))];
    let mut newer = good.clone();
    newer.sequence += 1_000;
    let forgeries = [
        manifest::sign(&newer, &stranger),
        value[..value.len() / 2].to_vec(),
        flipped(value),
        sign(|manifest| manifest.env = "production".to_owned()),
        sign(|manifest| manifest.min_reader = FORMAT + 1),
    ];
    let code = |value: &[u8]| {
        manifest::verify(value, &manifest_keys(), "local")
            .unwrap_err()
            .code()
    };
    let mut forgeries: Vec<_> = forgeries
        .into_iter()
        .map(|forged| (code(&forged), forged))
        .collect();
    // Well signed, and gone by: only an isolate that knows the newer one can tell.
    let mut older = good.clone();
    older.sequence -= 1;
    forgeries.push(("rollback", manifest::sign(&older, &signing_keys())));
    forgeries
}

/// One bit in the payload, which is in the middle of the value.
fn flipped(value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    let third = value.len() / 3;
    value[third] ^= 1;
    value
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_in_kv_that_is_not_the_cores_is_put_right() {
    let mut platform = Platform::start("repair").await;
    let api = platform.core.api();
    let brand = Brand::live(&api, &platform.edge, "repair").await;
    let good = converged(&platform, &api).await;
    let kv = platform.edge.kv();

    let stranger = vec![("stranger".to_owned(), SigningKey::from_bytes(&[9; 32]))];
    kv.put(manifest::KEY, manifest::sign(&good, &stranger)).await;
    // It looks every minute.
    let repaired = converged(&platform, &api).await;
    assert_eq!(repaired, good, "put back as it was");

    platform.core.terminate(SOON).await;
    kv.delete(manifest::KEY).await;
    kv.delete(&manifest::table_key(&good.brands[0].table.sha256))
        .await;
    platform.database.pass_minutes(5).await;
    platform.core.start().await;
    let refilled = converged(&platform, &api).await;
    assert_eq!(refilled, good, "an emptied namespace is filled again");
    assert_eq!(brand.live_revision().await, Some(good.brands[0].revision));
}
