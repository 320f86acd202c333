use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use serde::Deserialize;

use super::{DOMAIN, Envelope, FORMAT, Manifest};

/// Why a manifest is not trusted. The edge keeps what it has and counts the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not the envelope, not base64url, not the payload's JSON, or followed by something.
    Malformed(String),
    /// No signature names a key that is trusted here.
    UnknownKey,
    /// A trusted key is named, but it did not sign these bytes.
    BadSignature,
    /// Written for a newer reader than this.
    NewerFormat { format: u32, min_reader: u32 },
    /// Signed for another environment.
    WrongEnvironment(String),
}

impl Refused {
    /// A stable name, for logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::NewerFormat { .. } => "newer_format",
            Self::WrongEnvironment(_) => "wrong_environment",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "the manifest is malformed: {why}"),
            Self::UnknownKey => f.write_str("the manifest is signed by no key that is trusted here"),
            Self::BadSignature => f.write_str("the manifest's signature is not good"),
            Self::NewerFormat { format, min_reader } => write!(
                f,
                "the manifest has format {format} for readers from {min_reader}, this one reads {FORMAT}"
            ),
            Self::WrongEnvironment(env) => write!(f, "the manifest is for the environment `{env}`"),
        }
    }
}

impl std::error::Error for Refused {}

/// What every format, also a newer one, begins with.
#[derive(Deserialize)]
struct Head {
    format: u32,
    min_reader: u32,
    env: String,
}

/// The manifest in a KV value, and the id of the key that signed it.
///
/// Nothing of the payload is read before a signature of one of `keys` over its exact bytes is good. One good
/// signature is enough, so that keys can be rotated. Sequence and age are for the caller to judge.
///
/// # Errors
/// [`Refused`], whatever the bytes; it never panics.
pub fn verify(value: &[u8], keys: &[(String, [u8; 32])], env: &str) -> Result<(Manifest, String), Refused> {
    let envelope: Envelope = serde_json::from_slice(value).map_err(malformed)?;
    let payload = URL_SAFE_NO_PAD.decode(&envelope.payload).map_err(malformed)?;
    let key_id = signer(&envelope, &payload, keys)?;

    let head: Head = serde_json::from_slice(&payload).map_err(malformed)?;
    if head.format > FORMAT || head.min_reader > FORMAT {
        return Err(Refused::NewerFormat {
            format: head.format,
            min_reader: head.min_reader,
        });
    }
    if head.env != env {
        return Err(Refused::WrongEnvironment(head.env));
    }
    let manifest = serde_json::from_slice(&payload).map_err(malformed)?;
    Ok((manifest, key_id))
}

fn signer(envelope: &Envelope, payload: &[u8], keys: &[(String, [u8; 32])]) -> Result<String, Refused> {
    let message = [DOMAIN, payload].concat();
    let mut refused = Refused::UnknownKey;
    for signature in &envelope.signatures {
        for (key_id, key) in keys.iter().filter(|(key_id, _)| *key_id == signature.key_id) {
            if signed(key, &message, &signature.sig).is_some() {
                return Ok(key_id.clone());
            }
            refused = Refused::BadSignature;
        }
    }
    Err(refused)
}

fn signed(key: &[u8; 32], message: &[u8], signature: &str) -> Option<()> {
    let signature: [u8; 64] = URL_SAFE_NO_PAD.decode(signature).ok()?.try_into().ok()?;
    let key = VerifyingKey::from_bytes(key).ok()?;
    key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature))
        .ok()
}

fn malformed(error: impl fmt::Display) -> Refused {
    Refused::Malformed(error.to_string())
}

#[cfg(all(test, feature = "compile"))]
mod tests;
