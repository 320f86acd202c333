//! The hit: one decision, as the edge reports it and the core counts it.
//!
//! A queue message is hits as JSON, one a line. The log consumer packs up to [`MAX_PACKED`] of them, unparsed,
//! into one SQS message `{"format":1,"hits":[…]}` of at most [`MAX_PACKED_BYTES`].

mod id;
mod pack;

use serde::{Deserialize, Serialize};

pub use id::uuid_v7;
pub use pack::{Packed, pack};

/// The version of the packed message. A reader quarantines what it does not know.
pub const FORMAT: u32 = 1;
/// Hits in one SQS message, at most.
pub const MAX_PACKED: usize = 100;
/// Bytes of one SQS message, at most: SQS bills by 64 KB.
pub const MAX_PACKED_BYTES: usize = 64_000;

/// One decision of the edge, misses included. The IP is cut; nothing here names a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hit {
    /// UUIDv7, made at the edge; its day is the partition that counts it.
    pub id: String,
    /// Milliseconds since 1970, UTC.
    pub at_ms: i64,
    pub brand: String,
    pub product: String,
    pub language: String,
    pub device: String,
    /// The marketing channel, if it is a well-formed code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// Five digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// Whether our data has the ZIP; false for a new ZIP in an assigned prefix.
    pub zip_known: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    pub outcome: Outcome,
    /// The rule's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    pub revision: u32,
    /// Decided by the canary's table.
    #[serde(default)]
    pub canary: bool,
    /// SHA-256 of the final URL, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_sha256: Option<String>,
    /// The Cloudflare data centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colo: Option<String>,
    /// Two letters, from the visitor's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// A bot, a preview or a prefetch; stored, left out of default totals.
    pub bot: bool,
    /// The ZIP's state is not the one the visitor's address is in.
    pub region_mismatch: bool,
    /// Cut to /24 or /48.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
}

/// What became of the visitor (SPEC h).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "compile", derive(utoipa::ToSchema), schema(as = HitOutcome))]
pub enum Outcome {
    Redirect,
    ProductFallback,
    BrandFallback,
    /// No rule and no fallback: a lost ZIP.
    Lost,
    /// The brand is switched to its fallback.
    Killed,
    /// No table could be read.
    Unavailable,
}

impl Outcome {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::ProductFallback => "product_fallback",
            Self::BrandFallback => "brand_fallback",
            Self::Lost => "lost",
            Self::Killed => "killed",
            Self::Unavailable => "unavailable",
        }
    }
}
