use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniserde::Deserialize;

use super::{DOMAIN, Envelope, FORMAT, Manifest, Signature};

/// Arrays and objects of an envelope, at most, whatever is written there by strangers: the parser needs memory for
/// each that is inside another.
const MAX_NESTS: usize = 10_000;

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

/// A KV value taken apart. Nothing of it is to be trusted before one of [`Self::claims`] is good.
#[derive(Debug)]
pub struct Sealed {
    message: Vec<u8>,
    signatures: Vec<Signature>,
}

/// A signature that names a key which is trusted here. Whether it is one remains to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    pub key_id: &'a str,
    pub key: &'a [u8; 32],
    /// 64 bytes if it is one.
    pub signature: Vec<u8>,
}

impl Sealed {
    /// # Errors
    /// [`Refused`] for what is not the envelope.
    pub fn read(value: &[u8]) -> Result<Self, Refused> {
        let nests = |byte: &&u8| matches!(byte, b'[' | b'{');
        if value.iter().filter(nests).count() > MAX_NESTS {
            return Err(malformed("more lists than signatures need"));
        }
        let envelope: Envelope = read(value)?;
        let mut message = DOMAIN.to_vec();
        URL_SAFE_NO_PAD
            .decode_vec(&envelope.payload, &mut message)
            .map_err(malformed)?;
        Ok(Self {
            message,
            signatures: envelope.signatures,
        })
    }

    /// The very bytes that were signed, with Ed25519.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The signatures to try. One that is good is enough, so that keys can be rotated.
    pub fn claims<'a>(&'a self, keys: &'a [(String, [u8; 32])]) -> impl Iterator<Item = Claim<'a>> {
        self.signatures.iter().flat_map(move |signature| {
            let named = keys.iter().filter(|(key_id, _)| *key_id == signature.key_id);
            named.map(|(key_id, key)| Claim {
                key_id,
                key,
                signature: URL_SAFE_NO_PAD.decode(&signature.sig).unwrap_or_default(),
            })
        })
    }

    /// The manifest, once a claim is good. Sequence and age are for the caller to judge.
    ///
    /// # Errors
    /// [`Refused`] when it is for other readers or another environment.
    pub fn open(&self, env: &str) -> Result<Manifest, Refused> {
        let payload = self.message.strip_prefix(DOMAIN).unwrap_or_default();
        let head: Head = read(payload)?;
        if head.format > FORMAT || head.min_reader > FORMAT {
            return Err(Refused::NewerFormat {
                format: head.format,
                min_reader: head.min_reader,
            });
        }
        if head.env != env {
            return Err(Refused::WrongEnvironment(head.env));
        }
        read(payload)
    }
}

/// The manifest in a KV value, and the id of the key that signed it. The Worker does the same with the runtime's
/// Ed25519.
///
/// # Errors
/// [`Refused`], whatever the bytes; it never panics.
#[cfg(feature = "compile")]
pub fn verify(value: &[u8], keys: &[(String, [u8; 32])], env: &str) -> Result<(Manifest, String), Refused> {
    let sealed = Sealed::read(value)?;
    let mut refused = Refused::UnknownKey;
    for claim in sealed.claims(keys) {
        if signed(&claim, sealed.message()).is_some() {
            return Ok((sealed.open(env)?, claim.key_id.to_owned()));
        }
        refused = Refused::BadSignature;
    }
    Err(refused)
}

#[cfg(feature = "compile")]
fn signed(claim: &Claim<'_>, message: &[u8]) -> Option<()> {
    let signature = ed25519_dalek::Signature::from_slice(&claim.signature).ok()?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(claim.key).ok()?;
    key.verify_strict(message, &signature).ok()
}

/// With one parser on both sides, what is signed says the same to both: of a field that is there twice the last counts.
fn read<T: Deserialize>(json: &[u8]) -> Result<T, Refused> {
    let json = std::str::from_utf8(json).map_err(malformed)?;
    miniserde::json::from_str(json)
        .map_err(|_| malformed("this is not JSON, or a field is not what it should be"))
}

fn malformed(error: impl fmt::Display) -> Refused {
    Refused::Malformed(error.to_string())
}

#[cfg(all(test, feature = "compile"))]
mod tests;
