//! One function for each thing that can be done. Each begins and commits its own transaction, or says that it joins
//! the caller's.

mod erase;
mod promotions;

pub use erase::erase;
pub use promotions::{
    Asked, Discount, NewPromotion, PromotionChange, change_promotion, claim_promotion, create_promotion,
    price_promotion, release_promotion, retire_promotion,
};
