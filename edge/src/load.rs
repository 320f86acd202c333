//! From KV into the isolate: read, check, swap. Whatever is wrong, what is there stays.

use std::rc::Rc;

use marquee_shared::city::CityTable;
use marquee_shared::manifest::{self, Blob, Brand};
use marquee_shared::table::Table;
use sha2::{Digest, Sha256};
use worker::Env;
use worker::kv::KvStore;

use crate::isolate;
use crate::runtime;
use crate::settings::Settings;
use crate::sigv4::hex;
use crate::site::Installed;
use crate::store::{MANIFEST, Refusal};

/// KV's own cache, at its shortest: the isolate is the cache.
const CACHE_SECONDS: u64 = 30;
/// From here on WebCrypto hashes faster than wasm does.
const LARGE: usize = 100 << 10;

/// Loads the manifest, or the tables of the brand with this code. The caller holds the lease.
pub(crate) async fn load(env: &Env, settings: &Settings, key: &str) {
    match env.kv("RULES") {
        Ok(kv) if key == MANIFEST => refresh(&kv, settings).await,
        Ok(kv) => install(&kv, key).await,
        Err(error) => finished(key, Err(Refusal::new("kv_unbound", error))),
    }
}

/// Looks up the manifest, then brings every brand of this isolate up to it.
async fn refresh(kv: &KvStore, settings: &Settings) {
    let outcome = read_manifest(kv, settings).await;
    let accepted = outcome.is_ok();
    finished(MANIFEST, outcome);
    if accepted {
        isolate::with(|isolate| isolate.store.refreshed(runtime::now_ms(), settings.refresh_ms));
        for code in isolate::with(|isolate| isolate.store.behind()) {
            install(kv, &code).await;
        }
    }
}

/// Reads a brand's tables and swaps the brand in.
async fn install(kv: &KvStore, code: &str) {
    let live = isolate::with(|isolate| isolate.store.live(code).cloned());
    if let Some(brand) = live {
        let outcome = read_brand(kv, brand).await;
        let outcome = outcome
            .map(|installed| isolate::with(|isolate| isolate.store.install(installed, runtime::now_ms())));
        finished(code, outcome);
    }
}

fn finished(key: &str, outcome: Result<(), Refusal>) {
    let log = outcome.as_ref().err().cloned();
    let news = isolate::with(|isolate| isolate.store.loaded(key, outcome, runtime::now_ms()));
    if let Some(Refusal { code, detail }) = log.filter(|_| news) {
        let brand = if key == MANIFEST { "-" } else { key };
        worker::console_error!("refused {code} (brand {brand}): {detail}; what is loaded keeps answering");
    }
}

async fn read_manifest(kv: &KvStore, settings: &Settings) -> Result<(), Refusal> {
    let value = read(kv, manifest::KEY).await?;
    let (manifest, key_id) = manifest::verify(&value, &settings.keys, &settings.environment)
        .map_err(|refused| Refusal::new(refused.code(), refused))?;
    let (floor, now_ms) = (settings.min_sequence, runtime::now_ms());
    isolate::with(|isolate| isolate.store.accept(manifest, &key_id, floor, now_ms)).map(drop)
}

async fn read_brand(kv: &KvStore, brand: Brand) -> Result<Installed, Refusal> {
    let table = read_table(kv, &brand.code, &brand.table).await?;
    let canary = match &brand.canary {
        Some(canary) => Some(read_table(kv, &brand.code, &canary.table).await?),
        None => None,
    };
    let city = match &brand.city {
        Some(blob) => Some(read_city(kv, blob).await?),
        None => None,
    };
    Ok(Installed {
        brand,
        table,
        city,
        canary,
    })
}

async fn read_table(kv: &KvStore, brand: &str, blob: &Blob) -> Result<Rc<Table>, Refusal> {
    if let Some(table) = isolate::with(|isolate| isolate.store.table(&blob.sha256)) {
        return Ok(table);
    }
    let bytes = read_blob(kv, &manifest::table_key(&blob.sha256), blob).await?;
    let table = Table::load(bytes).map_err(|damage| Refusal::new(damage.code(), damage))?;
    if table.brand() != brand {
        return Err(Refusal::new(
            "wrong_brand",
            format!("the table is for `{}`", table.brand()),
        ));
    }
    Ok(Rc::new(table))
}

async fn read_city(kv: &KvStore, blob: &Blob) -> Result<Rc<CityTable>, Refusal> {
    if let Some(city) = isolate::with(|isolate| isolate.store.city(&blob.sha256)) {
        return Ok(city);
    }
    let bytes = read_blob(kv, &manifest::city_key(&blob.sha256), blob).await?;
    CityTable::load(bytes)
        .map(Rc::new)
        .map_err(|damage| Refusal::new(damage.code(), damage))
}

async fn read_blob(kv: &KvStore, key: &str, blob: &Blob) -> Result<Vec<u8>, Refusal> {
    let bytes = read(kv, key).await?;
    if u32::try_from(bytes.len()) != Ok(blob.size) || digest(&bytes).await != blob.sha256 {
        return Err(Refusal::new(
            "wrong_hash",
            format!("{key} has {} bytes of {}", bytes.len(), blob.size),
        ));
    }
    Ok(bytes)
}

async fn digest(bytes: &[u8]) -> String {
    if bytes.len() > LARGE
        && let Ok(digest) = runtime::sha256(js_sys::Uint8Array::from(bytes)).await
    {
        return hex(&js_sys::Uint8Array::from(digest).to_vec());
    }
    hex(&Sha256::digest(bytes))
}

async fn read(kv: &KvStore, key: &str) -> Result<Vec<u8>, Refusal> {
    match kv.get(key).cache_ttl(CACHE_SECONDS).bytes().await {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Refusal::new("kv_missing", format!("{key} is not in KV"))),
        Err(error) => Err(Refusal::new("kv_failed", format!("reading {key}: {error}"))),
    }
}
