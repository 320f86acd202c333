use std::fmt;

use ed25519_dalek::SigningKey;
use secrecy::SecretString;

use super::ConfigError;
use super::keys::Keys;

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
    let keys = Keys {
        name: "MARQUEE_SIGNING_KEY",
        development: LOCAL_SIGNING_KEY,
        local,
        text,
    };
    let keys = keys.parse()?.into_iter();
    let keys = keys.map(|(id, seed)| (id, SigningKey::from_bytes(&seed)));
    Ok(SigningKeys(keys.collect()))
}
