//! `GET /healthz`: what this isolate answers by.

use marquee_shared::manifest::{Brand, Mode};
use serde::Serialize;

use crate::outbox::Outbox;
use crate::reply::{Problem, Reply};
use crate::store::Store;

#[derive(Serialize)]
struct Health<'a> {
    /// `ok`, `stale` past the soft expiry, `unavailable` without a manifest.
    status: &'a str,
    sequence: Option<u64>,
    /// Of the manifest.
    age_seconds: Option<i64>,
    build: &'a str,
    /// Why what lies in KV is not what answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    hits: Hits,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<BrandHealth<'a>>,
}

#[derive(Serialize)]
struct Hits {
    waiting: usize,
    dropped: u64,
}

#[derive(Serialize)]
struct BrandHealth<'a> {
    code: &'a str,
    mode: &'a str,
    revision: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<CanaryHealth>,
}

#[derive(Serialize)]
struct CanaryHealth {
    revision: u32,
    percent: u8,
}

/// With `brand`: the code asked for, and what answers for it here.
#[must_use]
pub fn reply(
    store: &Store,
    outbox: &Outbox,
    build: &str,
    brand: Option<Option<&Brand>>,
    now_ms: u64,
) -> Reply {
    let brand = match brand {
        Some(None) => return Problem::UnknownBrand.reply(true),
        Some(Some(brand)) => Some(brand_health(brand)),
        None => None,
    };
    let manifest = store.manifest();
    let (status, code) = match manifest {
        None => ("unavailable", 503),
        Some(_) if store.stale(now_ms) => ("stale", 200),
        Some(_) => ("ok", 200),
    };
    let now = i64::try_from(now_ms / 1_000).unwrap_or(i64::MAX);
    let health = Health {
        status,
        sequence: manifest.map(|manifest| manifest.sequence),
        age_seconds: manifest.map(|manifest| now.saturating_sub(manifest.created_at)),
        build,
        refused: store.refusal().map(|refusal| refusal.code),
        hits: Hits {
            waiting: outbox.waiting(),
            dropped: outbox.dropped(),
        },
        brand,
    };
    Reply::json(code, "application/json", &health)
}

fn brand_health(brand: &Brand) -> BrandHealth<'_> {
    BrandHealth {
        code: &brand.code,
        mode: match brand.mode {
            Mode::Rules => "rules",
            Mode::Fallback => "fallback",
        },
        revision: brand.revision,
        canary: brand.canary.as_ref().map(|canary| CanaryHealth {
            revision: canary.revision,
            percent: canary.percent,
        }),
    }
}
