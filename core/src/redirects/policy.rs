//! What publishing needs in a brand. Not part of the draft: whoever edits rules must not decide this.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Error;
use super::gates::Refusal;

/// How far one person may go, and what a canary may do before it is ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Every publish and every canary needs the approval of a second person. Rolling back, aborting and the kill
    /// switch never do.
    #[schema(example = true)]
    pub four_eyes: bool,
    /// Percent of sampled visitors, and of the real hits of the last seven days, that one person may send elsewhere.
    /// With fewer than 100 such hits the sample alone decides.
    #[schema(example = 20, minimum = 0, maximum = 100)]
    pub max_changed_percent: i16,
    /// Hits that both populations need before a canary is judged.
    #[schema(example = 1000, minimum = 1)]
    pub canary_min_hits: i32,
    /// Percentage points by which the canary's share of lost visitors may exceed the stable one's; `null`: only
    /// watch.
    #[schema(example = 1.0, minimum = 0, maximum = 100)]
    pub canary_max_lost_points: Option<f64>,
    /// The same for visitors who were sent to a product's or the brand's fallback.
    #[schema(example = 5.0, minimum = 0, maximum = 100)]
    pub canary_max_fallback_points: Option<f64>,
    /// A canary that exceeds one of the two is ended at once, by the system.
    #[schema(example = true)]
    pub canary_auto_abort: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            four_eyes: false,
            max_changed_percent: 20,
            canary_min_hits: 1_000,
            canary_max_lost_points: None,
            canary_max_fallback_points: None,
            canary_auto_abort: false,
        }
    }
}

impl Policy {
    pub(super) fn check(&self) -> Result<(), Error> {
        let bad = |field, detail| Err(Error::BadPolicy { field, detail });
        let points = |points: Option<f64>| points.is_none_or(|points| (0.0..=100.0).contains(&points));
        if !(0..=100).contains(&self.max_changed_percent) {
            return bad("max_changed_percent", "a percentage is 0 to 100");
        }
        if self.canary_min_hits < 1 {
            return bad("canary_min_hits", "a canary is judged by at least one hit");
        }
        if !points(self.canary_max_lost_points) {
            return bad("canary_max_lost_points", "percentage points are 0 to 100");
        }
        if !points(self.canary_max_fallback_points) {
            return bad("canary_max_fallback_points", "percentage points are 0 to 100");
        }
        if self.canary_auto_abort
            && self.canary_max_lost_points.is_none()
            && self.canary_max_fallback_points.is_none()
        {
            return bad(
                "canary_auto_abort",
                "it needs canary_max_lost_points or canary_max_fallback_points to go by",
            );
        }
        Ok(())
    }
}

/// Why one person's word is not enough, as a request remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ApprovalReason)]
pub struct Reason {
    /// `four_eyes`, `changes_too_much`, `moves_too_much_traffic` or `rule_count_jumps`.
    #[schema(example = "changes_too_much")]
    pub code: String,
    pub detail: String,
}

/// That the brand asks for a second person, whatever changes.
pub(super) const FOUR_EYES: &str = "four_eyes";

/// That more of the real traffic would land elsewhere than one person may send there.
pub(super) const MOVES_TRAFFIC: &str = "moves_too_much_traffic";

impl From<&Refusal> for Reason {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code.to_owned(),
            detail: refusal.detail.clone(),
        }
    }
}
