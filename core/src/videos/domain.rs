//! What an upload may be, and what becomes of it.

mod checksum;
mod found;
mod plan;
mod playlist;
mod progress;
mod proof;
mod ratio;
mod reason;
mod stream;
mod visibility;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use checksum::Checksum;
pub use found::{Facts, Found, Picture, Sound, Stream, judge};
pub use plan::{Plan, SEGMENT_SECONDS, Size};
pub use playlist::Segments;
pub use progress::{Progress, ProgressReader};
pub(super) use proof::is_whole_jpeg;
pub use proof::{Expected, Flaw, begins_with_index, prove};
pub use ratio::Ratio;
pub use reason::{Reason, Unreadable};
pub(super) use stream::{Variant, master, media};
pub use visibility::Visibility;

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

/// How far what is made of an upload is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum VideoStatus {
    /// For a worker.
    Waiting,
    /// A worker makes it.
    Making,
    /// Is there.
    Playable,
    /// Nothing could be made of the upload.
    Failed,
    /// Nobody shows it any more.
    Removed,
}

impl VideoStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Making => "making",
            Self::Playable => "playable",
            Self::Failed => "failed",
            Self::Removed => "removed",
        }
    }

    /// Whether no worker is to make it any more.
    pub fn is_settled(self) -> bool {
        match self {
            Self::Waiting | Self::Making => false,
            Self::Playable | Self::Failed | Self::Removed => true,
        }
    }
}

/// Whether what is made of an upload for this bears our mark: what a talent says of themselves does not.
pub(super) fn is_marked(purpose: &str) -> bool {
    purpose != Purpose::Presentation.name()
}
