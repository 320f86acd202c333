//! What the edge serves in the bench: many brands, published as core would, and visitors for all of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use marquee_shared::compile::compile;
use marquee_shared::decide::{Site, decide};
use marquee_shared::manifest::{self, Brand, FORMAT, Manifest};
use marquee_shared::rules::RuleSet;
use marquee_shared::table::Table;
use time::{Duration, OffsetDateTime};

use crate::brand;
use crate::engine::requests::{self, Mix};

/// The manifest's environment, and the Worker's.
pub const ENVIRONMENT: &str = "local";
const KEY_ID: &str = "bench";
const KEY: [u8; 32] = [7; 32];

/// Files as KV has them, and paths to ask.
#[derive(Debug)]
pub struct Estate {
    /// A file for each key.
    pub blobs: PathBuf,
    /// The keys, the manifest last.
    pub keys: Vec<String>,
    /// A path a line, all answered with a redirect.
    pub paths: PathBuf,
    /// Each path's answer, by a decision in native code.
    pub answers: BTreeMap<String, String>,
    /// Bytes of all tables.
    pub table_bytes: usize,
}

/// Publishes `brands` brands of `rules` rules each and draws `visitors` of them, all under `scratch`.
///
/// # Errors
/// When the rules are refused, or the files cannot be written.
pub fn build(scratch: &Path, brands: usize, rules: usize, visitors: usize) -> Result<Estate> {
    let blobs = scratch.join("kv");
    #[expect(
        clippy::disallowed_methods,
        reason = "the Worker, whose clock it is, asks for a manifest of today"
    )]
    let now = OffsetDateTime::now_utc();
    let mut estate = Estate {
        blobs,
        keys: Vec::new(),
        paths: scratch.join("paths"),
        answers: BTreeMap::new(),
        table_bytes: 0,
    };
    let mut live = Vec::new();
    for index in 0..brands {
        let set = marquee_sample::rules(rules, index as u64);
        live.push(estate.publish(set, index, visitors / brands, now.unix_timestamp())?);
    }
    let manifest = Manifest {
        format: FORMAT,
        min_reader: FORMAT,
        env: ENVIRONMENT.to_owned(),
        sequence: 1,
        created_at: now.unix_timestamp(),
        soft_expires_at: (now + Duration::hours(48)).unix_timestamp(),
        brands: live,
    };
    let key = (KEY_ID.to_owned(), SigningKey::from_bytes(&KEY));
    estate.put(manifest::KEY, &manifest::sign(&manifest, &[key]))?;
    let lines: Vec<&str> = estate.answers.keys().map(String::as_str).collect();
    fs::write(&estate.paths, lines.join("\n")).context("writing the paths")?;
    Ok(estate)
}

/// The core's `MARQUEE_SIGNING_KEY`.
pub fn signing_key() -> String {
    format!("{KEY_ID}:{}", URL_SAFE_NO_PAD.encode(KEY))
}

/// The Worker's `MANIFEST_KEYS`.
pub fn verification_key() -> String {
    let key = SigningKey::from_bytes(&KEY).verifying_key();
    format!("{KEY_ID}:{}", URL_SAFE_NO_PAD.encode(key.as_bytes()))
}

impl Estate {
    fn publish(&mut self, mut set: RuleSet, index: usize, visitors: usize, now: i64) -> Result<Brand> {
        set.brand = format!("brand-{index:03}");
        set.settings.hosts = vec![format!("{}.example.com", set.brand)];
        let compiled = compile(&set).context("compiling a brand's rules")?;
        self.put(
            &manifest::table_key(&brand::blob(&compiled.bytes).sha256),
            &compiled.bytes,
        )?;
        self.table_bytes += compiled.bytes.len();
        let brand = brand::live(&set, &compiled, None);
        let table = Table::load(compiled.bytes).context("loading a brand's table")?;
        let site = Site {
            brand: &brand,
            revision: brand.revision,
            canary: false,
            table: &table,
            city: None,
        };
        for request in requests::draw(&set, Mix::Skewed, now, visitors) {
            let decision = decide(&site, &request.visitor());
            if let Some(location) = decision.location {
                self.answers.insert(request.path(&brand.code), location);
            }
        }
        Ok(brand)
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<()> {
        let file = self.blobs.join(key);
        let folder = file.parent().context("a key without a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        fs::write(&file, value).with_context(|| format!("writing {}", file.display()))?;
        self.keys.push(key.to_owned());
        Ok(())
    }
}
