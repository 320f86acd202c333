//! The manifest on our side: what it says of a brand, and what KV holds of it.

use marquee_shared::manifest::{self, Blob, Brand, KEY, Manifest};
use marquee_shared::rules::{self, RuleSet, Settings};

use super::domain::{effective_mode, parse_mode};
use super::edge_kv::KvError;
use super::store::LiveBrandRow;
use crate::app::App;
use crate::platform::telemetry;

/// What lies in KV under the manifest's key.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) bytes: Vec<u8>,
    /// `None` if it is not signed by one of our keys for our environment.
    pub(super) manifest: Option<Manifest>,
}

/// `None`: KV holds no manifest.
pub(super) async fn read(app: &App) -> Result<Option<Found>, KvError> {
    let Some(bytes) = telemetry::call("kv", "get", app.edge_kv.get(KEY), telemetry::ended).await? else {
        return Ok(None);
    };
    let keys = app.config.signing_keys.as_slice().iter();
    let keys: Vec<_> = keys
        .map(|(id, key)| (id.clone(), key.verifying_key().to_bytes()))
        .collect();
    let manifest = match manifest::verify(&bytes, &keys, &app.config.env) {
        Ok((manifest, _)) => Some(manifest),
        Err(refused) => {
            tracing::warn!(
                reason = refused.code(),
                "the manifest in KV is not ours: {refused}"
            );
            None
        }
    };
    Ok(Some(Found { bytes, manifest }))
}

/// A brand's entry.
pub(super) fn brand(row: LiveBrandRow) -> Brand {
    let canary = match (
        row.canary_revision,
        row.canary_percent,
        row.canary_salt,
        row.canary_sha256,
        row.canary_size,
    ) {
        (Some(revision), Some(percent), Some(salt), Some(sha256), Some(size)) => Some(manifest::Canary {
            revision: count(revision),
            table: Blob {
                sha256,
                size: count(size),
            },
            percent: u8::try_from(percent).unwrap_or(0),
            salt,
        }),
        _ => None,
    };
    let mode = match effective_mode(parse_mode(&row.mode), row.settings.mode) {
        rules::Mode::Rules => manifest::Mode::Rules,
        rules::Mode::Fallback => manifest::Mode::Fallback,
    };
    let table = Blob {
        sha256: row.table_sha256,
        size: count(row.table_size),
    };
    let city = row.city_sha256.zip(row.city_size).map(|(sha256, size)| Blob {
        sha256,
        size: count(size),
    });
    Brand {
        mode,
        revision: count(row.revision),
        city,
        canary,
        ..plain(row.code, row.settings.0, table)
    }
}

/// A brand's entry for trying a rule set out: in full force, under no revision.
pub(super) fn sketch(set: &RuleSet) -> Brand {
    plain(
        set.brand.clone(),
        set.settings.clone(),
        Blob {
            sha256: String::new(),
            size: 0,
        },
    )
}

fn plain(code: String, settings: Settings, table: Blob) -> Brand {
    Brand {
        code,
        mode: manifest::Mode::Rules,
        hosts: settings.hosts,
        origins: settings.origins,
        languages: settings.languages,
        default_language: settings.default_language,
        destinations: settings.destinations,
        pass_query: settings.pass_query,
        ask_url: settings.ask_url,
        fallback_url: settings.fallback_url,
        revision: 0,
        table,
        city: None,
        canary: None,
    }
}

/// The hashes of all that it names.
pub(super) fn blobs(manifest: &Manifest) -> Vec<String> {
    let of = |brand: &Brand| {
        let canary = brand.canary.as_ref().map(|canary| canary.table.sha256.clone());
        let city = brand.city.as_ref().map(|city| city.sha256.clone());
        [Some(brand.table.sha256.clone()), city, canary]
    };
    manifest.brands.iter().flat_map(of).flatten().collect()
}

/// The schema keeps these above zero.
fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}
