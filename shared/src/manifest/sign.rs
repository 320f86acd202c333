use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};

use super::{DOMAIN, Envelope, Manifest, Signature};

/// The KV value of a manifest, signed by each of `keys` (two during a rotation), given with their ids.
#[must_use]
pub fn sign(manifest: &Manifest, keys: &[(String, SigningKey)]) -> Vec<u8> {
    let payload = json(manifest);
    let message = [DOMAIN, &payload].concat();
    let signatures = keys.iter().map(|(key_id, key)| Signature {
        key_id: key_id.clone(),
        sig: URL_SAFE_NO_PAD.encode(key.sign(&message).to_bytes()),
    });
    let payload = URL_SAFE_NO_PAD.encode(&payload);
    json(&Envelope {
        payload,
        signatures: signatures.collect(),
    })
}

#[expect(
    clippy::expect_used,
    reason = "these types have only string keys and no failing serializers"
)]
fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data serializes")
}
