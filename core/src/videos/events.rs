//! Facts told to others, each in the transaction that makes it true: see [`bus::emit`](crate::platform::bus::emit).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What was announced is here, and waits for a worker.
pub const UPLOADED: &str = "videos.uploaded";
/// An upload is a video as it should be.
pub const ACCEPTED: &str = "videos.accepted";
/// What is shown of it was made, and what was sent is removed.
pub const PLAYABLE: &str = "videos.playable";
/// It is not, or nothing could be made of it; what was sent is removed.
pub const REFUSED: &str = "videos.refused";

/// What each of these says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    pub upload: Uuid,
    /// The person whose it is.
    pub owner: Uuid,
    pub purpose: String,
    /// A code, when it was refused.
    pub reason: Option<String>,
}
