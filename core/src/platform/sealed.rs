//! What must be kept and must not be readable in the database: sealed with ChaCha20-Poly1305 under one of
//! `MARQUEE_DATA_KEYS`. The first key seals, any opens, so that keys can be changed one after the other.
//!
//! Layout: one byte with the length of the key's id, the id, twelve random bytes, ciphertext and tag. What it belongs
//! to is authenticated with it, so that a sealed value cannot be moved to another row.

use anyhow::{Context as _, anyhow};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use crate::config::DataKeys;

/// Seals `plain` for `place`, such as `webhooks.endpoint/<id>`.
pub fn seal(keys: &DataKeys, place: &str, plain: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (id, key) = keys.as_slice().first().context("no data key")?;
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce).map_err(|error| anyhow!("no randomness: {error}"))?;
    let mut sealed = vec![u8::try_from(id.len()).context("a data key's id is too long")?];
    sealed.extend_from_slice(id.as_bytes());
    sealed.extend_from_slice(&nonce);
    let mut text = plain.to_vec();
    cipher(key)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place.as_bytes()),
            &mut text,
        )
        .map_err(|_| anyhow!("sealing failed"))?;
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

/// The inverse of [`seal`].
///
/// # Errors
/// The key is not there any more, or this was not sealed for `place`.
pub fn open(keys: &DataKeys, place: &str, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
    let broken = || anyhow!("a sealed value of {place} is cut");
    let (length, rest) = sealed.split_first().ok_or_else(broken)?;
    let (id, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(broken)?;
    let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(broken)?;
    let known = keys.as_slice().iter().find(|(known, _)| known.as_bytes() == id);
    let (_, key) = known.ok_or_else(|| {
        let id = String::from_utf8_lossy(id);
        anyhow!("{place} was sealed under the data key `{id}`, which MARQUEE_DATA_KEYS does not have")
    })?;
    let mut text = text.to_vec();
    let plain = cipher(key)?
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(place.as_bytes()),
            &mut text,
        )
        .map_err(|_| anyhow!("what was sealed for {place} is not what was read"))?;
    Ok(plain.to_vec())
}

/// Hashes by which equal values are found that nobody may read: HMAC-SHA256, each under a key that is made for `purpose`
/// from one of the data keys. The first is to be kept; what was kept before keys were changed is among the others.
pub fn hashes(keys: &DataKeys, purpose: &str, plain: &[u8]) -> Vec<Vec<u8>> {
    let hash = |(_, key): &(String, [u8; 32])| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let derived = hmac::sign(&key, format!("marquee hashes/1 {purpose}").as_bytes());
        let derived = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
        hmac::sign(&derived, plain).as_ref().to_vec()
    };
    keys.as_slice().iter().map(hash).collect()
}

fn cipher(key: &[u8; 32]) -> anyhow::Result<LessSafeKey> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_| anyhow!("a data key is not usable"))?;
    Ok(LessSafeKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(entries: &[(&str, u8)]) -> DataKeys {
        DataKeys::of(entries.iter().map(|(id, byte)| ((*id).to_owned(), [*byte; 32])))
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_and_nowhere_else() {
        let keys = keys(&[("a", 1)]);
        let sealed = seal(&keys, "row/1", b"secret").unwrap();

        assert_eq!(open(&keys, "row/1", &sealed).unwrap(), b"secret");
        assert!(open(&keys, "row/2", &sealed).is_err());
        assert_ne!(
            sealed,
            seal(&keys, "row/1", b"secret").unwrap(),
            "never twice the same"
        );
        assert!(!sealed.windows(6).any(|bytes| bytes == b"secret"));
    }

    #[test]
    fn any_key_opens_and_the_first_seals() {
        let old = keys(&[("a", 1)]);
        let both = keys(&[("b", 2), ("a", 1)]);
        let sealed = seal(&old, "row/1", b"secret").unwrap();

        assert_eq!(open(&both, "row/1", &sealed).unwrap(), b"secret");
        let error = open(&old, "row/1", &seal(&both, "row/1", b"x").unwrap()).unwrap_err();
        assert!(error.to_string().contains("the data key `b`"), "{error}");
    }

    #[test]
    fn equal_values_have_equal_hashes_for_one_purpose_and_under_one_key() {
        let (old, both) = (keys(&[("a", 1)]), keys(&[("b", 2), ("a", 1)]));
        let known = hashes(&old, "accounts", b"341 1 12345");

        assert_eq!(known, hashes(&old, "accounts", b"341 1 12345"));
        assert_eq!(hashes(&both, "accounts", b"341 1 12345")[1], known[0]);
        for other in [
            &hashes(&both, "accounts", b"341 1 12345")[0],
            &hashes(&old, "accounts", b"341 1 12346")[0],
            &hashes(&old, "others", b"341 1 12345")[0],
        ] {
            assert_ne!(other, &known[0]);
        }
    }

    #[test]
    fn damage_is_an_error() {
        let keys = keys(&[("a", 1)]);
        let sealed = seal(&keys, "row/1", b"secret").unwrap();
        for length in 0..sealed.len() {
            assert!(
                open(&keys, "row/1", &sealed[..length]).is_err(),
                "cut to {length}"
            );
        }
    }
}
