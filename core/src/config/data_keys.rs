use std::fmt;

use secrecy::SecretString;

use super::ConfigError;
use super::keys::Keys;

/// Known to everybody: good for nothing but a developer's machine.
pub(super) const LOCAL_DATA_KEY: &str = "local-1:bWFycXVlZS1sb2NhbC1kZXZlbG9wbWVudC1kYXRhLTE";

/// Keys for what the database must not show, with their ids; the first seals, all open. Never empty; `Debug` shows
/// the ids only.
#[derive(Clone)]
pub struct DataKeys(Vec<(String, [u8; 32])>);

impl DataKeys {
    pub fn as_slice(&self) -> &[(String, [u8; 32])] {
        &self.0
    }

    #[cfg(test)]
    pub(crate) fn of(keys: impl Iterator<Item = (String, [u8; 32])>) -> Self {
        Self(keys.collect())
    }
}

impl fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

pub(super) fn parse_data_keys(text: &SecretString, local: bool) -> Result<DataKeys, ConfigError> {
    let keys = Keys {
        name: "MARQUEE_DATA_KEYS",
        development: LOCAL_DATA_KEY,
        local,
        text,
    };
    keys.parse().map(DataKeys)
}
