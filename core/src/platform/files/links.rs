use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use time::{Duration, OffsetDateTime};
use url::{Url, form_urlencoded};

use super::Key;
use crate::config::DataKeys;

/// A link works for at least this long after it was given out, and at most twice as long. It ends on the full hour,
/// so that for an hour everybody is given the same link, which caches can keep.
const VALID: Duration = Duration::hours(1);
/// One that lets somebody put an object is theirs alone, and works so long.
pub(super) const PUT_VALID: Duration = Duration::hours(1);

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

    /// Good for reading this object, by whoever has it; with a name for saving it under that.
    pub(super) fn link(&self, key: &Key, name: Option<&str>, now: OffsetDateTime) -> String {
        let hour = VALID.whole_seconds();
        let expires = (now.unix_timestamp().div_euclid(hour) + 2) * hour;
        let (base, signature) = (self.base(), self.sign(&to_read(key, name, expires)));
        let name = name.map_or_else(String::new, |name| {
            format!("&name={}", utf8_percent_encode(name, NON_ALPHANUMERIC))
        });
        format!("{base}/v1/files/{key}?expires={expires}&signature={signature}{name}")
    }

    /// Good for putting this object, once and of this size, by whoever has it.
    pub(super) fn put_link(&self, key: &Key, size_bytes: u64, now: OffsetDateTime) -> String {
        let expires = (now + PUT_VALID).unix_timestamp();
        let mime = key.kind().mime();
        let signature = self.sign(&to_put(key, (expires, size_bytes, mime)));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("expires", &expires.to_string())
            .append_pair("size", &size_bytes.to_string())
            .append_pair("type", mime)
            .append_pair("signature", &signature);
        format!("{}/v1/files/{key}?{}", self.base(), query.finish())
    }

    fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    fn sign(&self, message: &str) -> String {
        let tag = self
            .keys
            .first()
            .map(|signer| hmac::sign(signer, message.as_bytes()));
        tag.map(|tag| BASE64_URL_SAFE_NO_PAD.encode(tag))
            .unwrap_or_default()
    }

    pub(super) fn check(
        &self,
        key: &Key,
        name: Option<&str>,
        expires: i64,
        signature: &str,
        now: OffsetDateTime,
    ) -> Result<(), LinkFault> {
        // Whoever made a link to it: nobody knows what it is.
        if key.is_quarantined() {
            return Err(LinkFault::Invalid);
        }
        self.verify(&to_read(key, name, expires), expires, signature, now)
    }

    pub(super) fn check_put(
        &self,
        key: &Key,
        bound: (i64, u64, &str),
        signature: &str,
        now: OffsetDateTime,
    ) -> Result<(), LinkFault> {
        self.verify(&to_put(key, bound), bound.0, signature, now)
    }

    fn verify(
        &self,
        message: &str,
        expires: i64,
        signature: &str,
        now: OffsetDateTime,
    ) -> Result<(), LinkFault> {
        let tag = BASE64_URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| LinkFault::Invalid)?;
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

fn to_read(key: &Key, name: Option<&str>, expires: i64) -> String {
    match name {
        None => format!("GET\n{key}\n{expires}"),
        Some(name) => format!("GET\n{key}\n{expires}\n{name}"),
    }
}

