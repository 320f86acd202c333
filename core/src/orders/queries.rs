//! One function for each thing that can be asked: SQL straight to a view.

mod access;
mod agencies;
mod lists;
mod payers;
mod people;
mod promotions;
mod quotes;
mod redos;
mod refunds;
mod search;
mod timeline;
mod videos;
mod view;

pub use access::{As, role, status, talent_of};
pub use agencies::{AgencyFilter, AgencyOrder, of_agency};
pub use lists::{InboxItem, OrderItem, inbox, of_customer};
pub use payers::{PartyView, PayerView, find_payer, payers_of};
pub(super) use people::{Person, TalentReader, person, sealed_key, talent_reader};
pub(super) use promotions::find_offer;
pub use promotions::{PromotionFilter, PromotionStatus, PromotionView, find_promotion, list_promotions};
pub use quotes::{QuoteView, find_quote};
pub use redos::{RedoStatus, RedoView, last_redo, list_redos};
pub use refunds::{RefundView, find_refund, list_refunds};
pub use search::{FoundOrder, Search, Sort, search};
pub use timeline::{TimelineEntry, timeline};
pub use videos::{VideoPage, public_videos, video_page};
pub use view::{HistoryView, OrderVideo, OrderView, find};
