//! One function for each thing that can be done. Each begins and commits its own transaction, or says that it joins
//! the caller's.

mod cancel;
mod erase;
mod pay;
mod place;
mod promotions;
mod quote;
mod redo;
mod refund;
mod reject;
mod upload;

pub use cancel::{Canceller, cancel};
pub use erase::erase;
pub use pay::{Pay, pay};
pub use place::{Buyer, Place, Placed, key_of, place};
pub use promotions::{
    Asked, Discount, NewPromotion, PromotionChange, change_promotion, claim_promotion, create_promotion,
    price_promotion, release_promotion, retire_promotion,
};
pub use quote::quote;
pub use redo::{Decision, ask_redo, decide_redo};
pub use refund::{Refund, Refunding, refund};
pub use reject::reject;
pub use upload::{Announced, open_upload};
