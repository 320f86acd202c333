//! What an upload may be, and what becomes of it.

mod found;
mod reason;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use found::{Facts, Found, Stream, judge};
pub use reason::{Reason, Unreadable};

/// How far an upload is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = UploadStatus)]
pub enum Status {
    /// Waits for what was announced.
    Open,
    /// Is there, and waits for a worker.
    Received,
    /// A worker looks into it.
    Checking,
    /// Is a video as it should be.
    Accepted,
    /// Is not; see `reason`.
    Refused,
    /// Its owner changed their mind.
    Aborted,
    /// Was never sent.
    Expired,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Received => "received",
            Self::Checking => "checking",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Aborted => "aborted",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing becomes of it any more.
    pub fn is_settled(self) -> bool {
        match self {
            Self::Open | Self::Received | Self::Checking => false,
            Self::Accepted | Self::Refused | Self::Aborted | Self::Expired => true,
        }
    }
}

/// What people send videos for of their own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A talent introduces themselves.
    Presentation,
}

impl Purpose {
    pub fn name(self) -> &'static str {
        match self {
            Self::Presentation => "presentation",
        }
    }

    pub fn most_bytes(self) -> u64 {
        match self {
            Self::Presentation => 200_000_000,
        }
    }

    pub fn length(self) -> Length {
        match self {
            Self::Presentation => Length {
                least_ms: 3_000,
                most_ms: 180_000,
            },
        }
    }
}

/// How long a video may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    pub least_ms: i64,
    pub most_ms: i64,
}
