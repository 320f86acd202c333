use std::fmt;

use sha2::{Digest as _, Sha256};

/// Why something that a queue brought is in quarantine rather than among the hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Longer than [`super::MAX_MESSAGE_BYTES`].
    TooLarge,
    /// Not the JSON of a packed message: no JSON at all, no UTF-8, or no `format` and `hits`.
    Unreadable,
    /// A packed message of a format that we do not know (yet).
    UnknownFormat,
    /// Not a hit: a field is missing, unknown or out of bounds.
    NotAHit,
    /// The id is no UUIDv7.
    BadId,
    /// Older than [`super::MAX_AGE`].
    TooOld,
    /// Further ahead of our clock than [`super::MAX_AHEAD`].
    InTheFuture,
    /// The time in the id and `at_ms` are further apart than [`super::MAX_DRIFT`].
    TimesDiffer,
}

impl Reason {
    pub const ALL: [Self; 8] = [
        Self::TooLarge,
        Self::Unreadable,
        Self::UnknownFormat,
        Self::NotAHit,
        Self::BadId,
        Self::TooOld,
        Self::InTheFuture,
        Self::TimesDiffer,
    ];

    /// As written in the database, the API and the metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::UnknownFormat => "unknown_format",
            Self::NotAHit => "not_a_hit",
            Self::BadId => "bad_id",
            Self::TooOld => "too_old",
            Self::InTheFuture => "in_the_future",
            Self::TimesDiffer => "times_differ",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A message, or one hit of a message, for quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hits) struct Refused {
    pub reason: Reason,
    /// For a person; one line.
    pub detail: String,
    /// As received, cut to [`Self::KEPT_BYTES`].
    pub bytes: Vec<u8>,
    pub size_bytes: usize,
    /// Of all the bytes, so that a redelivery is recognised.
    pub sha256: [u8; 32],
}

impl Refused {
    const KEPT_BYTES: usize = 64 * 1024;
    const DETAIL_CHARS: usize = 300;

    pub(super) fn new(reason: Reason, detail: impl fmt::Display, bytes: &[u8]) -> Self {
        // Parser messages quote their input: escape it, so that one refusal stays one line of any log.
        let detail = detail
            .to_string()
            .escape_debug()
            .take(Self::DETAIL_CHARS)
            .collect();
        Self {
            reason,
            detail,
            bytes: bytes.iter().copied().take(Self::KEPT_BYTES).collect(),
            size_bytes: bytes.len(),
            sha256: Sha256::digest(bytes).into(),
        }
    }
}
