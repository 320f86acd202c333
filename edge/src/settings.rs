//! The environment of the Worker, read once per isolate.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What the deployment decides. An unusable value is reported and leaves the safe side: no keys, no answers.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// `local`, `staging`, `production`: a manifest of another environment is refused.
    pub environment: String,
    /// Who may sign manifests: key id and Ed25519 public key. Two during a rotation.
    pub keys: Vec<(String, [u8; 32])>,
    /// The floor below which no manifest is accepted, however well signed.
    pub min_sequence: u64,
    /// Where visitors go when no table at all can be read.
    pub last_resort: Option<String>,
    /// How old a manifest may be in an isolate before it is looked up again.
    pub refresh_ms: u64,
    /// How long ago a manifest may have been looked up before a visitor waits for it; never less than `refresh_ms`.
    pub max_age_ms: u64,
    pub build: String,
}

const DEFAULT_REFRESH_SECONDS: u64 = 30;
/// Twice the refresh, so that where visitors keep coming none of them ever waits.
const DEFAULT_MAX_AGE_SECONDS: u64 = 60;

impl Settings {
    /// Reads the settings through `var`, and says what of them is unusable.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> (Self, Vec<String>) {
        let mut complaints = Vec::new();
        let mut number = |name: &str, default: u64| match var(name).filter(|text| !text.is_empty()) {
            None => default,
            Some(text) => text.parse().unwrap_or_else(|_| {
                complaints.push(format!("{name} is not a number"));
                default
            }),
        };
        let min_sequence = number("MIN_MANIFEST_SEQ", 0);
        let refresh_ms = number("REFRESH_SECONDS", DEFAULT_REFRESH_SECONDS).saturating_mul(1_000);
        let max_age_ms = number("MAX_AGE_SECONDS", DEFAULT_MAX_AGE_SECONDS)
            .saturating_mul(1_000)
            .max(refresh_ms);

        let keys = var("MANIFEST_KEYS").unwrap_or_default();
        let keys: Vec<_> = keys
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .filter_map(|entry| {
                let key = key(entry);
                if key.is_none() {
                    complaints.push("an entry of MANIFEST_KEYS is not `key_id:base64url`".into());
                }
                key
            })
            .collect();
        if keys.is_empty() {
            complaints.push("MANIFEST_KEYS names no key, so no manifest can be trusted".into());
        }

        let last_resort = var("LAST_RESORT").filter(|url| !url.is_empty());
        let last_resort = last_resort.filter(|url| {
            let usable = url.starts_with("https://") && url.bytes().all(|byte| byte.is_ascii_graphic());
            if !usable {
                complaints.push("LAST_RESORT is not an https URL".into());
            }
            usable
        });
        let environment = var("ENVIRONMENT").unwrap_or_default();
        let build = var("BUILD").unwrap_or_default();
        (
            Self {
                environment,
                keys,
                min_sequence,
                last_resort,
                refresh_ms,
                max_age_ms,
                build,
            },
            complaints,
        )
    }
}

fn key(entry: &str) -> Option<(String, [u8; 32])> {
    let (id, key) = entry.split_once(':')?;
    Some((id.to_owned(), URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> (Settings, Vec<String>) {
        let find = |name: &str| vars.iter().find(|(var, _)| *var == name);
        Settings::read(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn settings_are_read_with_their_defaults() {
        let key = URL_SAFE_NO_PAD.encode([7; 32]);
        let keys = format!("k1:{key}, k2:{key}");
        let (settings, complaints) = read(&[("ENVIRONMENT", "local"), ("MANIFEST_KEYS", &keys)]);
        assert_eq!(complaints, Vec::<String>::new());
        assert_eq!(
            settings.keys,
            [("k1".to_owned(), [7; 32]), ("k2".to_owned(), [7; 32])]
        );
        assert_eq!(
            (settings.min_sequence, settings.refresh_ms, settings.last_resort),
            (0, 30_000, None)
        );
        assert_eq!(settings.max_age_ms, 60_000);
    }

    #[test]
    fn nobody_waits_for_what_is_not_looked_up_yet() {
        let (settings, _) = read(&[("REFRESH_SECONDS", "3600"), ("MAX_AGE_SECONDS", "5")]);
        assert_eq!(settings.max_age_ms, 3_600_000);
    }

    #[test]
    fn unusable_settings_are_reported_and_leave_the_safe_side() {
        let (settings, complaints) = read(&[
            ("MANIFEST_KEYS", "k1:short"),
            ("MIN_MANIFEST_SEQ", "-1"),
            ("LAST_RESORT", "javascript:alert(1)"),
        ]);
        assert_eq!(complaints.len(), 4, "{complaints:?}");
        assert_eq!((settings.keys.len(), settings.last_resort), (0, None));
    }
}
