use ed25519_dalek::SigningKey;

use super::*;
use crate::manifest::{Blob, Brand, Mode, Signature, sign};

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn trusted(id: &str, n: u8) -> (String, [u8; 32]) {
    (id.to_owned(), key(n).verifying_key().to_bytes())
}

fn manifest() -> Manifest {
    Manifest {
        format: FORMAT,
        min_reader: 1,
        env: "production".to_owned(),
        sequence: 7,
        created_at: 1_790_000_000,
        soft_expires_at: 1_790_172_800,
        brands: vec![Brand {
            code: "acme".to_owned(),
            hosts: vec!["go.acme.example".to_owned()],
            origins: vec![],
            languages: vec!["en".to_owned()],
            default_language: "en".to_owned(),
            destinations: vec!["quotes.example".to_owned()],
            pass_query: vec![],
            ask_url: None,
            fallback_url: None,
            mode: Mode::Rules,
            revision: 3,
            table: Blob {
                sha256: "00".repeat(32),
                size: 1,
            },
            city: None,
            canary: None,
        }],
    }
}

fn signed_by(ids: &[(&str, u8)]) -> Vec<u8> {
    let keys: Vec<_> = ids.iter().map(|(id, n)| ((*id).to_owned(), key(*n))).collect();
    sign(&manifest(), &keys)
}

fn payload_signed(payload: &str) -> Vec<u8> {
    use ed25519_dalek::Signer;
    let sig = key(1).sign(&[DOMAIN, payload.as_bytes()].concat()).to_bytes();
    let envelope = Envelope {
        payload: URL_SAFE_NO_PAD.encode(payload),
        signatures: vec![Signature {
            key_id: "a".to_owned(),
            sig: URL_SAFE_NO_PAD.encode(sig),
        }],
    };
    serde_json::to_vec(&envelope).unwrap()
}

#[test]
fn what_was_signed_is_read() {
    let read = verify(
        &signed_by(&[("a", 1)]),
        &[trusted("b", 2), trusted("a", 1)],
        "production",
    );
    assert_eq!(read, Ok((manifest(), "a".to_owned())));
}

#[test]
fn k04_every_truncation_is_refused() {
    let value = signed_by(&[("a", 1)]);
    for length in 0..value.len() {
        assert!(
            verify(&value[..length], &[trusted("a", 1)], "production").is_err(),
            "{length}"
        );
    }
    let longer = [value.as_slice(), b"{}"].concat();
    assert_eq!(
        verify(&longer, &[trusted("a", 1)], "production")
            .unwrap_err()
            .code(),
        "malformed"
    );
}

#[test]
fn k05_a_flipped_bit_is_refused_or_changes_nothing() {
    let value = signed_by(&[("a", 1)]);
    for bit in 0..value.len() * 8 {
        let mut bytes = value.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok((read, key_id)) = verify(&bytes, &[trusted("a", 1)], "production") {
            // A bit of the envelope's own keys cannot be flipped without harm; one of its values could.
            assert_eq!((read, key_id), (manifest(), "a".to_owned()), "bit {bit}");
        }
    }
}

#[test]
fn k06_another_environments_manifest_is_refused() {
    let refused = verify(&signed_by(&[("a", 1)]), &[trusted("a", 1)], "staging");
    assert_eq!(refused, Err(Refused::WrongEnvironment("production".to_owned())));
}

#[test]
fn k07_an_unknown_or_revoked_key_is_refused_and_a_second_one_accepted() {
    assert_eq!(
        verify(&signed_by(&[("x", 9)]), &[trusted("a", 1)], "production"),
        Err(Refused::UnknownKey)
    );
    assert_eq!(
        verify(&signed_by(&[("a", 1)]), &[], "production"),
        Err(Refused::UnknownKey)
    );
    assert_eq!(
        verify(&signed_by(&[("a", 9)]), &[trusted("a", 1)], "production"),
        Err(Refused::BadSignature)
    );
    let rotating = signed_by(&[("a", 1), ("b", 2)]);
    for known in [trusted("a", 1), trusted("b", 2)] {
        let (_, key_id) = verify(&rotating, std::slice::from_ref(&known), "production").unwrap();
        assert_eq!(key_id, known.0);
    }
}

#[test]
fn k11_a_newer_manifest_is_refused_as_such() {
    let newer = payload_signed(r#"{"format":2,"min_reader":2,"env":"production","brands":{"new":"shape"}}"#);
    let refused = verify(&newer, &[trusted("a", 1)], "production");
    assert_eq!(
        refused,
        Err(Refused::NewerFormat {
            format: 2,
            min_reader: 2
        })
    );
}

#[test]
fn a_signature_for_something_else_is_refused() {
    use ed25519_dalek::Signer;
    let payload = serde_json::to_vec(&manifest()).unwrap();
    let envelope = Envelope {
        payload: URL_SAFE_NO_PAD.encode(&payload),
        signatures: vec![Signature {
            key_id: "a".to_owned(),
            sig: URL_SAFE_NO_PAD.encode(key(1).sign(&payload).to_bytes()),
        }],
    };
    let value = serde_json::to_vec(&envelope).unwrap();
    assert_eq!(
        verify(&value, &[trusted("a", 1)], "production"),
        Err(Refused::BadSignature)
    );
}

#[test]
fn signed_nonsense_is_malformed() {
    for payload in [
        "",
        "null",
        "{}",
        "[1]",
        r#"{"format":1,"min_reader":1,"env":"production"}"#,
    ] {
        let refused = verify(&payload_signed(payload), &[trusted("a", 1)], "production").unwrap_err();
        assert_eq!(refused.code(), "malformed", "{payload}");
    }
}

#[test]
fn numbers_are_read_to_the_last_digit_and_no_others() {
    let payload = |sequence: &str| {
        let json = format!(
            r#"{{"format":1,"min_reader":1,"env":"production","sequence":{sequence},"created_at":-1,"soft_expires_at":2,"brands":[]}}"#
        );
        verify(&payload_signed(&json), &[trusted("a", 1)], "production")
            .map(|(manifest, _)| manifest.sequence)
    };
    assert_eq!(payload("18446744073709551615"), Ok(u64::MAX));
    assert_eq!(payload("9007199254740993"), Ok((1 << 53) + 1));
    for number in ["18446744073709551616", "-1", "1.0", "1e3", "01", "\"1\"", "null"] {
        assert_eq!(payload(number).unwrap_err().code(), "malformed", "{number}");
    }
}

#[test]
fn an_envelope_may_hold_what_nobody_asks_for_but_not_without_end() {
    let value = |extra: &str| {
        let good = String::from_utf8(signed_by(&[("a", 1)])).unwrap();
        let value = good.replacen('{', &format!(r#"{{"extra":{extra},"#), 1);
        verify(value.as_bytes(), &[trusted("a", 1)], "production").map_err(|refused| refused.code())
    };
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(value(r#"{"a":[null,1.5e300,"\ud83d\ude00"]}"#).is_ok());
    assert!(value(&nested(9_000)).is_ok());
    for bad in [&nested(1_000_000), &"[".repeat(1_000_000), r#""\ud800""#, "[1,]"] {
        assert_eq!(value(bad), Err("malformed"));
    }
}
