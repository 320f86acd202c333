//! What becomes of orders, and what somebody may want of a talent. No clock, no I/O.

mod event;
mod promotion;
mod status;

pub use event::{Cause, Event};
pub use promotion::{LEAST_PAID_MINOR, Reduction, Unusable};
pub(super) use promotion::{Limits, Offer, code};
pub use status::{IllegalTransition, Status, TRANSITIONS, Transition};
