//! What becomes of orders, and what somebody may want of a talent. No clock, no I/O.

mod event;
mod status;

pub use event::{Cause, Event};
pub use status::{IllegalTransition, Status, TRANSITIONS, Transition};
