use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// ZIPs named by a rule: `02108`, `021*` or `10001-10099`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ZipClause {
    Exact(u32),
    /// The first three digits.
    Prefix(u32),
    /// First and last ZIP, both included, first < last.
    Range(u32, u32),
}

impl ZipClause {
    /// The ZIPs meant, as a half-open interval of numbers below 100,000.
    #[must_use]
    pub fn interval(self) -> std::ops::Range<u32> {
        match self {
            Self::Exact(zip) => zip..zip.saturating_add(1),
            Self::Prefix(prefix) => {
                prefix.saturating_mul(100)..prefix.saturating_mul(100).saturating_add(100)
            }
            Self::Range(first, last) => first..last.saturating_add(1),
        }
    }
}

impl fmt::Display for ZipClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(zip) => write!(f, "{zip:05}"),
            Self::Prefix(prefix) => write!(f, "{prefix:03}*"),
            Self::Range(first, last) => write!(f, "{first:05}-{last:05}"),
        }
    }
}

/// Why a text is not a ZIP clause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a ZIP: write five digits (`02108`), a prefix (`021*`) or a range (`10001-10099`)")]
pub struct NotAZip(pub String);

impl FromStr for ZipClause {
    type Err = NotAZip;

    fn from_str(text: &str) -> Result<Self, NotAZip> {
        let refuse = || NotAZip(text.to_owned());
        let digits = |part: &str, length: usize| {
            let plain = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            plain
                .then(|| part.parse::<u32>().ok())
                .flatten()
                .ok_or_else(refuse)
        };
        if let Some(prefix) = text.strip_suffix('*') {
            return digits(prefix, 3).map(Self::Prefix);
        }
        match text.split_once('-') {
            None => digits(text, 5).map(Self::Exact),
            Some((first, last)) => {
                let (first, last) = (digits(first, 5)?, digits(last, 5)?);
                if first < last {
                    Ok(Self::Range(first, last))
                } else {
                    Err(refuse())
                }
            }
        }
    }
}

impl Serialize for ZipClause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ZipClause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
