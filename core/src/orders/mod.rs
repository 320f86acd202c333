//! What customers order: from the price that they are quoted to the video that they get, or their money back.
//!
//! An order is one row with one status, and [`TRANSITIONS`] is all that can happen to it. Each transition is made under
//! the order's lock, with a row of its history, and with everything that follows from it: the talent's week, the payment,
//! the mails. What payments and videos tell comes more than once and in any order: what is so already changes nothing.
//!
//! A *promotion* is a code that takes something off what a customer pays; the platform bears it, so the shares of a sale
//! are of the list price. What it takes off is frozen in a quote; a use is claimed when the order is placed, under the
//! promotion's row, and given back when the order ends unpaid.

mod commands;
mod domain;
mod error;
pub mod http;
pub mod queries;
mod store;

pub use commands::{
    Asked, Discount, NewPromotion, PromotionChange, change_promotion, claim_promotion, create_promotion,
    erase, price_promotion, release_promotion, retire_promotion,
};
pub use domain::{
    Cause, Event, IllegalTransition, LEAST_PAID_MINOR, Reduction, Status, TRANSITIONS, Transition, Unusable,
};
pub use error::Error;
