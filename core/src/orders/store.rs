//! Private SQL, on the caller's connection.

mod history;
mod orders;
mod payers;
mod promotions;
mod quotes;
mod redos;
mod refunds;

pub(super) use history::{NewEntry, has_happened, insert_entry};
pub(super) use orders::{
    Advance, NewOrder, Order, advance, due, erase, insert, lock, lock_by_upload, set_payment, set_reminded,
    set_renewal, set_upload, unreminded,
};
pub(super) use payers::{delete_payers, open_payer, replace_payer, shred_payers};
pub(super) use promotions::{
    Inserted, Locked, Promotion, claim, forget_customer, insert_promotion, lock_promotion, redeem, release,
    retire_promotion, update_promotion, uses_of_customer,
};
pub(super) use quotes::{NewQuote, Quote, UseOf, forget_quotes, insert_quote, use_quote};
pub(super) use redos::{
    agreed_redo, decide_redo, delivered_at, finish_redo, insert_redo, order_of_redo, set_redo_upload,
};
pub(super) use refunds::{NewRefund, insert_refund, keeps_video};
