use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use super::ConfigError;

/// A setting that is a list of keys: `key_id:base64url`, separated by commas.
pub(super) struct Keys<'a> {
    pub(super) name: &'static str,
    /// Known to everybody: good for nothing but a developer's machine.
    pub(super) development: &'static str,
    pub(super) local: bool,
    pub(super) text: &'a SecretString,
}

impl Keys<'_> {
    /// 32 bytes each, with their ids, in the order given; never empty.
    pub(super) fn parse(&self) -> Result<Vec<(String, [u8; 32])>, ConfigError> {
        let mut keys: Vec<(String, [u8; 32])> = Vec::new();
        for (index, entry) in self.text.expose_secret().split(',').map(str::trim).enumerate() {
            // The message never repeats the value: it is a secret.
            let invalid = |what: &str| {
                let detail = format!("key {}: {what}, expected key_id:base64url-seed", index + 1);
                ConfigError::Invalid(self.name, detail)
            };
            if entry == self.development && !self.local {
                return Err(ConfigError::Development(
                    self.name,
                    "every environment but local".to_owned(),
                ));
            }
            let (id, key) = entry.split_once(':').ok_or_else(|| invalid("no colon"))?;
            if !(1..=100).contains(&id.len()) || keys.iter().any(|(known, _)| known == id) {
                return Err(invalid("the key id is empty, too long or given twice"));
            }
            let key = URL_SAFE_NO_PAD
                .decode(key)
                .map_err(|_| invalid("the seed is not base64url"))?;
            let key = key.try_into().map_err(|_| invalid("the seed is not 32 bytes"))?;
            keys.push((id.to_owned(), key));
        }
        Ok(keys)
    }
}
