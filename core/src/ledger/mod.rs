//! Whose money it is: double entry, in minor units, only ever added to.
//!
//! Every posting is a command on the caller's transaction, so money is in the books exactly when what moved it is true.
//! A posting has a name, its *reference*, made of the id of what happened: told again, it is posted once; told with
//! another content, it is refused. It also has a *cause*, the payment or the payout it is about: nothing is given out for
//! a payment that was not taken in for it, so a talent is never owed money that nobody paid.
//!
//! Debits are positive, credits negative. What somebody is owed is a credit.
//!
//! | posting | debit | credit |
//! |---|---|---|
//! | [`capture`] | gateway | customer funds |
//! | [`sale`] | customer funds, promo cost | talent, agency, platform |
//! | [`fee`] | fees | gateway |
//! | [`return_fee`] | gateway | fees |
//! | [`refund`] | talent, agency, platform; customer funds | promo cost, customer funds; gateway |
//! | [`open_dispute`] | dispute hold | gateway |
//! | [`win_dispute`] | gateway | dispute hold |
//! | [`lose_dispute`] | talent, agency, platform (which bears the rest) | promo cost, dispute hold |
//! | [`approve_payouts`] | talent or agency | in transit |
//! | [`settle_payouts`] | in transit | bank, or talent or agency again |
//!
//! Postgres refuses a transaction that does not balance when it commits, and every change of what was posted. It also
//! refuses whatever is posted into a month that was closed ([`close`]): what is heard of one later is posted into the
//! first that is open, and says to when it belongs.

mod commands;
mod domain;
mod error;
pub mod http;
pub mod queries;
mod store;

pub use commands::{
    Arrival, Disputed, FromPayment, PayoutLine, Posted, Sale, approve_payouts, capture, close, fee,
    hold_postings, lose_dispute, open_dispute, refund, return_fee, sale, settle_payouts, win_dispute,
};
pub use domain::{Account, AccountKind, Refused, TransactionKind};
pub use error::Error;
