use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use secrecy::{ExposeSecret, SecretString};

use super::ConfigError;

/// Known to everybody: good for nothing but a developer's machine.
pub(super) const LOCAL_SIGNING_KEY: &str = "local-1:bWFycXVlZS1sb2NhbC1kZXZlbG9wbWVudC1zZWVkLTE";

/// Ed25519 keys with their ids, in the order given. Never empty; `Debug` shows the ids only.
#[derive(Clone)]
pub struct SigningKeys(Vec<(String, SigningKey)>);

impl SigningKeys {
    pub fn as_slice(&self) -> &[(String, SigningKey)] {
        &self.0
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

pub(super) fn parse_signing_keys(text: &SecretString, local: bool) -> Result<SigningKeys, ConfigError> {
    const NAME: &str = "MARQUEE_SIGNING_KEY";
    // The message never repeats the value: it is a secret.
    let invalid = |index: usize, what: &str| {
        ConfigError::Invalid(
            NAME,
            format!("key {}: {what}, expected key_id:base64url-seed", index + 1),
        )
    };
    let mut keys: Vec<(String, SigningKey)> = Vec::new();
    for (index, entry) in text.expose_secret().split(',').enumerate() {
        if entry.trim() == LOCAL_SIGNING_KEY && !local {
            return Err(ConfigError::Development(
                NAME,
                "every environment but local".to_owned(),
            ));
        }
        let (id, seed) = entry
            .trim()
            .split_once(':')
            .ok_or_else(|| invalid(index, "no colon"))?;
        if id.is_empty() || keys.iter().any(|(known, _)| known == id) {
            return Err(invalid(index, "the key id is empty or given twice"));
        }
        let seed = URL_SAFE_NO_PAD
            .decode(seed)
            .map_err(|_| invalid(index, "the seed is not base64url"))?;
        let seed: [u8; 32] = seed
            .try_into()
            .map_err(|_| invalid(index, "the seed is not 32 bytes"))?;
        keys.push((id.to_owned(), SigningKey::from_bytes(&seed)));
    }
    Ok(SigningKeys(keys))
}
