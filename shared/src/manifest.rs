//! The manifest: what is live, for every brand, under one Ed25519 signature (SPEC g).
//!
//! It lies in KV under [`KEY`]; tables and cities lie beside it under their own hash, so the one signature
//! covers them too.

mod verify;

#[cfg(feature = "compile")]
mod sign;

use serde::{Deserialize, Serialize};

#[cfg(feature = "compile")]
pub use sign::sign;
#[cfg(feature = "compile")]
pub use verify::verify;
pub use verify::{Claim, Refused, Sealed};

/// The manifest's key in KV.
pub const KEY: &str = "manifest";
/// Signed before the payload, so that a signature is good for nothing else.
pub const DOMAIN: &[u8] = b"marquee-manifest/1\n";
/// The version of the payload that this code writes, and the newest it reads.
pub const FORMAT: u32 = 1;

/// The KV key of a table.
#[must_use]
pub fn table_key(sha256: &str) -> String {
    format!("table/{sha256}")
}

/// The KV key of a city table.
#[must_use]
pub fn city_key(sha256: &str) -> String {
    format!("city/{sha256}")
}

/// The KV value: the payload as it was signed, and who signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Envelope {
    /// The payload's bytes, base64url without padding.
    pub payload: String,
    /// Two during a key rotation.
    pub signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Signature {
    pub key_id: String,
    /// 64 bytes, base64url without padding.
    pub sig: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The oldest reader that understands this; a reader below it keeps what it has.
    pub min_reader: u32,
    /// `local`, `staging`, `production`: a manifest of another environment is refused.
    pub env: String,
    /// Rises with every publish; an isolate never goes back.
    pub sequence: u64,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds. Later the edge still answers, and says that it is stale.
    pub soft_expires_at: i64,
    pub brands: Vec<Brand>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Brand {
    pub code: String,
    pub hosts: Vec<String>,
    pub origins: Vec<String>,
    pub languages: Vec<String>,
    pub default_language: String,
    /// The only hosts this brand's visitors may be sent to.
    pub destinations: Vec<String>,
    pub pass_query: Vec<String>,
    pub ask_url: Option<String>,
    pub fallback_url: Option<String>,
    pub mode: Mode,
    pub revision: u32,
    pub table: Blob,
    /// Only for brands whose templates use `{city}`.
    pub city: Option<Blob>,
    pub canary: Option<Canary>,
}

/// Whether rules decide, or every visitor goes to the fallback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub enum Mode {
    #[serde(rename = "rules")]
    Rules,
    #[serde(rename = "fallback")]
    Fallback,
}

/// A content-addressed blob in KV.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Blob {
    /// Hex.
    pub sha256: String,
    /// Bytes.
    pub size: u32,
}

/// Another revision's table for some of the visitors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Canary {
    pub revision: u32,
    pub table: Blob,
    /// 1 to 99.
    pub percent: u8,
    pub salt: String,
}
