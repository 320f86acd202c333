//! Facts told to others, each in the transaction that makes it true: see [`bus::emit`](crate::platform::bus::emit).

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A revision is live for every visitor.
pub const PUBLISHED: &str = "redirects.published";
/// A revision that was live before is live again.
pub const ROLLED_BACK: &str = "redirects.rolled_back";
/// A canary is shown, or to more or fewer visitors than before.
pub const CANARY_STARTED: &str = "redirects.canary_started";
/// The canary is what everybody sees.
pub const CANARY_PROMOTED: &str = "redirects.canary_promoted";
/// The canary has ended, by a person or by the brand's policy.
pub const CANARY_ABORTED: &str = "redirects.canary_aborted";
/// The kill switch was thrown or put back.
pub const MODE_CHANGED: &str = "redirects.mode_changed";
/// A brand is out of use, and nothing of it is live.
pub const RETIRED: &str = "redirects.retired";
/// The edge has had no fresh manifest for too long; once until it has one again. Names no brand.
pub const MANIFEST_STALE: &str = "redirects.manifest_stale";

/// What each of these says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// `None` where all brands are meant.
    pub brand: Option<String>,
    /// What it is about: what went live, what the canary shows, what stays when it ends, or what was live last.
    pub revision: Option<i32>,
    /// What the edge reports once it has it.
    pub sequence: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The id of the principal who did it, or asked for it.
    pub by: String,
    /// Why, for people to read.
    pub note: String,
}

/// By the action of a publication.
pub(super) fn of(action: &str) -> &'static str {
    match action {
        "rollback" => ROLLED_BACK,
        "canary" => CANARY_STARTED,
        "promote" => CANARY_PROMOTED,
        "abort" => CANARY_ABORTED,
        "mode" => MODE_CHANGED,
        "retire" => RETIRED,
        _ => PUBLISHED,
    }
}
