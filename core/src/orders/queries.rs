//! One function for each thing that can be asked: SQL straight to a view.

mod promotions;

pub(super) use promotions::find_offer;
pub use promotions::{PromotionFilter, PromotionStatus, PromotionView, find_promotion, list_promotions};
