//! Which accounts there are, and which of them a posting moves.

mod account;
mod postings;
mod standing;

pub use account::{Account, AccountKind, TransactionKind};
pub(super) use postings::{Entries, Shared};
pub use standing::Refused;
pub(super) use standing::Standing;
