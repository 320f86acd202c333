//! Facts told to others, each in the transaction that makes it true: see [`bus::emit`](crate::platform::bus::emit).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The amount is held for us.
pub const AUTHORIZED: &str = "payments.authorized";
/// The customer must do something first.
pub const ACTION_REQUIRED: &str = "payments.action_required";
/// It will not be paid in this way.
pub const DECLINED: &str = "payments.declined";
/// The amount is ours.
pub const CAPTURED: &str = "payments.captured";
/// The gateway refuses to take what it held.
pub const CAPTURE_FAILED: &str = "payments.capture_failed";
/// The hold is let go, by us.
pub const VOIDED: &str = "payments.voided";
/// The hold is gone, by itself.
pub const LAPSED: &str = "payments.lapsed";
/// Some of it is the customer's again.
pub const REFUNDED: &str = "payments.refunded";
/// A customer's bank takes it back, until it is known who is right.
pub const DISPUTED: &str = "payments.disputed";
/// What was disputed is ours again.
pub const DISPUTE_WON: &str = "payments.dispute_won";
/// What was disputed is the customer's.
pub const DISPUTE_LOST: &str = "payments.dispute_lost";

/// What each of these says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    pub payment: Uuid,
    pub order: Uuid,
    /// What it is about: of a refund or a dispute, this one; else all of it.
    pub amount_minor: i64,
    pub currency: String,
    /// Why, of what was declined, failed or is disputed.
    pub code: Option<String>,
}
