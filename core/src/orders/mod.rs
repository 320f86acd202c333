//! What customers order: from the price that they are quoted to the video that they get, or their money back.
//!
//! An order is one row with one status, and [`TRANSITIONS`] is all that can happen to it. Each transition is made under
//! the order's lock, with a row of its history, and with everything that follows from it: the talent's week, the payment,
//! the mails. What payments and videos tell comes more than once and in any order: what is so already changes nothing.

mod domain;

pub use domain::{Cause, Event, IllegalTransition, Status, TRANSITIONS, Transition};
