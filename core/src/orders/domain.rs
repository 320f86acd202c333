//! What becomes of orders, and what somebody may want of a talent. No clock, no I/O.

mod event;
mod payer;
mod price;
mod promotion;
mod status;
mod wish;

pub use event::{Cause, Event};
pub use payer::{Party, Payer};
pub use price::Price;
pub(super) use price::{deadline, promised};
pub use promotion::{LEAST_PAID_MINOR, Reduction, Unusable};
pub(super) use promotion::{Limits, Offer, code};
pub use status::{IllegalTransition, Status, TRANSITIONS, Transition};
pub use wish::{Brief, ForWhom, Wish};
