//! One function for each thing that can be asked.

mod batches;
mod owed;
mod preview;
mod reminder;
mod statements;

pub use batches::{BatchView, LineView, find_payout, list_lines, list_payouts};
pub(super) use owed::{OwedTo, owed};
pub use preview::{PayeeView, PreviewView, or_usual, preview};
pub(super) use reminder::{Maker, has_payout, may_create};
pub use statements::{MonthView, StatementLine, StatementView, TalentSums, months_of, statement, talents_of};
