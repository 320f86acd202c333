use marquee_shared::hit::{FORMAT, Hit, Outcome};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

/// A hit as the edge reports it, made at `at`; `n` tells it from others of the same millisecond.
pub fn hit(at: OffsetDateTime, n: u64) -> Hit {
    let at_ms = i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap();
    Hit {
        id: hit_id(at_ms, n),
        at_ms,
        brand: "acme".into(),
        product: "auto".into(),
        language: "en".into(),
        device: "mobile".into(),
        media: Some("google".into()),
        zip: Some("10001".into()),
        zip_known: true,
        state: Some("NY".into()),
        outcome: Outcome::Redirect,
        rule: Some(7),
        variant: Some("a".into()),
        revision: 3,
        canary: false,
        url_sha256: Some("0f".repeat(32)),
        colo: Some("EWR".into()),
        country: Some("US".into()),
        bot: false,
        region_mismatch: false,
        ip: Some("203.0.113.0/24".into()),
    }
}

/// A UUIDv7 of this time, whose random part is `n`.
pub fn hit_id(at_ms: i64, n: u64) -> String {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&at_ms.to_be_bytes()[2..]);
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    bytes[6] = 0x70;
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    Uuid::from_bytes(bytes).to_string()
}

/// Hits, or what should be hits, packed as the edge packs them.
pub fn pack<T: serde::Serialize>(hits: &[T]) -> Vec<u8> {
    serde_json::to_vec(&json!({ "format": FORMAT, "hits": hits })).unwrap()
}

/// The hit as JSON, to be spoilt.
pub fn json(hit: &Hit) -> Value {
    serde_json::to_value(hit).unwrap()
}
