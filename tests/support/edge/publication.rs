use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use marquee_shared::compile::compile;
use marquee_shared::hit::Hit;
use marquee_shared::manifest::{self, Blob, Brand, Canary, Manifest, Mode};
use marquee_shared::rules::RuleSet;
use marquee_shared::{city, rules};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A key that signs manifests, with its id.
#[derive(Clone)]
pub struct Signer {
    pub id: String,
    key: SigningKey,
}

impl Signer {
    /// The key that the runtime of the tests trusts.
    pub fn test() -> Self {
        Self::new("test", 1)
    }

    pub fn new(id: &str, secret: u8) -> Self {
        Self {
            id: id.to_owned(),
            key: SigningKey::from_bytes(&[secret; 32]),
        }
    }

    /// As `MANIFEST_KEYS` has it.
    pub fn public(&self) -> String {
        format!(
            "{}:{}",
            self.id,
            URL_SAFE_NO_PAD.encode(self.key.verifying_key().to_bytes())
        )
    }
}

/// A manifest with the tables that it names, as the core would publish them.
#[derive(Clone, Debug)]
pub struct Publication {
    pub manifest: Manifest,
    blobs: Vec<(String, Vec<u8>)>,
}

impl Publication {
    /// Of no brand yet, signed now for `ENVIRONMENT=local`.
    pub fn new(sequence: u64) -> Self {
        let manifest = Manifest {
            format: manifest::FORMAT,
            min_reader: manifest::FORMAT,
            env: "local".into(),
            sequence,
            created_at: now(),
            soft_expires_at: now() + 48 * 3_600,
            brands: Vec::new(),
        };
        Self {
            manifest,
            blobs: Vec::new(),
        }
    }

    /// With a brand live at a revision.
    #[must_use]
    pub fn brand(mut self, set: &RuleSet, revision: u32) -> Self {
        let (table, uses_city) = self.table(set);
        let settings = set.settings.clone();
        let city = uses_city.then(|| {
            let bytes = city::compile(city::geonames());
            let blob = blob(&bytes);
            self.blobs.push((manifest::city_key(&blob.sha256), bytes));
            blob
        });
        self.manifest.brands.push(Brand {
            code: set.brand.clone(),
            hosts: settings.hosts,
            origins: settings.origins,
            languages: settings.languages,
            default_language: settings.default_language,
            destinations: settings.destinations,
            pass_query: settings.pass_query,
            ask_url: settings.ask_url,
            fallback_url: settings.fallback_url,
            mode: match settings.mode {
                rules::Mode::Rules => Mode::Rules,
                rules::Mode::Fallback => Mode::Fallback,
            },
            revision,
            table,
            city,
            canary: None,
        });
        self
    }

    /// With a canary of the brand added last.
    #[must_use]
    pub fn canary(mut self, set: &RuleSet, revision: u32, percent: u8) -> Self {
        let (table, _) = self.table(set);
        let brand = self
            .manifest
            .brands
            .last_mut()
            .expect("a brand before its canary");
        brand.canary = Some(Canary {
            revision,
            table,
            percent,
            salt: "salt".into(),
        });
        self
    }

    /// With the manifest changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Manifest)) -> Self {
        change(&mut self.manifest);
        self
    }

    /// KV's keys and values, without the manifest.
    pub fn blobs(&self) -> Vec<(String, Vec<u8>)> {
        self.blobs.clone()
    }

    /// The manifest's value.
    pub fn signed(&self, signers: &[Signer]) -> Vec<u8> {
        let keys: Vec<_> = signers
            .iter()
            .map(|signer| (signer.id.clone(), signer.key.clone()))
            .collect();
        manifest::sign(&self.manifest, &keys)
    }

    fn table(&mut self, set: &RuleSet) -> (Blob, bool) {
        let compiled = compile(set).unwrap_or_else(|refused| panic!("{refused}: {refused:?}"));
        let blob = blob(&compiled.bytes);
        self.blobs
            .push((manifest::table_key(&blob.sha256), compiled.bytes));
        (blob, compiled.uses_city)
    }
}

/// A brand with its own host `go.{brand}.test`, two products, two languages, and these rules. `settings` is
/// merged over that.
pub fn rule_set(brand: &str, settings: Value, rules: Value) -> RuleSet {
    let mut merged = json!({
        "hosts": [format!("go.{brand}.test")],
        "origins": [format!("https://www.{brand}.test")],
        "languages": ["en", "es"],
        "default_language": "en",
        "destinations": ["quotes.test"],
        "products": [{"code": "auto"}, {"code": "home"}],
    });
    merged
        .as_object_mut()
        .unwrap()
        .extend(settings.as_object().unwrap().clone());
    serde_json::from_value(json!({"brand": brand, "settings": merged, "rules": rules})).expect("a rule set")
}

/// The hits of one queue message.
pub fn hits_of(message: &str) -> Vec<Hit> {
    message
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Lower case.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn blob(bytes: &[u8]) -> Blob {
    Blob {
        sha256: sha256_hex(bytes),
        size: bytes.len().try_into().unwrap(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the runtime of the tests lives in real time"
)]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    since.as_secs().try_into().unwrap()
}
