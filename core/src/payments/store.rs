mod differences;
mod disputes;
mod notices;
mod operations;
mod outside;
mod payments;

pub(super) use differences::{Found, Ours, begun, named, note_difference, settle_differences};
pub(super) use disputes::{close_dispute, dispute, disputed_minor, insert_dispute, set_dispute_fees};
pub(super) use notices::{
    NewNotice, due_notices, forget_notices, insert_notice, lease_notice, settle_notice,
};
pub(super) use operations::{
    Leased, due_operations, end_of, hold_open, hold_operation, insert_operation, lapse, lease,
    open_operations, ready_again, refuse_unsent, settle_operation, still_leased, unknown_until,
};
pub(super) use outside::{insert_outside_refund, refunds, release, release_operations};
pub(super) use payments::{
    NewPayment, Payment, abandon, by_reference, due_looks, find, hold, insert, lock, look_at, look_later,
    refunding, save,
};
