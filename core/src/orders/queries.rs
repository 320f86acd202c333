//! One function for each thing that can be asked: SQL straight to a view.

mod access;
mod lists;
mod people;
mod promotions;
mod quotes;
mod view;

pub use access::{As, role, status, talent_of};
pub use lists::{Filter, InboxItem, OrderItem, inbox, list, of_customer};
pub(super) use people::{Person, TalentReader, person, sealed_key, talent_reader};
pub(super) use promotions::find_offer;
pub use promotions::{PromotionFilter, PromotionStatus, PromotionView, find_promotion, list_promotions};
pub use quotes::{QuoteView, find_quote};
pub use view::{HistoryView, OrderView, VideoView, find};
