//! What customers order: from the price that they are quoted to the video that they get, or their money back.
//!
//! An order is one row with one status, and [`TRANSITIONS`] is all that can happen to it. Each transition is made under
//! the order's lock, with a row of its history, and with everything that follows from it: the talent's week, the payment,
//! the mails. What payments and videos tell comes more than once and in any order: what is so already changes nothing.
//!
//! A customer needs no account: whoever has the order's key, which is in each mail to the customer, sees the order and
//! may pay, or cancel it. The talent never learns where the customer is written to, nor what they paid.
//!
//! A *promotion* is a code that takes something off what a customer pays; the platform bears it, so the shares of a sale
//! are of the list price. What it takes off is frozen in a quote; a use is claimed when the order is placed, under the
//! promotion's row, and given back when the order ends unpaid.

mod clock;
mod commands;
mod domain;
mod error;
mod hear;
pub mod http;
pub mod jobs;
pub mod mails;
pub mod queries;
mod renew;
mod secret;
mod step;
mod store;

pub use commands::{
    Announced, Asked, Buyer, Canceller, Decision, Discount, NewPromotion, Pay, Place, Placed,
    PromotionChange, Refund, Refunding, ask_redo, cancel, change_promotion, claim_promotion,
    create_promotion, decide_redo, erase, key_of, open_upload, pay, place, price_promotion, quote, refund,
    reject, release_promotion, retire_promotion,
};
pub use domain::{
    Brief, Cause, Event, ForWhom, IllegalTransition, LEAST_PAID_MINOR, Party, Payer, Price, Reduction,
    Status, TRANSITIONS, Transition, Unusable, Wish,
};
pub use error::Error;
pub use secret::OrderKey;

/// What uploads of orders' videos are for, in the words of `videos`.
pub const PURPOSE: &str = "order";
