//! What is in the books, for staff to look at.

mod accounts;
mod transactions;

use serde::Serialize;
use utoipa::ToSchema;

pub use accounts::{
    AccountFilter, AccountView, EntryView, TrialLine, account, accounts, balance, entries, trial_balance,
};
pub use transactions::{TransactionFilter, TransactionView, transaction, transactions};

/// What was moved, one side and the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MovedAmount)]
pub struct Moved {
    #[schema(example = 15_000)]
    pub debit_minor: i64,
    #[schema(example = 2_000)]
    pub credit_minor: i64,
    /// Debits less credits: what we have; below 0, what we owe
    #[schema(example = 13_000)]
    pub balance_minor: i64,
}
