//! A brand as a manifest lists it, straight from its rule set.

use marquee_shared::compile::Compiled;
use marquee_shared::manifest::{Blob, Brand, Mode};
use marquee_shared::rules::{self, RuleSet};
use sha2::{Digest, Sha256};

/// The brand with its rules live as revision 1; `city` is the city table's blob.
pub fn live(set: &RuleSet, compiled: &Compiled, city: Option<Blob>) -> Brand {
    let settings = set.settings.clone();
    Brand {
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
        revision: 1,
        table: blob(&compiled.bytes),
        city: city.filter(|_| compiled.uses_city),
        canary: None,
    }
}

/// The name of bytes in KV.
pub fn blob(bytes: &[u8]) -> Blob {
    Blob {
        sha256: Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        size: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
    }
}
