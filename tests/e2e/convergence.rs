use std::collections::BTreeMap;

use marquee_shared::manifest::{self, Manifest};
use marquee_shared::table::Table;
use marquee_tests::e2e::{Api, Platform, manifest_keys};
use marquee_tests::eventually;
use sha2::{Digest, Sha256};

use super::SOON;

/// Reads KV, and checks what must hold at any moment: the manifest is ours, and every blob that it names is
/// there, whole and readable. `None`: there is no manifest yet.
pub(crate) fn checked(kv: &BTreeMap<String, Vec<u8>>) -> Result<Option<Manifest>, String> {
    let Some(value) = kv.get(manifest::KEY) else {
        return Ok(None);
    };
    let (manifest, _) =
        manifest::verify(value, &manifest_keys(), "local").map_err(|refused| refused.to_string())?;
    for brand in &manifest.brands {
        let canary = brand.canary.iter().map(|canary| &canary.table);
        for table in std::iter::once(&brand.table).chain(canary) {
            let bytes = blob(kv, &manifest::table_key(&table.sha256), &table.sha256)?;
            let table = Table::load(bytes.clone()).map_err(|damage| damage.to_string())?;
            if table.brand() != brand.code {
                return Err(format!("the table of {} is for {}", brand.code, table.brand()));
            }
        }
        if let Some(city) = &brand.city {
            blob(kv, &manifest::city_key(&city.sha256), &city.sha256)?;
        }
    }
    Ok(Some(manifest))
}

fn blob<'a>(kv: &'a BTreeMap<String, Vec<u8>>, key: &str, sha256: &str) -> Result<&'a Vec<u8>, String> {
    let bytes = kv
        .get(key)
        .ok_or_else(|| format!("the manifest names {key}, which is not there"))?;
    let found: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if found == sha256 {
        Ok(bytes)
    } else {
        Err(format!("{key} holds bytes of the hash {found}"))
    }
}

/// Waits until KV equals the database and visitors are answered by it.
pub(crate) async fn converged(platform: &Platform, api: &Api) -> Manifest {
    let manifest = eventually("KV equals the database", SOON, async || {
        equal(platform, api).await
    })
    .await;
    for brand in &manifest.brands {
        let what = format!(
            "the edge answers by revision {} of {}",
            brand.revision, brand.code
        );
        eventually(&what, SOON, async || {
            let health = platform.edge.health(&brand.code).await;
            let right = health["brand"]["revision"] == brand.revision;
            if right { Ok(()) } else { Err(health) }
        })
        .await;
    }
    manifest
}

async fn equal(platform: &Platform, api: &Api) -> Result<Manifest, String> {
    let publishing = api.get("/v1/publishing").await;
    if publishing["status"] != "synced" {
        return Err(publishing.to_string());
    }
    let manifest = checked(&platform.edge.kv().all().await)?.ok_or("there is no manifest")?;
    if publishing["sequence"] != manifest.sequence {
        return Err(format!("KV has sequence {}: {publishing}", manifest.sequence));
    }
    let live = api.list("/v1/brands").await;
    let live: BTreeMap<_, _> = live
        .iter()
        .filter_map(|brand| Some((brand["code"].as_str()?, brand["live"]["revision"].as_u64()?)))
        .collect();
    let named: BTreeMap<_, _> = manifest
        .brands
        .iter()
        .map(|brand| (brand.code.as_str(), u64::from(brand.revision)))
        .collect();
    if live == named {
        Ok(manifest)
    } else {
        Err(format!("live {live:?}, in KV {named:?}"))
    }
}