fn to_put(key: &Key, (expires, size_bytes, mime): (i64, u64, &str)) -> String {
    format!("PUT\n{key}\n{expires}\n{size_bytes}\n{mime}")
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
        let (named, expires, signature) = parts(&ours.link(&key, None, start));
        assert_eq!(named, key);

        let check = |key: &Key, expires, at: OffsetDateTime| ours.check(key, None, expires, &signature, at);
        assert_eq!(check(&key, expires, start), Ok(()));
        assert_eq!(check(&key, expires, start + VALID), Ok(()));
        assert_eq!(check(&key, expires, start + VALID * 2), Err(LinkFault::Expired));
        assert_eq!(check(&key, expires + 1, start), Err(LinkFault::Invalid));
        assert_eq!(check(&other, expires, start), Err(LinkFault::Invalid));
        assert_eq!(
            ours.check(&key, None, expires, "", start),
            Err(LinkFault::Invalid)
        );
        assert_eq!(
            links(&[2]).check(&key, None, expires, &signature, start),
            Err(LinkFault::Invalid)
        );
    }

    #[test]
    fn a_link_for_saving_names_what_is_saved_and_no_other_name_is_good() {
        let start = OffsetDateTime::from_unix_timestamp(1_782_907_200).unwrap();
        let key = Key::parse("videos/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.jpg").unwrap();
        let (ours, name) = (links(&[1]), Some("Ana & João.mp4"));
        let link = ours.link(&key, name, start);
        let url = Url::parse(&link).unwrap();
        let query = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .unwrap()
                .1
                .into_owned()
        };
        assert_eq!(query("name"), "Ana & João.mp4");

        let (expires, signature) = (query("expires").parse().unwrap(), query("signature"));
        let check = |name| ours.check(&key, name, expires, &signature, start);
        assert_eq!(check(name), Ok(()));
        assert_eq!(check(Some("Eve.exe")), Err(LinkFault::Invalid));
        assert_eq!(check(None), Err(LinkFault::Invalid));
    }

    #[test]
    fn what_is_in_quarantine_is_never_read_by_a_link() {
        let (ours, start) = (links(&[1]), OffsetDateTime::UNIX_EPOCH);
        let key = Key::parse("quarantine/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.bin").unwrap();
        let (_, expires, signature) = parts(&ours.link(&key, None, start));
        assert_eq!(
            ours.check(&key, None, expires, &signature, start),
            Err(LinkFault::Invalid)
        );
    }

    #[test]
    fn a_link_to_put_is_for_one_object_of_one_size_and_for_nothing_else() {
        let (ours, start) = (
            links(&[1]),
            OffsetDateTime::from_unix_timestamp(1_782_907_200).unwrap(),
        );
        let key = Key::parse("quarantine/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.bin").unwrap();
        let other = Key::parse("quarantine/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b12.bin").unwrap();
        let link = Url::parse(&ours.put_link(&key, 10, start)).unwrap();
        let said: std::collections::HashMap<_, _> = link.query_pairs().into_owned().collect();
        let (expires, signature) = (said["expires"].parse().unwrap(), &said["signature"]);
        assert_eq!(expires, (start + PUT_VALID).unix_timestamp());
        let octets = "application/octet-stream";
        let check = |key: &Key, bound, at| ours.check_put(key, bound, signature, at);

        assert_eq!(check(&key, (expires, 10, octets), start), Ok(()));
        assert_eq!(
            check(&key, (expires, 10, octets), start + PUT_VALID),
            Err(LinkFault::Expired)
        );
        for (key, bound) in [
            (&other, (expires, 10, octets)),
            (&key, (expires, 11, octets)),
            (&key, (expires, 10, "text/html")),
            (&key, (expires + 1, 10, octets)),
        ] {
            assert_eq!(check(key, bound, start), Err(LinkFault::Invalid));
        }
        assert_eq!(
            ours.check(&key, None, expires, signature, start),
            Err(LinkFault::Invalid),
            "it does not let anybody read"
        );
    }

    #[test]
    fn within_an_hour_everybody_is_given_the_same_link_and_keys_can_be_changed() {
        let start = OffsetDateTime::from_unix_timestamp(1_782_907_200).unwrap();
        let key = Key::parse("avatars/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.jpg").unwrap();
        let old = links(&[1]);
        let link = old.link(&key, None, start);
        assert_eq!(link, old.link(&key, None, start + Duration::minutes(59)));
        assert_ne!(link, old.link(&key, None, start + Duration::minutes(60)));

        let (_, expires, signature) = parts(&link);
        assert_eq!(
            links(&[2, 1]).check(&key, None, expires, &signature, start),
            Ok(())
        );
    }
}
