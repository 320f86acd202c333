use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use time::{Duration, OffsetDateTime};
use url::Url;

use super::Key;
use crate::config::DataKeys;

/// A link works for at least this long after it was given out, and at most twice as long. It ends on the full hour,
/// so that for an hour everybody is given the same link, which caches can keep.
const VALID: Duration = Duration::hours(1);

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    #[error("this link has expired: ask for the page that it was on again")]
    Expired,
    #[error("this is no link of ours, or it was changed")]
    Invalid,
}

/// Makes links to objects, and tells whether one is ours. Signed with a key that comes from `MARQUEE_DATA_KEYS`: the
/// first of them signs, any is good.
#[derive(Clone)]
pub(super) struct Links {
    base: Url,
    keys: Vec<hmac::Key>,
}

impl Links {
    pub(super) fn new(base: &Url, keys: &DataKeys) -> Self {
        let derive = |(_, key): &(String, [u8; 32])| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key);
            let derived = hmac::sign(&key, b"marquee file links/1");
            hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
        };
        Self {
            base: base.clone(),
            keys: keys.as_slice().iter().map(derive).collect(),
        }
    }

    /// Good for reading this object, by whoever has it.
    pub(super) fn link(&self, key: &Key, now: OffsetDateTime) -> String {
        let hour = VALID.whole_seconds();
        let expires = (now.unix_timestamp().div_euclid(hour) + 2) * hour;
        let signature = self.keys.first().map(|signer| {
            let tag = hmac::sign(signer, message(key, expires).as_bytes());
            BASE64_URL_SAFE_NO_PAD.encode(tag)
        });
        let base = self.base.as_str().trim_end_matches('/');
        let signature = signature.unwrap_or_default();
        format!("{base}/v1/files/{key}?expires={expires}&signature={signature}")
    }

    pub(super) fn check(
        &self,
        key: &Key,
        expires: i64,
        signature: &str,
        now: OffsetDateTime,
    ) -> Result<(), LinkFault> {
        let tag = BASE64_URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| LinkFault::Invalid)?;
        let message = message(key, expires);
        // In constant time, each.
        let ours = self
            .keys
            .iter()
            .any(|signer| hmac::verify(signer, message.as_bytes(), &tag).is_ok());
        match ours {
            false => Err(LinkFault::Invalid),
            true if expires <= now.unix_timestamp() => Err(LinkFault::Expired),
            true => Ok(()),
        }
    }
}

fn message(key: &Key, expires: i64) -> String {
    format!("GET\n{key}\n{expires}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(bytes: &[u8]) -> Links {
        let keys = bytes.iter().map(|byte| (byte.to_string(), [*byte; 32]));
        Links::new(
            &Url::parse("https://api.marquee.example/").unwrap(),
            &DataKeys::of(keys),
        )
    }

    fn parts(link: &str) -> (Key, i64, String) {
        let (path, query) = link.split_once('?').unwrap();
        let key = Key::parse(
            path.strip_prefix("https://api.marquee.example/v1/files/")
                .unwrap(),
        );
        let (expires, signature) = query.split_once('&').unwrap();
        let expires = expires.strip_prefix("expires=").unwrap().parse().unwrap();
        let signature = signature.strip_prefix("signature=").unwrap().to_owned();
        (key.unwrap(), expires, signature)
    }

    #[test]
    fn a_link_opens_its_object_until_it_expires() {
        let (ours, start) = (
            links(&[1]),
            OffsetDateTime::from_unix_timestamp(1_782_907_200).unwrap(),
        );
        let key = Key::parse("avatars/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.jpg").unwrap();
        let other = Key::parse("avatars/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b12.jpg").unwrap();
        let (named, expires, signature) = parts(&ours.link(&key, start));
        assert_eq!(named, key);

        let check = |key: &Key, expires, at: OffsetDateTime| ours.check(key, expires, &signature, at);
        assert_eq!(check(&key, expires, start), Ok(()));
        assert_eq!(check(&key, expires, start + VALID), Ok(()));
        assert_eq!(check(&key, expires, start + VALID * 2), Err(LinkFault::Expired));
        assert_eq!(check(&key, expires + 1, start), Err(LinkFault::Invalid));
        assert_eq!(check(&other, expires, start), Err(LinkFault::Invalid));
        assert_eq!(ours.check(&key, expires, "", start), Err(LinkFault::Invalid));
        assert_eq!(
            links(&[2]).check(&key, expires, &signature, start),
            Err(LinkFault::Invalid)
        );
    }

    #[test]
    fn within_an_hour_everybody_is_given_the_same_link_and_keys_can_be_changed() {
        let start = OffsetDateTime::from_unix_timestamp(1_782_907_200).unwrap();
        let key = Key::parse("avatars/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.jpg").unwrap();
        let old = links(&[1]);
        let link = old.link(&key, start);
        assert_eq!(link, old.link(&key, start + Duration::minutes(59)));
        assert_ne!(link, old.link(&key, start + Duration::minutes(60)));

        let (_, expires, signature) = parts(&link);
        assert_eq!(links(&[2, 1]).check(&key, expires, &signature, start), Ok(()));
    }
}
